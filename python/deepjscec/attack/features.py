# SPDX-License-Identifier: GPL-3.0-or-later
"""What a distinguisher looks at: numbers made of a ciphertext, some of them with the two known codewords."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepjscec.attack.oracle import Ciphertexts

Features = Callable[[Ciphertexts], np.ndarray]


def feature_sets(codewords: np.ndarray, block_size: int) -> dict[str, Features]:
    """Name -> function from n ciphertexts to float[n, d], for two `codewords` complex64[2, k] that Eve chose.

    "symbols": real parts and prefix. "energies": of each block. "correlations": of each block with both codewords,
    complex inner products and their squared magnitudes. "moments": of each block, the sum of fourth powers, the largest
    magnitude, the sum of squares of symbols and the product of neighbours.
    """
    known = codewords.reshape(2, -1, block_size).astype(np.complex128).conj()

    def blocks(seen: Ciphertexts) -> np.ndarray:
        return seen.symbols.reshape(len(seen), -1, block_size)

    def symbols(seen: Ciphertexts) -> np.ndarray:
        return np.concatenate([seen.parts(), seen.prefix], axis=1)

    def energies(seen: Ciphertexts) -> np.ndarray:
        return np.square(seen.parts(), dtype=np.float64).reshape(len(seen), -1, 2 * block_size).sum(-1)

    def correlations(seen: Ciphertexts) -> np.ndarray:
        products = np.einsum("nbm,cbm->ncb", blocks(seen), known, optimize=True).reshape(len(seen), -1)
        return np.concatenate([products.real, products.imag, np.abs(products) ** 2], axis=1)

    def moments(seen: Ciphertexts) -> np.ndarray:
        c = blocks(seen)
        power = c.real**2 + c.imag**2
        square = (c * c).sum(-1)
        neighbours = (c[..., 1:] * c[..., :-1].conj()).sum(-1)
        found = [(power**2).sum(-1), power.max(-1), square.real, square.imag, neighbours.real, neighbours.imag]
        return np.concatenate(found, axis=1).astype(np.float64)

    return {"symbols": symbols, "energies": energies, "correlations": correlations, "moments": moments}
