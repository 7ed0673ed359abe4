# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec keygen`, `encapsulate`, `decapsulate` and `inspect`, as people use them."""

import base64

import pytest

from deepjscec.cli import main
from deepjscec.crypto import read_key_file


def test_a_public_key_is_enough_to_agree_on_a_key(tmp_path, capsys):
    bob, alice, shared, capsule = (str(tmp_path / name) for name in ("bob.key", "alice.key", "shared.key", "capsule"))
    assert main(["keygen", "--pair", bob]) == 0
    assert main(["encapsulate", f"{bob}.pub", "--key", alice, "--capsule", capsule]) == 0
    assert main(["decapsulate", capsule, "--private", bob, "--key", shared]) == 0
    assert read_key_file(alice) == read_key_file(shared)
    assert main(["inspect", bob, f"{bob}.pub", alice, capsule]) == 0
    printed = "".join(capsys.readouterr())
    assert "private key" in printed and "capsule for" in printed
    assert base64.b64encode(read_key_file(alice).reveal()).decode() not in printed


def test_a_capsule_for_someone_else_is_refused(tmp_path, capsys):
    for name in ("bob", "carol"):
        assert main(["keygen", "--pair", str(tmp_path / name)]) == 0
    arguments = ["--key", str(tmp_path / "k"), "--capsule", str(tmp_path / "c")]
    assert main(["encapsulate", str(tmp_path / "bob.pub"), *arguments]) == 0
    capsys.readouterr()
    assert main(["decapsulate", str(tmp_path / "c"), "--private", str(tmp_path / "carol"), "--key", "x"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("deepjscec: ") and "for the key" in message and message.count("\n") == 1


def test_nothing_is_half_made(tmp_path, capsys):
    assert main(["keygen", "--pair", str(tmp_path / "bob")]) == 0
    (tmp_path / "k").write_text("precious")
    arguments = ["--key", str(tmp_path / "k"), "--capsule", str(tmp_path / "c")]
    assert main(["encapsulate", str(tmp_path / "bob.pub"), *arguments]) == 2
    assert not (tmp_path / "c").exists() and (tmp_path / "k").read_text() == "precious"
    (tmp_path / "bob").unlink()
    assert main(["keygen", "--pair", str(tmp_path / "bob")]) == 2
    assert not (tmp_path / "bob").exists()
    (tmp_path / "carol.pub").symlink_to(tmp_path / "nowhere" / "carol.pub")
    assert main(["keygen", "--pair", str(tmp_path / "carol")]) == 2
    assert not (tmp_path / "carol").exists()
    capsys.readouterr()


def passphrase_file(folder, content):
    (folder / "p").write_bytes(content)
    (folder / "p").chmod(0o600)


def test_a_passphrase_is_the_whole_first_line_and_never_shown(tmp_path, capsys):
    arguments = ["keygen", str(tmp_path / "k"), "--passphrase-file", str(tmp_path / "p")]
    passphrase_file(tmp_path, "a\u2028b\r\nmore".encode())
    assert main(arguments) == 0
    assert read_key_file(tmp_path / "k", "a\u2028b")
    (tmp_path / "k").unlink()
    passphrase_file(tmp_path, b"gef\xfchrt\n")
    assert main(arguments) == 2
    assert "not UTF-8" in (printed := capsys.readouterr().err) and "xfc" not in printed and "gef" not in printed
    (tmp_path / "p").chmod(0o644)
    assert main(arguments) == 2
    assert "chmod 600" in capsys.readouterr().err and not (tmp_path / "k").exists()


def test_what_a_sealed_key_opens_is_sealed_again(tmp_path, capsys, monkeypatch):
    passphrase_file(tmp_path, b"correct horse\n")
    bob = str(tmp_path / "bob")
    assert main(["keygen", "--pair", bob, "--passphrase-file", str(tmp_path / "p")]) == 0
    assert main(["encapsulate", f"{bob}.pub", "--key", str(tmp_path / "k"), "--capsule", str(tmp_path / "c")]) == 0
    monkeypatch.setenv("DEEPJSCEC_PASSPHRASE", "correct horse")
    assert main(["decapsulate", str(tmp_path / "c"), "--private", bob, "--key", str(tmp_path / "shared")]) == 0
    assert "sealed" in (tmp_path / "shared").read_text() and "secret" in (tmp_path / "k").read_text()
    assert read_key_file(tmp_path / "shared") == read_key_file(tmp_path / "k")
    capsys.readouterr()


@pytest.mark.parametrize("content", ["", "\n", "\nsecond line"])
def test_an_empty_passphrase_is_refused(tmp_path, capsys, content):
    passphrase_file(tmp_path, content.encode())
    assert main(["keygen", str(tmp_path / "k"), "--passphrase-file", str(tmp_path / "p")]) == 2
    assert "empty" in capsys.readouterr().err and not (tmp_path / "k").exists()


def test_a_passphrase_opens_later(tmp_path, capsys, monkeypatch):
    passphrase_file(tmp_path, b"correct horse\n")
    assert main(["keygen", str(tmp_path / "k"), "--passphrase-file", str(tmp_path / "p")]) == 0
    monkeypatch.setenv("DEEPJSCEC_PASSPHRASE", "correct horse")
    assert read_key_file(tmp_path / "k") == read_key_file(tmp_path / "k", "correct horse")
    assert "horse" not in "".join(capsys.readouterr())
