# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs of the LWE cipher: A and P = R1 - A R2 modulo q for everyone, R1 and R2 for Bob.

    seed (32 bytes)
      HKDF-SHA-256, no salt, info "deepjscec 1 lwe public <set>" -> 32 bytes, published: AES-256 key; its stream gives A
      HKDF-SHA-256, no salt, info "deepjscec 1 lwe secret <set>" -> AES-256 key; its streams 1 and 2 give R1 and R2

A column of R1, R2 and P serves one real part of a message, and a shorter key is the start of a longer one of the same
seed. Matrices of columns are kept transposed, a column contiguous.
"""

from __future__ import annotations

import hashlib
import secrets
from functools import cached_property
from typing import NoReturn

import numpy as np

from .keystream import SCHEME_LWE, KeyStream
from .lwe_arithmetic import centred, pack, product, unpack
from .lwe_noise import draw_errors, draw_uniform
from .lwe_parameters import LweParameters, lwe_parameters
from .secret import SECRET_BYTES, Secret, hkdf

LWE_COLUMNS = 2 * 11520  # real parts of the longest payload
LWE_ID_BYTES = 4
_MOST_COLUMNS = 1 << 20


class LwePublicKey:
    """A's 32-byte seed and P, `columns` real parts wide; encrypts only.

    `p`: int16[columns, n], centred, transposed. Raises `ValueError` for sizes and elements that do not fit.
    """

    def __init__(self, seed: bytes, p: np.ndarray, parameters: str | LweParameters = "lp192") -> None:
        self.parameters = lwe_parameters(parameters)
        if len(seed) != SECRET_BYTES:
            raise ValueError(f"an LWE public seed has {SECRET_BYTES} bytes, not {len(seed)}")
        _check_columns(len(p))
        if p.ndim != 2 or p.shape[1] != self.parameters.n:
            raise ValueError(f"P of {self.parameters.name} has columns of {self.parameters.n}, got shape {p.shape}")
        self.seed = bytes(seed)
        self.p = p

    @classmethod
    def from_bytes(cls, value: bytes, parameters: str | LweParameters = "lp192") -> LwePublicKey:
        """What `to_bytes` gave; `ValueError` for a length or an element that is none of `parameters`."""
        parameters = lwe_parameters(parameters)
        columns, rest = divmod(len(value) - SECRET_BYTES, parameters.vector_bytes)
        if rest or columns < 1:
            raise ValueError(
                f"an LWE public key of {parameters.name} has {SECRET_BYTES} bytes and a multiple of "
                f"{parameters.vector_bytes}, got {len(value)}"
            )
        _check_columns(columns)
        p = unpack(value[SECRET_BYTES:], parameters.bits, columns * parameters.n)
        if (p >= parameters.q).any():
            raise ValueError(f"an LWE public key holds an element of {p.max()}, modulo {parameters.q}")
        return cls(value[:SECRET_BYTES], centred(p, parameters.q).astype(np.int16).reshape(columns, -1), parameters)

    def to_bytes(self) -> bytes:
        """Seed of A, then P column by column, ceil(log2 q) bits an element."""
        return self.seed + pack(np.mod(self.p.astype(np.int32), self.parameters.q), self.parameters.bits)

    @property
    def columns(self) -> int:
        """Real parts that a message may have."""
        return len(self.p)

    @cached_property
    def a(self) -> np.ndarray:
        """A, int16[n, n], centred."""
        return expand_a(self.seed, self.parameters)

    @cached_property
    def id(self) -> bytes:
        """4 public bytes that name the key: a name, not a proof."""
        return hashlib.sha256(b"deepjscec 1 lwe public key " + self.to_bytes()).digest()[:LWE_ID_BYTES]

    def __repr__(self) -> str:
        return f"LwePublicKey({self.parameters.name}, columns={self.columns}, id={self.id.hex()})"


class LwePrivateKey:
    """R1 and R2, int8[columns, n], transposed, both from a 32-byte seed; `from_seed` or `generate` makes one.

    Decryption takes R2 alone. R1 = P + A R2 follows from it and the public key, and is kept for speed.
    """

    def __init__(self, seed: Secret, columns: int, parameters: LweParameters) -> None:
        self.parameters = parameters
        self._seed = seed
        key = Secret(_derive(seed, "secret", parameters))
        shape = _check_columns(columns), parameters.n
        self.r1, self.r2 = (
            draw_errors(KeyStream(key, 0, SCHEME_LWE, number), shape, parameters.sigma) for number in (1, 2)
        )

    @classmethod
    def from_seed(
        cls, seed: Secret | bytes, parameters: str | LweParameters = "lp192", columns: int = LWE_COLUMNS
    ) -> LwePrivateKey:
        """The key that 32 bytes determine, for messages of up to `columns` real parts; `ValueError` for sizes."""
        return cls(Secret.of(seed), columns, lwe_parameters(parameters))

    @classmethod
    def generate(cls, parameters: str | LweParameters = "lp192", columns: int = LWE_COLUMNS) -> LwePrivateKey:
        """A new key from the operating system's generator."""
        return cls.from_seed(secrets.token_bytes(SECRET_BYTES), parameters, columns)

    @property
    def columns(self) -> int:
        """Real parts that a message may have."""
        return len(self.r2)

    @cached_property
    def public_key(self) -> LwePublicKey:
        """A and P = R1 - A R2."""
        seed = _derive(self._seed, "public", self.parameters)
        p = product(self.r2, expand_a(seed, self.parameters), self.parameters.q).T
        p = centred(self.r1 - p, self.parameters.q).astype(np.int16)
        return LwePublicKey(seed, np.ascontiguousarray(p), self.parameters)

    def reveal(self) -> bytes:
        """The seed. The only way to get at it, so that a search for the name finds every use."""
        return self._seed.reveal()

    def __repr__(self) -> str:
        return f"LwePrivateKey(redacted, {self.parameters.name}, columns={self.columns})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key cannot be pickled or copied")


def expand_a(seed: bytes, parameters: LweParameters) -> np.ndarray:
    """The public matrix of a seed, int16[n, n], centred, row by row."""
    a = draw_uniform(KeyStream(Secret(seed), 0, SCHEME_LWE), (parameters.n, parameters.n), parameters.q)
    return centred(a, parameters.q).astype(np.int16)


def _derive(seed: Secret, use: str, parameters: LweParameters) -> bytes:
    return hkdf(seed.reveal(), f"lwe {use} {parameters.name}".encode("ascii"))


def _check_columns(columns: int) -> int:
    if not 1 <= columns <= _MOST_COLUMNS:
        raise ValueError(f"an LWE key has 1 ... {_MOST_COLUMNS} columns, got {columns}")
    return columns
