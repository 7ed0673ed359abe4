# SPDX-License-Identifier: GPL-3.0-or-later
"""The isometric cipher: every block of a codeword is turned by a fresh Haar-random unitary.

A codeword block z of m complex symbols has energy exactly m; U z for a Haar U is uniform on that sphere
whatever z is. Unitary, counter layout and arithmetic: `_kernel.py`, `keystream.py`; claims and bounds:
`docs/security.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .cipher import SymbolCipher, as_codeword, check_block_size
from .combining import mmse_weights
from .counter import check_packet
from .keystream import SCHEME_ISOMETRIC, WORDS_PER_AES_BLOCK, KeyStream
from .session import Session

# A block's energy may be off by this fraction (float32 rounding gives 1e-6); encryption then makes it exact.
ENERGY_TOLERANCE = 2e-3
# Ciphertext is rounded to multiples of 2^-20 at 80 dB dither, and in proportion at others: steps far below
# the dither's deviation, so that they cost nothing, and far above its own rounding errors
# (docs/security.md, section 5).
GRID_STEPS_PER_DITHER = 105.0
DEFAULT_GRID = 2.0**20
# Key stream made at a time, in bytes (at least one block's): it stays in the second-level cache.
_PIECE_BYTES = 1 << 17


class IsometricCipher(SymbolCipher):
    """Encrypts by `c = U z + dither`, decrypts by `U^H c`, with one fresh U on U(m) for every block.

    `block_size`: m, complex symbols per block, 1 ... 1024. `dither_db`: how far the private Gaussian dither
    lies below a unit-energy symbol (20 ... 100 dB; `None` for none, which voids the finite-precision bound).
    `threads`: blocks are shared out among this many; the result is the same for any number.
    `check_energy=False` turns blocks of any energy, and then shows each block's energy to everyone.

    Source: `docs/security.md`; Haar unitaries after Stewart (1980) and Mezzadri (2007), arXiv
    math-ph/0609050. Encrypting is thread-safe. Raises `ValueError` for parameters out of range.
    """

    name = "isometric"

    def __init__(
        self,
        session: Session,
        block_size: int = 64,
        *,
        dither_db: float | None = 80.0,
        threads: int = 1,
        check_energy: bool = True,
    ) -> None:
        if dither_db is not None and not 20.0 <= dither_db <= 100.0:
            raise ValueError(f"dither_db must be 20 ... 100 or None, got {dither_db}")
        if threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        self.block_size = check_block_size(block_size)
        self.dither_db = dither_db
        self.threads = int(threads)
        self.check_energy = check_energy
        self._session = session
        self._aes_blocks = self.block_size * (self.block_size + 1) // 2  # one complex Gaussian each
        self._dither_scale = 0.0 if dither_db is None else 10.0 ** (-dither_db / 20)
        fineness = DEFAULT_GRID if dither_db is None else GRID_STEPS_PER_DITHER / self._dither_scale
        self._grid = 2.0 ** round(math.log2(fineness))

    def encrypt(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """Encrypt complex64[k] under `packet`, which must exceed every number used for this before.

        Every block must have energy `block_size` to within 0.2 %; it is scaled to exactly that. Returns
        complex64[k]. Raises `ValueError` for shape or block energy, before the packet
        number is used up; `ReusedCounterError` and `CounterExhaustedError` for the number.
        """
        from . import _kernel

        blocks = self._blocks(symbols)
        gains = self._gains(blocks, _kernel.block_energies)
        return self._rotated(blocks, gains, self._session.claim_payload(packet), self._dither_scale)

    def encrypted(self, symbols: np.ndarray, packet: int) -> np.ndarray:
        """What `encrypt` gives, complex64[k], but for its dither. Errors as `encrypt`'s, numbers may repeat."""
        from . import _kernel

        blocks = self._blocks(symbols)
        return self._rotated(blocks, self._gains(blocks, _kernel.block_energies), check_packet(packet), 0.0)

    def decrypt(self, symbols: np.ndarray, packet: int, *, first_block: int = 0) -> np.ndarray:
        """Decrypt complex64[k] of `packet`; `symbols[0]` is the start of its block `first_block`.

        Values that are not finite spoil their own block only. Raises `ValueError` for shape or packet number.
        """
        from . import _kernel

        blocks = self._blocks(symbols)
        packet = check_packet(packet)

        def work(low: int, high: int, stream: KeyStream, out: np.ndarray) -> None:
            for a, b, words in self._pieces(low, high, stream):
                _kernel.decrypt_blocks(words, blocks[a:b], out[a:b])

        return self._run(work, blocks, packet, first_block)

    def decrypt_noisy(self, symbols: np.ndarray, noise_var: np.ndarray, packet: int) -> tuple[np.ndarray, np.ndarray]:
        """Decrypt complex64[k] with the noise variances float32[k], weighing each symbol by what it is worth.

        U^H mixes the noises of a block: all its symbols get the same variance, that of `mmse_weights`.
        """
        layout = (-1, self.block_size)
        symbols = as_codeword(symbols, self.block_size)
        weights, block_var = mmse_weights(noise_var.reshape(layout))
        weighted = np.where(weights > 0, symbols.reshape(layout), 0) * weights
        return self.decrypt(weighted.reshape(-1), packet), np.repeat(block_var, self.block_size)

    def _blocks(self, symbols: np.ndarray) -> np.ndarray:
        """float32[B, 2 m] view of the codeword."""
        return as_codeword(symbols, self.block_size).view(np.float32).reshape(-1, 2 * self.block_size)

    def _gains(self, blocks: np.ndarray, block_energies: Callable) -> np.ndarray:
        """float64[B]: what brings each block to energy m exactly; float32 rounding tells pictures apart."""
        if not self.check_energy:
            return np.ones(len(blocks))
        energies = np.empty(len(blocks))
        block_energies(blocks, energies)
        # Written so that NaN counts as wrong.
        wrong = np.flatnonzero(~(np.abs(energies - self.block_size) <= ENERGY_TOLERANCE * self.block_size))
        if wrong.size:
            raise ValueError(
                f"block {wrong[0]} has energy {energies[wrong[0]]:.6g} and not {self.block_size}: "
                "a cipher block must be normalised (and kept whole), or its energy would show"
            )
        return np.sqrt(self.block_size / energies)

    def _rotated(self, blocks: np.ndarray, gains: np.ndarray, packet: int, dither_scale: float) -> np.ndarray:
        from . import _kernel

        def work(low: int, high: int, stream: KeyStream, out: np.ndarray) -> None:
            # the key is forgotten on return
            dither = KeyStream(self._session.private_key(), 0, SCHEME_ISOMETRIC) if dither_scale else None
            no_words = np.empty(0, np.uint64)
            for a, b, words in self._pieces(low, high, stream):
                noise = dither.words(2 * self.block_size * (b - a)) if dither else no_words
                _kernel.encrypt_blocks(words, noise, dither_scale, self._grid, blocks[a:b], gains[a:b], out[a:b])

        return self._run(work, blocks, packet, 0)

    def _pieces(self, low: int, high: int, stream: KeyStream) -> Iterator[tuple[int, int, np.ndarray]]:
        """(start, stop, words) over blocks `low ... high`, with bounded memory for the words."""
        words_per_block = WORDS_PER_AES_BLOCK * self._aes_blocks
        step = max(1, _PIECE_BYTES // (8 * words_per_block))
        buffer = np.empty(min(step, high - low) * words_per_block, np.uint64)
        for a in range(low, high, step):
            b = min(a + step, high)
            yield a, b, stream.fill(buffer[: (b - a) * words_per_block])

    def _run(self, work: Callable, blocks: np.ndarray, packet: int, first_block: int) -> np.ndarray:
        """Call `work` on equal shares of the blocks and return complex64[k]."""
        out = np.empty_like(blocks)
        share = max(1, math.ceil(len(blocks) / self.threads))

        def part(low: int) -> None:
            first = (first_block + low) * self._aes_blocks
            stream = self._session.key_stream(packet, SCHEME_ISOMETRIC, self.block_size, first)
            work(low, min(low + share, len(blocks)), stream, out)

        starts = range(0, len(blocks), share)
        if len(starts) > 1:
            with ThreadPoolExecutor(len(starts)) as pool:
                list(pool.map(part, starts))
        else:
            for low in starts:
                part(low)
        return out.reshape(-1).view(np.complex64)
