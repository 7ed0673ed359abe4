# SPDX-License-Identifier: GPL-3.0-or-later
"""Private randomness: the operating system's by default, another source's for measurements that must repeat."""

import secrets

import numpy as np
import pytest

from deepjscec.crypto import Session, make_cipher

SECRET, SESSION_ID = bytes(range(32)), bytes(8)


def encrypted(cipher, **options):
    symbols = np.ones(128, np.complex64)
    prefix, sent = make_cipher(cipher, Session.derive(SECRET, SESSION_ID, **options)).encrypt_message(symbols, 0)
    return prefix + sent.tobytes()


@pytest.mark.parametrize("cipher", ["isometric", "lwe"])
def test_equal_sessions_encrypt_differently_by_default(cipher):
    assert encrypted(cipher) != encrypted(cipher)


@pytest.mark.parametrize("cipher", ["isometric", "lwe"])
def test_a_source_of_entropy_makes_encryption_repeat(cipher):
    one, same, other = (encrypted(cipher, entropy=np.random.default_rng(seed).bytes) for seed in (1, 1, 2))
    assert one == same != other


@pytest.mark.parametrize("cipher", ["isometric", "lwe"])
def test_every_message_asks_for_32_fresh_bytes(cipher):
    asked = []

    def entropy(count):
        asked.append(count)
        return secrets.token_bytes(count)

    session = Session.derive(SECRET, SESSION_ID, entropy=entropy)
    alice = make_cipher(cipher, session)
    for packet in range(3):
        alice.encrypt_message(np.ones(64, np.complex64), packet)
    assert asked == [32, 32, 32]


def test_decryption_and_modulo_need_none():
    def none(count):
        raise AssertionError("asked for entropy")

    session = Session.derive(SECRET, SESSION_ID, entropy=none)
    make_cipher("modulo", session).encrypt_message(np.ones(64, np.complex64), 0)
    make_cipher("isometric", session).decrypt(np.ones(64, np.complex64), 1)


def test_a_source_that_gives_too_little_is_refused_before_anything_is_sent():
    session = Session.derive(SECRET, SESSION_ID, entropy=lambda count: bytes(count - 1))
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        make_cipher("isometric", session).encrypt_message(np.ones(64, np.complex64), 0)


def test_private_keys_are_the_operating_systems_and_fresh():
    assert Session.derive.__func__.__kwdefaults__["entropy"] is secrets.token_bytes
    session = Session.start(SECRET)
    assert session.private_key() != session.private_key()
