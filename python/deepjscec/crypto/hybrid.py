# SPDX-License-Identifier: GPL-3.0-or-later
"""Hybrid key encapsulation: X25519 and ML-KEM-768, so that a secret stands while either of them does.

Whoever holds Bob's public key makes a fresh secret and a capsule; Bob's private key makes the same secret of the
capsule. X25519: RFC 7748. ML-KEM-768: FIPS 203. Both secrets go through HKDF-SHA-256 together with a digest of the
capsule and the public key, so the result belongs to this exchange alone (as in X-Wing, draft-connolly-cfrg-xwing-kem,
whose combiner binds less and hashes with SHA-3).
"""

from __future__ import annotations

import hashlib
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from .secret import Secret, hkdf
from .session import KEY_ID_BYTES

X25519_BYTES = 32
MLKEM_PUBLIC_BYTES = 1184
MLKEM_CAPSULE_BYTES = 1088
MLKEM_SEED_BYTES = 64
PUBLIC_BYTES = X25519_BYTES + MLKEM_PUBLIC_BYTES
PRIVATE_BYTES = X25519_BYTES + MLKEM_SEED_BYTES
CAPSULE_BYTES = X25519_BYTES + MLKEM_CAPSULE_BYTES


def _bytes_of(value: bytes | bytearray | memoryview, what: str) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):  # bytes(96) would be 96 zeros
        raise TypeError(f"{what} is bytes, not {type(value).__name__}")
    return bytes(value)


class CapsuleError(ValueError):
    """A capsule that is not one: of a wrong length, or with a point that no honest sender makes."""


class PublicKey:
    """1216 bytes: X25519, then ML-KEM-768. `ValueError` for a wrong length or a key that FIPS 203 refuses."""

    def __init__(self, value: bytes) -> None:
        value = _bytes_of(value, "a public key")
        if len(value) != PUBLIC_BYTES:
            raise ValueError(f"a public key has {PUBLIC_BYTES} bytes, not {len(value)}")
        self._bytes = value
        self._x25519 = X25519PublicKey.from_public_bytes(value[:X25519_BYTES])
        try:
            self._mlkem = MLKEM768PublicKey.from_public_bytes(value[X25519_BYTES:])
        except ValueError:
            raise ValueError("a public key whose ML-KEM-768 part is malformed") from None

    def to_bytes(self) -> bytes:
        return self._bytes

    @property
    def id(self) -> bytes:
        """4 public bytes that name the key: a name, not a proof."""
        return hashlib.sha256(b"deepjscec 1 public key " + self._bytes).digest()[:KEY_ID_BYTES]

    def encapsulate(self) -> tuple[bytes, Secret]:
        """A capsule of 1120 bytes for the holder of the private key, and the fresh secret inside it.

        `ValueError` for a public key whose X25519 part is of small order.
        """
        ephemeral = X25519PrivateKey.generate()
        try:
            classical = ephemeral.exchange(self._x25519)
        except ValueError:
            raise ValueError("a public key whose X25519 part is of small order") from None
        lattice, capsule = self._mlkem.encapsulate()
        capsule = ephemeral.public_key().public_bytes_raw() + capsule
        return capsule, _combine(classical, lattice, capsule, self._bytes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and self._bytes == other._bytes

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __repr__(self) -> str:
        return f"PublicKey(id={self.id.hex()})"


class PrivateKey:
    """96 bytes: X25519, then the seed of ML-KEM-768. Prints as its public id. `ValueError` for a wrong length."""

    def __init__(self, value: bytes) -> None:
        value = _bytes_of(value, "a private key")
        if len(value) != PRIVATE_BYTES:
            raise ValueError(f"a private key has {PRIVATE_BYTES} bytes, not {len(value)}")
        self._x25519 = X25519PrivateKey.from_private_bytes(value[:X25519_BYTES])
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(value[X25519_BYTES:])
        self._public = PublicKey(
            self._x25519.public_key().public_bytes_raw() + self._mlkem.public_key().public_bytes_raw()
        )

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new key from the operating system's generator."""
        return cls(X25519PrivateKey.generate().private_bytes_raw() + MLKEM768PrivateKey.generate().private_bytes_raw())

    @property
    def public_key(self) -> PublicKey:
        return self._public

    def reveal(self) -> bytes:
        """The bytes. The only way to get at them, so that a search for the name finds every use."""
        return self._x25519.private_bytes_raw() + self._mlkem.private_bytes_raw()

    def decapsulate(self, capsule: bytes) -> Secret:
        """The secret in a capsule.

        A capsule for another key, or a changed one, gives another secret: nothing here tells, but no header opens with
        it. Raises `CapsuleError` for what is no capsule at all.
        """
        capsule = _bytes_of(capsule, "a capsule")
        if len(capsule) != CAPSULE_BYTES:
            raise CapsuleError(f"a capsule has {CAPSULE_BYTES} bytes, not {len(capsule)}")
        try:
            classical = self._x25519.exchange(X25519PublicKey.from_public_bytes(capsule[:X25519_BYTES]))
        except ValueError:  # the all-zero secret of a point of small order
            raise CapsuleError("a capsule whose X25519 part is of small order") from None
        lattice = self._mlkem.decapsulate(capsule[X25519_BYTES:])
        return _combine(classical, lattice, capsule, self._public.to_bytes())

    def __repr__(self) -> str:
        return f"PrivateKey(redacted, public id={self._public.id.hex()})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key cannot be pickled or copied")


def _combine(classical: bytes, lattice: bytes, capsule: bytes, public: bytes) -> Secret:
    binding = hashlib.sha256(capsule + public).digest()
    return Secret(hkdf(lattice + classical, b"hybrid " + binding))
