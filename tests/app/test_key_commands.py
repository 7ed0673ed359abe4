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
    capsys.readouterr()


@pytest.mark.parametrize("content", ["", "\n", "\nsecond line"])
def test_an_empty_passphrase_is_refused(tmp_path, capsys, content):
    (tmp_path / "p").write_text(content)
    assert main(["keygen", str(tmp_path / "k"), "--passphrase-file", str(tmp_path / "p")]) == 2
    assert "empty" in capsys.readouterr().err and not (tmp_path / "k").exists()


def test_a_passphrase_opens_later(tmp_path, capsys, monkeypatch):
    (tmp_path / "p").write_text("correct horse\n")
    assert main(["keygen", str(tmp_path / "k"), "--passphrase-file", str(tmp_path / "p")]) == 0
    monkeypatch.setenv("DEEPJSCEC_PASSPHRASE", "correct horse")
    assert read_key_file(tmp_path / "k") == read_key_file(tmp_path / "k", "correct horse")
    assert "horse" not in "".join(capsys.readouterr())
