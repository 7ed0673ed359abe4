# SPDX-License-Identifier: GPL-3.0-or-later
"""A real flowgraph lets no secret out: not by what it prints and logs, in metrics, report, pictures or recordings.

Looked for are all secrets that exist meanwhile: keys of files, of Alice's and Bob's sessions, of the dither, and a
passphrase.
"""

import logging
from pathlib import Path

import pytest
from gnuradio.deepjscec.loopback import Loopback, LoopbackSettings

from deepjscec.app.pictures import default_picture, png_bytes
from deepjscec.cli import main as command
from deepjscec.crypto import PrivateKey, write_key_file, write_private_key_file, write_public_key_file
from tests.gr.gr_setup import images, run
from tests.gr.test_flowgraphs import compile_flowgraph
from tests.secret_search import collected, everything_in, leaks

ROOT = Path(__file__).parents[2]
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def known(monkeypatch):
    monkeypatch.delenv("DEEPJSCEC_PASSPHRASE", raising=False)
    with collected(monkeypatch) as made:
        made.append(PASSPHRASE.encode())
        yield made


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "small.png"
    path.write_bytes(png_bytes(default_picture()[:96, :96]))
    return path


def outputs(folder, key_files, capfd, caplog):
    """All that was printed, logged and written, but for the files that hold keys."""
    printed = "".join(capfd.readouterr())
    return everything_in(folder, key_files) + printed.encode() + caplog.text.encode()


@pytest.mark.parametrize("cipher", ["isometric", "modulo"])
def test_a_recorded_link_lets_no_secret_out(tmp_path, picture, known, capfd, caplog, cipher):
    caplog.set_level(logging.DEBUG)
    key = tmp_path / "alice.key"
    write_key_file(key)
    arguments = ["--key", key, "--record", tmp_path / "captures", "--image", picture, "--cipher", cipher, "--snr", 20]
    code, metrics = run(tmp_path / "out", *arguments)
    assert code == 0 and images(metrics)[0]["bob"]
    recording = tmp_path / "captures" / "bob.sigmf-meta"
    assert command(["replay", str(recording), "--key", str(key), "--out", str(tmp_path / "replayed")]) == 0
    assert len(known) > 5
    assert leaks(key.read_bytes(), known)
    written = outputs(tmp_path, [key], capfd, caplog)
    assert b"sigmf-data" in written and b"metrics.json" in written and b"report.html" in written
    assert not leaks(written, known)


def test_failing_links_let_no_secret_out(tmp_path, picture, known, capfd, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    alice, bob, sealed, damaged = keys = [tmp_path / f"{name}.key" for name in ("alice", "bob", "sealed", "damaged")]
    write_key_file(alice)
    write_key_file(bob)
    write_key_file(sealed, passphrase=PASSPHRASE)
    damaged.write_text(alice.read_text().replace(alice.read_text().split()[3], "00000000"))
    damaged.chmod(0o600)
    common = ["--image", picture, "--snr", 20]
    assert run(tmp_path / "a", *common, "--key", alice, "--bob-key", bob)[0] == 1
    assert run(tmp_path / "b", *common, "--key", damaged)[0] == 2
    assert run(tmp_path / "c", *common, "--key", sealed)[0] == 2
    monkeypatch.setenv("DEEPJSCEC_PASSPHRASE", PASSPHRASE[:-1])
    assert run(tmp_path / "d", *common, "--key", sealed)[0] == 2
    monkeypatch.setenv("DEEPJSCEC_PASSPHRASE", PASSPHRASE)
    assert run(tmp_path / "e", *common, "--key", sealed)[0] == 0
    alice.chmod(0o644)
    assert run(tmp_path / "f", *common, "--key", alice)[0] == 2
    written = outputs(tmp_path, [alice, bob, damaged], capfd, caplog)  # a sealed file shows nothing, either
    for complaint in (b"failed authentication", b"do not belong together", b"wrong passphrase", b"chmod 600"):
        assert complaint in written
    assert all(leaks(key.read_bytes(), known) for key in keys if key != sealed)
    assert not leaks(written, known)


def test_a_session_opened_over_the_air_lets_no_secret_out(tmp_path, picture, known, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    private = PrivateKey.generate()
    write_private_key_file(tmp_path / "bob.key", private)
    write_public_key_file(tmp_path / "bob.key.pub", private.public_key)
    keys = ["--key", tmp_path / "bob.key.pub", "--bob-key", tmp_path / "bob.key"]
    code, metrics = run(tmp_path / "out", *keys, "--image", picture, "--snr", 20, "--record", tmp_path / "captures")
    assert code == 0 and images(metrics)[0]["bob"]
    assert private.reveal() in known and len(known) > 5
    assert not leaks(outputs(tmp_path, [tmp_path / "bob.key"], capfd, caplog), known)


def test_blocks_and_settings_show_no_secret(tmp_path, known, capfd):
    key = tmp_path / "alice.key"
    write_key_file(key)
    settings = LoopbackSettings(key, key)
    flowgraph = Loopback([default_picture()[:64, :64]], settings)
    assert flowgraph.run_to_end(60)
    shown = [repr(settings), repr(flowgraph), repr(vars(flowgraph)), repr(flowgraph.get_stats()), flowgraph.edge_list()]
    for block in (flowgraph.encryptor, flowgraph.decryptor, flowgraph.eavesdropper):
        shown += [repr(block), str(block), repr(vars(block)), block.name(), repr(block.get_stats())]
        for part in vars(block).values():
            fields = vars(part) if hasattr(part, "__dict__") else {}
            # the files of a public model are 33 MB in print
            shown += [f"{name}={value!r}" for name, value in fields.items() if name != "files"]
    assert len(known) > 5
    assert not leaks("\n".join(map(str, [*shown, *capfd.readouterr()])).encode(), known)


def test_the_program_that_grc_makes_names_the_key_file_and_holds_no_key(tmp_path):
    key = tmp_path / "alice.key"
    secret = write_key_file(key).reveal()
    flowgraph = tmp_path / "loopback_sim.grc"
    text = (ROOT / "grc" / "loopback_sim.grc").read_text()
    flowgraph.write_text(text.replace("deepjscec.fresh_key()", repr(repr(str(key)))))
    program = compile_flowgraph(flowgraph, tmp_path)
    assert repr(str(key)) in program.read_text()
    assert not leaks(everything_in(tmp_path, [key]), [secret])
