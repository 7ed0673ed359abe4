# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets show nowhere: not in what objects print, nor in errors, logs, the commands' output or the files they write.

Every secret that exists meanwhile is looked for, derived keys included, in many forms. The same for a flowgraph:
`gr/test_secrets_flowgraph.py`.
"""

import base64
import copy
import inspect
import json
import logging
import pickle
import re
import traceback
from pathlib import Path

import numpy as np
import pytest

from deepjscec import crypto
from deepjscec.app.pictures import default_picture, png_bytes
from deepjscec.cli import main
from deepjscec.crypto import (
    HeaderOpener,
    HeaderSealer,
    IsometricCipher,
    KeyStream,
    LweCipher,
    LwePrivateKey,
    ModuloCipher,
    NullCipher,
    PrivateKey,
    ReplayWindow,
    Secret,
    Session,
    SessionFile,
    SessionMemory,
    key_id,
    read_key_file,
    read_private_key_file,
    write_key_file,
    write_private_key_file,
)
from tests.secret_search import collected, everything_in, leaks

ROOT = Path(__file__).parents[1]
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def known(monkeypatch):
    """The bytes of every secret that a test brings about; the passphrase is one from the start."""
    with collected(monkeypatch) as made:
        made.append(PASSPHRASE.encode())
        yield made


@pytest.mark.parametrize(
    ("kind", "show"),
    [
        ("raw", lambda s: s),
        ("hex", lambda s: s.hex().encode()),
        ("hex", lambda s: s.hex().upper().encode()),
        ("hex", lambda s: s.hex(":", 1).encode()),
        ("base64", lambda s: base64.b64encode(s)),
        ("base64url", lambda s: base64.urlsafe_b64encode(b"x" + s)),
        ("base64", lambda s: base64.b64encode(b"xy" + s)),
        ("escapes", lambda s: repr(s).encode()),
        ("decimal", lambda s: str(list(s)).encode()),
        ("decimal", lambda s: repr(np.frombuffer(s, np.uint8).tolist()).replace(" ", "").encode()),
        ("raw", lambda s: s[9:23]),
        ("reversed", lambda s: s[::-1]),
        ("raw", lambda s: pickle.dumps({"key": s})),
        ("decimal", lambda s: json.dumps({"key": list(s)}).encode()),
    ],
)
def test_a_planted_secret_is_found(tmp_path, kind, show):
    rng = np.random.default_rng(2)
    secret = Secret.random().reveal()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "file").write_bytes(rng.bytes(3001) + show(secret) + rng.bytes(2000))
    assert f"secret 1 as {kind}" in leaks(everything_in(tmp_path), [bytes(range(32)), secret])
    assert not leaks(everything_in(tmp_path), [Secret.random().reveal()])
    assert not leaks(everything_in(tmp_path, [tmp_path / "deep" / "er" / "file"]), [secret])


def objects(tmp_path) -> list:
    """One of everything in `deepjscec.crypto` that holds a secret or could."""
    session, private = Session.start(Secret.random()), PrivateKey.generate()
    lwe = LwePrivateKey.generate(columns=4)
    opener = HeaderOpener(secret := Secret.random())
    opened = opener.open(HeaderSealer(Session.start(secret)).seal(0, bytes(23)))
    return [
        session.header_key,
        session,
        private,
        private.public_key,
        session.key_stream(0, 1),
        HeaderSealer(session),
        opener,
        opened,
        IsometricCipher(session),
        ModuloCipher(session),
        LweCipher(session, key=lwe, max_symbols=2),
        lwe,
        NullCipher(session),
        SessionMemory(file=SessionFile(tmp_path / "sessions")),
        SessionFile(tmp_path / "others"),
        ReplayWindow(),
    ]


def test_every_class_that_could_hold_a_secret_is_looked_at(tmp_path):
    kinds = {type(thing) for thing in objects(tmp_path)}
    public = {crypto.Cipher, crypto.ClearPart, crypto.ReferenceCheck, crypto.LwePublicKey}
    for name in crypto.__all__:
        thing = getattr(crypto, name)
        if inspect.isclass(thing) and not issubclass(thing, Exception):
            assert thing in kinds | public, f"{name} is in no test here"


def test_objects_show_no_secret(tmp_path, known, caplog):
    caplog.set_level(logging.DEBUG)
    shown = []
    for thing in objects(tmp_path):
        shown += [repr(thing), str(thing), f"{thing} {thing!r} {thing!s}", "%s %r" % (thing, thing)]  # noqa: UP031
        shown += [repr([thing]), repr({"key": thing}), repr(getattr(thing, "__dict__", ""))]
        logging.getLogger("deepjscec").warning("%s", thing)
    assert len(known) >= 8  # a secret and its keys, several times
    assert not leaks("\n".join([*shown, caplog.text]).encode(), known)


def test_objects_with_secrets_are_neither_pickled_nor_copied(tmp_path, known):
    for thing in objects(tmp_path):
        for duplicate in (pickle.dumps, lambda x: pickle.dumps(copy.copy(x)), lambda x: pickle.dumps(copy.deepcopy(x))):
            try:
                copied = duplicate(thing)
            except TypeError as error:
                copied = str(error).encode()
            assert not leaks(copied, known), type(thing)


def failures(tmp_path):
    """Calls that must fail, each with a secret at hand."""
    secret, other = Secret.random(), Secret.random()
    session, private = Session.start(secret), PrivateKey.generate()
    write_key_file(tmp_path / "open", secret)
    write_key_file(tmp_path / "sealed", secret, PASSPHRASE)
    write_private_key_file(tmp_path / "private", private)
    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}

    def changed(kind, change):
        path = tmp_path / f"changed {kind} {len(list(tmp_path.iterdir()))}"
        path.write_text(change(texts[kind]))
        path.chmod(0o600)
        return path

    def loose(kind):
        path = changed(kind, str)
        path.chmod(0o644)
        return path

    cipher = IsometricCipher(session, 4)
    cipher.encrypt(np.ones(4, np.complex64), 5)
    header = HeaderSealer(session).seal(5, bytes(23))
    return {
        "another key's id": lambda: read_key_file(
            changed("open", lambda t: t.replace(t.split()[3], key_id(other).hex()))
        ),
        "another private key's id": lambda: read_private_key_file(
            changed("private", lambda t: t.replace(t.split()[3], "00000000"))
        ),
        "a damaged secret": lambda: read_key_file(changed("open", lambda t: t[:-4] + "\n")),
        "a longer secret": lambda: read_key_file(changed("open", lambda t: t[:-2] + "AAAA=\n")),
        "a foreign letter": lambda: read_key_file(changed("open", lambda t: t[:-2] + "ü=\n")),
        "others may read": lambda: read_key_file(loose("open")),
        "others may read the private key": lambda: read_private_key_file(loose("private")),
        "another kind": lambda: read_private_key_file(tmp_path / "open"),
        "a wrong passphrase": lambda: read_key_file(tmp_path / "sealed", PASSPHRASE + "!"),
        "a passphrase that is no text": lambda: read_key_file(tmp_path / "sealed", PASSPHRASE + "\ud800"),
        "a damaged seal": lambda: read_key_file(
            changed("sealed", lambda t: t.replace("sealed ", "sealed A")), PASSPHRASE
        ),
        "the file exists": lambda: write_key_file(tmp_path / "open", secret),
        "no such folder": lambda: write_key_file(tmp_path / "nowhere" / "key", secret, PASSPHRASE),
        "half a secret": lambda: Secret(secret.reveal()[:31]),
        "a secret as text": lambda: Secret(secret.reveal().hex()),
        "half a private key": lambda: PrivateKey(private.reveal()[:95]),
        "a private key as a list": lambda: PrivateKey(list(private.reveal())),
        "a bad capsule": lambda: private.decapsulate(bytes(1120)),
        "a session id too long": lambda: Session.derive(secret, bytes(9)),
        "a packet number used twice": lambda: cipher.encrypt(np.ones(4, np.complex64), 5),
        "a block without energy": lambda: cipher.encrypt(np.zeros(4, np.complex64), 6),
        "a number too large": lambda: KeyStream(session.header_key, 2**32, 1),
        "a foreign header": lambda: HeaderOpener(other).open(header),
        "a damaged header": lambda: HeaderOpener(secret).open(header[:-1] + bytes([header[-1] ^ 1])),
        "one secret twice": lambda: HeaderOpener(secret, secret),
        "a secret as dictionary key": lambda: {secret: 1},
    }


def test_errors_show_no_secret_in_message_or_traceback(tmp_path, known):
    texts = []
    for name, fail in failures(tmp_path).items():
        with pytest.raises((ValueError, TypeError, OSError)) as caught:
            fail()
        error = caught.value
        texts += [name, str(error), repr(error), repr(error.args), "".join(traceback.format_exception(error))]
    assert not leaks("\n".join(texts).encode("utf-8", "backslashreplace"), known)


def test_key_commands_print_no_secret_and_write_it_where_it_belongs(tmp_path, known, capsys, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.delenv("DEEPJSCEC_PASSPHRASE", raising=False)
    (tmp_path / "phrase").write_text(PASSPHRASE + "\n")
    (tmp_path / "wrong").write_text("Tr0ub4dor & three more\n")
    for name in ("phrase", "wrong"):
        (tmp_path / name).chmod(0o600)
    path = {n: str(tmp_path / n) for n in ("plain", "sealed", "bob", "carol", "bob.pub", "capsule", "alice", "shared")}
    phrase, wrong = (["--passphrase-file", str(tmp_path / name)] for name in ("phrase", "wrong"))
    good = [
        ["keygen", path["plain"]],
        ["keygen", path["sealed"], *phrase],
        ["keygen", "--pair", path["bob"], *phrase],
        ["keygen", "--pair", path["carol"]],
        ["encapsulate", path["bob.pub"], "--key", path["alice"], "--capsule", path["capsule"]],
        ["decapsulate", path["capsule"], "--private", path["bob"], "--key", path["shared"], *phrase],
        ["inspect", *path.values()],
    ]
    bad = [
        ["keygen", path["plain"]],
        ["decapsulate", path["capsule"], "--private", path["bob"], "--key", path["plain"] + "2", *wrong],
        ["decapsulate", path["capsule"], "--private", path["bob"], "--key", path["plain"] + "2"],
        ["decapsulate", path["capsule"], "--private", path["carol"], "--key", path["plain"] + "2"],
        ["decapsulate", path["plain"], "--private", path["carol"], "--key", path["plain"] + "2"],
        ["encapsulate", path["carol"], "--key", path["plain"] + "2", "--capsule", path["plain"] + "3"],
    ]
    for arguments in good:
        assert main(arguments) == 0, arguments
    for arguments in bad:
        assert main(arguments) == 2, arguments
    monkeypatch.setenv("DEEPJSCEC_PASSPHRASE", PASSPHRASE)
    assert main(["inspect", path["sealed"]]) == 0
    printed = "".join(capsys.readouterr())
    assert "sealed with a passphrase" in printed and "wrong passphrase" in printed
    assert len(known) > 5
    assert not leaks((printed + caplog.text).encode(), known)
    belongs = [Path(path[name]) for name in ("plain", "carol", "alice")] + [tmp_path / "phrase"]
    for file in belongs:
        assert leaks(file.read_bytes(), known), file
    assert not leaks(everything_in(tmp_path, belongs), known)


def test_an_evaluation_shows_no_secret(tmp_path, known, capsys, caplog):
    caplog.set_level(logging.DEBUG)
    (tmp_path / "picture.png").write_bytes(png_bytes(default_picture()[:64, :64]))
    arguments = ["evaluate", "--model", "lite", "--images", str(tmp_path / "picture.png"), "--rate", "1/6"]
    for cipher in ("isometric", "modulo"):
        file = str(tmp_path / f"{cipher}.json")
        assert main([*arguments, "--snr", "10", "--cipher", cipher, "--json", file]) == 0
        assert json.loads(Path(file).read_text())["settings"]["cipher"] == cipher
    assert len(known) > 4
    assert not leaks(everything_in(tmp_path) + ("".join(capsys.readouterr()) + caplog.text).encode(), known)


def test_a_session_file_and_headers_hold_no_secret(tmp_path, known):
    secret = Secret.random()
    session, file = Session.start(secret), SessionFile(tmp_path / "sessions")
    memory, opener, sealer = SessionMemory(file=file), HeaderOpener(secret), HeaderSealer(session)
    headers = [sealer.seal(session.next_packet(), bytes(23)) for _ in range(20)]
    for header in headers:
        opened = opener.open(header)
        assert memory.accept(opened.session.name, opened.packet)
    file.close()
    assert session.id in everything_in(tmp_path)
    assert not leaks(everything_in(tmp_path) + b"".join(headers), known)


def test_flowgraphs_and_block_descriptions_name_key_files_and_hold_no_key():
    """No base64 of 32 bytes, no 32 digits of hexadecimal, and what is called a key is a file's path."""
    files = [*(ROOT / "grc").glob("*.grc"), *(ROOT / "gr-deepjscec" / "grc").glob("*.yml")]
    assert len(files) > 5
    long = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=|(?<![0-9a-fA-F])[0-9a-fA-F]{32,}")
    assert long.search("value: " + base64.b64encode(bytes(32)).decode()) and long.search(f"'{bytes(16).hex()}'")
    for file in files:
        text = file.read_text()
        assert not long.search(text), file
        for line in re.findall(r"^\s*value: .*", text, re.MULTILINE):
            assert "Secret(" not in line and "bytes" not in line, (file, line)
