# SPDX-License-Identifier: GPL-3.0-or-later
"""Hybrid key pairs, capsules, their files, and secrets under a passphrase."""

import hashlib
import hmac
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepjscec.crypto import (
    CapsuleError,
    PrivateKey,
    PublicKey,
    Secret,
    describe_file,
    read_capsule_file,
    read_key_file,
    read_private_key_file,
    read_public_key_file,
    write_capsule_file,
    write_key_file,
    write_private_key_file,
    write_public_key_file,
)
from deepjscec.crypto.hybrid import CAPSULE_BYTES, PRIVATE_BYTES, PUBLIC_BYTES

BOB = PrivateKey(bytes(range(PRIVATE_BYTES)))


def test_both_sides_get_one_secret_and_each_capsule_another():
    private = PrivateKey.generate()
    capsule, secret = private.public_key.encapsulate()
    assert len(capsule) == CAPSULE_BYTES and private.decapsulate(capsule) == secret
    assert PublicKey(private.public_key.to_bytes()).encapsulate()[1] != secret
    assert PrivateKey(private.reveal()).decapsulate(capsule) == secret


def test_secret_is_hkdf_of_both_secrets_bound_to_capsule_and_key():
    capsule, secret = BOB.public_key.encapsulate()
    classical = X25519PrivateKey.from_private_bytes(bytes(range(32))).exchange(
        X25519PublicKey.from_public_bytes(capsule[:32])
    )
    lattice = MLKEM768PrivateKey.from_seed_bytes(bytes(range(32, 96))).decapsulate(capsule[32:])
    info = b"deepjscec 1 hybrid " + hashlib.sha256(capsule + BOB.public_key.to_bytes()).digest()
    extracted = hmac.digest(bytes(32), lattice + classical, "sha256")  # RFC 5869 without salt
    assert secret.reveal() == hmac.digest(extracted, info + b"\1", "sha256")


def test_key_of_known_bytes_is_frozen():
    """A known answer: whoever changes these values cuts off everyone in the field."""
    assert BOB.public_key.id.hex() == "de02967f"
    capsule = PrivateKey(bytes(PRIVATE_BYTES)).public_key.to_bytes()[:32] + bytes(range(256)) * 4 + bytes(64)
    assert BOB.decapsulate(capsule).reveal().hex() == (
        "898c23a74f7d0cb430bdd56d3bdda985557bb1a02ef43d63a22d5004613b236e"
    )


@pytest.mark.parametrize("position", [0, 31, 32, 500, CAPSULE_BYTES - 1])
def test_a_changed_capsule_gives_another_secret(position):
    capsule, secret = BOB.public_key.encapsulate()
    changed = bytearray(capsule)
    changed[position] ^= 1
    assert BOB.decapsulate(bytes(changed)) != secret
    assert PrivateKey.generate().decapsulate(capsule) != secret


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=CAPSULE_BYTES - 1, max_size=CAPSULE_BYTES + 1))
def test_any_bytes_are_a_capsule_or_a_documented_error(capsule):
    try:
        assert isinstance(BOB.decapsulate(capsule), Secret)
    except CapsuleError as error:
        assert len(capsule) != CAPSULE_BYTES or "small order" in str(error)


@pytest.mark.parametrize("u", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18])  # RFC 7748: of order 1, 2 and 4
def test_points_of_small_order_are_refused(u):
    point = u.to_bytes(32, "little")
    with pytest.raises(CapsuleError, match="small order"):
        BOB.decapsulate(point + bytes(CAPSULE_BYTES - 32))
    with pytest.raises(ValueError, match="small order"):
        PublicKey(point + BOB.public_key.to_bytes()[32:]).encapsulate()


@pytest.mark.parametrize("make", [PrivateKey, PublicKey, BOB.decapsulate])
def test_numbers_are_no_bytes(make):
    with pytest.raises(TypeError, match="is bytes, not int"):
        make(96)


def test_an_id_that_does_not_fit_is_not_shown(tmp_path):
    write_public_key_file(tmp_path / "eve.pub", PrivateKey.generate().public_key)
    text = (tmp_path / "eve.pub").read_text()
    (tmp_path / "eve.pub").write_text(text.replace(text.split()[3], BOB.public_key.id.hex()))
    with pytest.raises(ValueError, match="do not belong together"):
        describe_file(tmp_path / "eve.pub")


@pytest.mark.parametrize("value", [b"", bytes(PUBLIC_BYTES - 1), b"\xff" * PUBLIC_BYTES])
def test_malformed_public_keys_are_refused(value):
    with pytest.raises(ValueError, match="public key"):
        PublicKey(value)


def test_private_keys_do_not_show():
    assert BOB.public_key.id.hex() in repr(BOB)
    for text in (repr(BOB), str(BOB), repr(BOB.public_key)):
        assert "00010203" not in text and "AAECAw" not in text
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(BOB)
    with pytest.raises(ValueError, match="96 bytes, not 3"):
        PrivateKey(b"abc")


def test_files_read_back(tmp_path):
    capsule, _ = BOB.public_key.encapsulate()
    write_private_key_file(tmp_path / "bob", BOB)
    write_public_key_file(tmp_path / "bob.pub", BOB.public_key)
    write_capsule_file(tmp_path / "capsule", capsule, BOB.public_key)
    assert (tmp_path / "bob").stat().st_mode & 0o777 == 0o600
    assert read_private_key_file(tmp_path / "bob").reveal() == BOB.reveal()
    assert read_public_key_file(tmp_path / "bob.pub") == BOB.public_key
    assert read_capsule_file(tmp_path / "capsule") == (capsule, BOB.public_key.id)
    name = BOB.public_key.id.hex()
    assert [describe_file(path) for path in sorted(tmp_path.iterdir())] == [
        f"{tmp_path / 'bob'}: private key {name}",
        f"{tmp_path / 'bob.pub'}: public key {name}",
        f"{tmp_path / 'capsule'}: capsule for {name}",
    ]


def test_files_of_another_kind_are_named(tmp_path):
    write_public_key_file(tmp_path / "bob.pub", BOB.public_key)
    (tmp_path / "bob.pub").chmod(0o600)
    with pytest.raises(ValueError, match=r"bob\.pub: a public key, where a private key is needed"):
        read_private_key_file(tmp_path / "bob.pub")
    with pytest.raises(ValueError, match=r"bob\.pub: a public key, where a key file is needed"):
        read_key_file(tmp_path / "bob.pub")


def test_private_keys_that_others_may_read_are_refused(tmp_path):
    write_private_key_file(tmp_path / "bob", BOB)
    (tmp_path / "bob").chmod(0o644)
    for read in (read_private_key_file, describe_file):
        with pytest.raises(PermissionError, match="chmod 600"):
            read(tmp_path / "bob")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    magic=st.sampled_from(
        ["deepjscec-key 1", "deepjscec-public-key 1", "deepjscec-capsule 1", "deepjscec-private-key 1"]
    ),
    body=st.one_of(
        st.text(max_size=200), st.from_regex(r"id [0-9a-f]{8}\n(secret|value|sealed) [A-Za-z0-9+/]{0,90}={0,2}\n")
    ),
)
def test_any_text_is_read_or_refused_in_one_line(tmp_path, magic, body):
    path = tmp_path / "file"
    path.write_text(f"{magic}\n{body}", encoding="utf-8")
    path.chmod(0o600)
    for read in (read_key_file, read_private_key_file, read_public_key_file, read_capsule_file, describe_file):
        with pytest.raises(ValueError, match="file: ") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_a_passphrase_seals_and_opens(tmp_path, monkeypatch):
    monkeypatch.delenv("DEEPJSCEC_PASSPHRASE", raising=False)
    secret = write_key_file(tmp_path / "k", passphrase="correct horse")
    write_private_key_file(tmp_path / "bob", BOB, "correct horse")
    assert read_key_file(tmp_path / "k", "correct horse") == secret
    assert read_private_key_file(tmp_path / "bob", "correct horse").reveal() == BOB.reveal()
    assert "sealed with a passphrase" in describe_file(tmp_path / "k")
    with pytest.raises(ValueError, match="put it into DEEPJSCEC_PASSPHRASE"):
        read_key_file(tmp_path / "k")
    with pytest.raises(ValueError, match="wrong passphrase") as caught:
        read_key_file(tmp_path / "k", "battery staple")
    assert "staple" not in str(caught.value)
    monkeypatch.setenv("DEEPJSCEC_PASSPHRASE", "correct horse")
    assert read_key_file(tmp_path / "k") == secret
    with pytest.raises(ValueError, match="empty passphrase"):
        write_key_file(tmp_path / "none", passphrase="")
    assert not (tmp_path / "none").exists()


def test_a_sealed_file_cannot_be_renamed_to_another_key(tmp_path):
    write_key_file(tmp_path / "k", passphrase="p")
    text = (tmp_path / "k").read_text()
    identifier = text.split()[3]
    (tmp_path / "k").write_text(text.replace(identifier, "00000000"))
    with pytest.raises(ValueError, match="wrong passphrase, or a damaged file"):
        read_key_file(tmp_path / "k", "p")
