# SPDX-License-Identifier: GPL-3.0-or-later
"""The LWE cipher: Tung and Gündüz (arXiv 2208.09245), with Lindner and Peikert's encryption under a public key.

A codeword's real parts become integers modulo q, the middle of whose range is 0. c1 goes ahead as bytes, c2 as
symbols (`lwe_mapping.py`). Errors are drawn anew for every message, from a key that the operating system gives
and nobody shares.
"""

from __future__ import annotations

import numpy as np

from .cipher import as_codeword, check_block_size
from .counter import check_packet
from .keystream import SCHEME_LWE
from .lwe_arithmetic import centred, pack, unpack
from .lwe_encryption import encrypt_batch, errors_of, unmask
from .lwe_estimation import estimate_noise
from .lwe_keys import LWE_COLUMNS, LwePrivateKey, LwePublicKey
from .lwe_mapping import lwe_mapping
from .lwe_parameters import lwe_parameters
from .secret import Secret
from .session import Session
from .wrapping import CELL, DEFAULT_SCALE, MARGIN, MOST_RECEIVED, observe_wrapped


class LweCipher:
    """Encrypts with a public key, decrypts with the private one.

    `key`: without one, the pair follows from the session's secret, for bench tests, and grows with the longest message.
    `parameters`: a name of `lwe_parameters.PARAMETERS`; a key brings its own. `mapping`: "amplitude" or "qam4096".
    `max_symbols`: of the longest codeword that is taken. `scale`: of symbols in the cell, as `ModuloCipher`'s.
    `passes`: at most, of the estimate of the errors' noise (`lwe_estimation.py`); 0 for none, as in the paper. Raises
    `ValueError` for values out of range, and for a key of fewer than 2 max_symbols columns.
    """

    name = "lwe"
    hides = True

    def __init__(
        self,
        session: Session,
        block_size: int = 64,
        *,
        key: LwePrivateKey | LwePublicKey | None = None,
        parameters: str = "lp192",
        mapping: str = "amplitude",
        max_symbols: int = LWE_COLUMNS // 2,
        scale: float = DEFAULT_SCALE,
        passes: int = 12,
    ) -> None:
        if not 0.05 <= scale <= 1:
            raise ValueError(f"scale must be 0.05 ... 1, got {scale}")
        if max_symbols < 1 or passes < 0:
            raise ValueError(f"need max_symbols >= 1 and passes >= 0, got {max_symbols} and {passes}")
        if key is not None and key.columns < 2 * max_symbols:
            raise ValueError(f"{max_symbols} symbols need {2 * max_symbols} columns, and the key has {key.columns}")
        self.block_size = check_block_size(block_size)
        self.parameters = lwe_parameters(parameters) if key is None else key.parameters
        self.max_symbols = max_symbols
        self.scale = float(scale)
        self.passes = passes
        self.prefix_bytes = self.parameters.vector_bytes
        self._session = session
        self._key = key
        self._mapping = lwe_mapping(mapping, self.parameters.q)
        self.expansion = self._mapping.expansion
        self._step = CELL / self.parameters.q

    def encrypt_message(self, symbols: np.ndarray, packet: int) -> tuple[bytes, np.ndarray]:
        """Encrypt complex64[k] under `packet`, which must exceed every number used for this before.

        Returns c1, `prefix_bytes` long, and complex64[k * expansion]. Raises `ValueError` for a shape, a length above
        `max_symbols` or a value that is not finite, before the packet number is used up; `ReusedCounterError` and
        `CounterExhaustedError` for the number.
        """
        parts = as_codeword(symbols, self.block_size).view(np.float32)
        self._check_length(parts.size // 2)
        if not (np.abs(parts) < MOST_RECEIVED).all():
            raise ValueError("a codeword holds a value that is not finite, or beyond 10^6")
        self._session.claim_payload(packet)
        key = self._key_of(parts.size)
        public = key.public_key if isinstance(key, LwePrivateKey) else key
        errors = errors_of(self._session.private_key(), self.parameters, 1, parts.size)
        c1, c2 = encrypt_batch(public, to_integers(parts, self.scale, self.parameters.q)[None], errors)
        return pack(np.mod(c1, self.parameters.q), self.parameters.bits), self._mapping.symbols(c2[0])

    def decrypt_message(
        self, prefix: bytes, symbols: np.ndarray, noise_var: np.ndarray, packet: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Codeword complex64[k], and noise variances float32[k] to decode it with.

        `symbols` complex64[k * expansion] and `noise_var` float32 of the same length as they came, `inf` where lost.
        Raises `ValueError` for lengths, for a prefix that is no vector modulo q, and where the key is a public one.
        """
        check_packet(packet)
        symbols = as_codeword(symbols, self.block_size * self.expansion)
        count = 2 * symbols.size // self.expansion
        self._check_length(count // 2)
        noise_var = np.asarray(noise_var, np.float32)
        if noise_var.shape != symbols.shape:
            raise ValueError(f"{symbols.size} symbols with noise variances of shape {noise_var.shape}")
        c1 = self._read(prefix)
        key = self._key_of(count)
        if not isinstance(key, LwePrivateKey):
            raise ValueError("decryption needs the private LWE key, and this is a public one")
        values, variances = self._mapping.values(symbols, noise_var)
        q, step = self.parameters.q, np.float32(self._step)
        residues = values + unmask(key, c1, count)[0].astype(np.float32)
        variances = variances + np.float32(self.parameters.sigma**2)  # e3
        message = np.float32((self.scale / self._step) ** 2 / 2)
        means, left = estimate_noise(
            (key.r1[:count], key.r2[:count]), residues, variances + message, self.parameters.sigma, q, self.passes
        )
        residues -= means
        residues -= q * np.rint(residues / q)
        return observe_wrapped(residues * step, 2 * step**2 * (variances + np.float32(left)), self.scale)

    def expect(self, prefix: bytes, symbols: np.ndarray, packet: int) -> tuple[np.ndarray, np.ndarray]:
        """Symbols complex64[k * expansion] of c2, and variances float32 of what the errors add to them; see `Cipher`.

        Raises as `decrypt_message` does.
        """
        check_packet(packet)
        parts = as_codeword(symbols, self.block_size).view(np.float32)
        self._check_length(parts.size // 2)
        key = self._key_of(parts.size)
        if not isinstance(key, LwePrivateKey):
            raise ValueError("decryption needs the private LWE key, and this is a public one")
        integers = to_integers(parts, self.scale, self.parameters.q)
        c2 = centred(integers - unmask(key, self._read(prefix), parts.size)[0], self.parameters.q)
        return self._mapping.expected(c2, self.parameters.noise_deviation)

    def _read(self, prefix: bytes) -> np.ndarray:
        """c1, centred int32[1, n]."""
        if len(prefix) != self.prefix_bytes:
            raise ValueError(f"c1 of {self.parameters.name} has {self.prefix_bytes} bytes, got {len(prefix)}")
        c1 = unpack(prefix, self.parameters.bits, self.parameters.n)
        if (c1 >= self.parameters.q).any():
            raise ValueError(f"c1 holds an element of {c1.max()}, modulo {self.parameters.q}")
        return centred(c1, self.parameters.q)[None]

    def _check_length(self, count: int) -> None:
        if count > self.max_symbols:
            raise ValueError(f"a codeword of {count} symbols, and a key for {self.max_symbols}")

    def _key_of(self, columns: int) -> LwePrivateKey | LwePublicKey:
        """The key; the session's is made on first use, and anew for a longer message (of which it is the start)."""
        if self._key is None or self._key.columns < columns:
            seed = self._session.key_stream(0, SCHEME_LWE).words(4).astype("<u8", copy=False).tobytes()
            self._key = LwePrivateKey.from_seed(Secret(seed), self.parameters, max(1, columns))
        return self._key


def to_integers(parts: np.ndarray, scale: float, q: int) -> np.ndarray:
    """Real parts float32 of a codeword as centred int32 modulo q: scaled, rounded, and kept off the cell's ends."""
    limit = round((0.5 - MARGIN) * q)
    return np.rint(parts * np.float32(scale * q / CELL)).clip(-limit, limit).astype(np.int32)
