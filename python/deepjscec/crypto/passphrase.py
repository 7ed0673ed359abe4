# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets under a passphrase: scrypt (RFC 7914) makes the key, AES-256-GCM (NIST SP 800-38D) seals.

    16 bytes salt | 12 bytes nonce | ciphertext | 16 bytes tag

N = 2^15, r = 8, p = 1: 32 MiB and about a tenth of a second a guess.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SALT_BYTES, NONCE_BYTES, TAG_BYTES = 16, 12, 16
SEALED_EXTRA_BYTES = SALT_BYTES + NONCE_BYTES + TAG_BYTES


def seal(value: bytes, passphrase: str, associated: bytes) -> bytes:
    """`value` sealed; `associated` must be the same at opening. `ValueError` for an empty passphrase."""
    if not passphrase:
        raise ValueError("an empty passphrase protects nothing")
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    return salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, value, associated)


def open_sealed(sealed: bytes, passphrase: str, associated: bytes) -> bytes:
    """What `seal` was given; `ValueError` where passphrase or bytes are wrong, which cannot be told apart."""
    salt, nonce = sealed[:SALT_BYTES], sealed[SALT_BYTES : SALT_BYTES + NONCE_BYTES]
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed[SALT_BYTES + NONCE_BYTES :], associated)
    except InvalidTag:
        raise ValueError("wrong passphrase, or a damaged file") from None


def _key(passphrase: str, salt: bytes) -> bytes:
    try:
        text = passphrase.encode("utf-8")
    except UnicodeEncodeError:  # whose message would show some of it
        raise ValueError("the passphrase is not text") from None
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(text)
