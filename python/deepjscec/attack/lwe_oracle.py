# SPDX-License-Identifier: GPL-3.0-or-later
"""The LWE cipher as an oracle, and two ways to break it: errors used again, and errors that Eve can compute.

Many messages go through the cipher's own encryption (`deepjscec.crypto.lwe_encryption`) in one call. c1 is part of what
Eve observes; the public key she has anyway.
"""

from __future__ import annotations

import numpy as np

from deepjscec.attack.oracle import Ciphertexts, Oracle
from deepjscec.crypto import Secret, Session
from deepjscec.crypto.lwe import LweCipher, to_integers
from deepjscec.crypto.lwe_arithmetic import centred
from deepjscec.crypto.lwe_encryption import LweErrors, encrypt_batch, errors_of, fresh_errors
from deepjscec.crypto.lwe_keys import LwePrivateKey
from deepjscec.crypto.lwe_mapping import lwe_mapping
from deepjscec.crypto.wrapping import CELL


class LweOracle:
    """Fresh errors for every message, as the cipher has them, under a key pair of its own."""

    name, cell = "lwe", CELL

    def __init__(self, block_size: int, length: int, parameters: str = "lp192") -> None:
        """`length` of codewords in complex symbols; `parameters` as `LweCipher`'s."""
        self.block_size = block_size
        self.key = LwePrivateKey.generate(parameters, 2 * length)
        self.parameters, self._columns = self.key.parameters, 2 * length
        cipher = LweCipher(Session.start(Secret.random()), block_size, key=self.key, max_symbols=length)
        self.scale = cipher.scale
        self._mapping = lwe_mapping("amplitude", self.parameters.q)

    def encrypt(self, codewords: np.ndarray) -> Ciphertexts:
        return self._seen(*encrypt_batch(self.key.public_key, self._integers(codewords), self._errors(len(codewords))))

    def _errors(self, count: int) -> LweErrors:
        return fresh_errors(self.parameters, count, self._columns)

    def _integers(self, codewords: np.ndarray) -> np.ndarray:
        """int32[n, 2 k] of complex64[n, k]."""
        return to_integers(
            np.ascontiguousarray(codewords, np.complex64).view(np.float32), self.scale, self.parameters.q
        )

    def _seen(self, c1: np.ndarray, c2: np.ndarray) -> Ciphertexts:
        prefix = c1.astype(np.float32) * np.float32(12**0.5 / self.parameters.q)
        return Ciphertexts(self._mapping.symbols(c2.ravel()).reshape(len(c2), -1), prefix)


class LweReusedErrors(LweOracle):
    """One set of errors for all messages: each is masked by the same integers."""

    name = "lwe_reused_errors"

    def __init__(self, block_size: int, length: int, parameters: str = "lp192") -> None:
        super().__init__(block_size, length, parameters)
        self._once = fresh_errors(self.parameters, 1, self._columns)

    def _errors(self, count: int) -> LweErrors:
        return LweErrors(*(np.broadcast_to(error, (count, error.shape[1])) for error in self._once))


class LwePublicSeed(LweOracle):
    """Errors from a seed that Eve is told: she computes them, and takes the mask away."""

    name = "lwe_public_seed"

    def encrypt(self, codewords: np.ndarray) -> Ciphertexts:
        seed = Secret.random().reveal()
        errors = errors_of(Secret(seed), self.parameters, len(codewords), self._columns)
        c1, c2 = encrypt_batch(self.key.public_key, self._integers(codewords), errors)
        return self._seen(c1, self._strip(c2, seed))

    def _strip(self, c2: np.ndarray, seed: bytes) -> np.ndarray:
        """c2 without e1 P + e3, by the seed and the public key alone."""
        errors = errors_of(Secret(seed), self.parameters, *c2.shape)
        _, mask = encrypt_batch(self.key.public_key, np.zeros_like(c2), errors)
        return centred(c2.astype(np.int64) - mask, self.parameters.q)


def make_lwe_oracle(name: str, block_size: int, length: int) -> Oracle:
    """The one called `name`: `lwe`, `lwe_reused_errors` or `lwe_public_seed`; `ValueError` for another name."""
    kinds = {kind.name: kind for kind in (LweOracle, LweReusedErrors, LwePublicSeed)}
    if name not in kinds:
        raise ValueError(f"unknown LWE oracle {name!r}: choose from {', '.join(kinds)}")
    return kinds[name](block_size, length)
