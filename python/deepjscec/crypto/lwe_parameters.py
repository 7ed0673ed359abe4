# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameter sets of the LWE cipher, by name.

`lp...`: Lindner and Peikert, Better key sizes (and attacks) for LWE-based encryption, CT-RSA 2011; Tung and Gündüz
(arXiv 2208.09245) take the first. `frodo...`: dimension, modulus and deviation of FrodoKEM's specification, where noise
is smaller against the modulus. What each is worth: `benchmarks/lwe_security.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LARGEST_MODULUS = 2**16
LARGEST_DEVIATION = 6.0  # beyond it the error table's 128 places are too few


@dataclass(frozen=True)
class LweParameters:
    """Dimension `n` (of both sides, n1 = n2), modulus `q`, and `sigma`, the errors' standard deviation.

    Raises `ValueError` for a value out of range.
    """

    name: str
    n: int
    q: int
    sigma: float

    def __post_init__(self) -> None:
        if not 8 <= self.n <= 2048 or self.n % 8:
            raise ValueError(f"LWE dimension must be a multiple of 8 from 8 to 2048, got {self.n}")
        if not 16 <= self.q <= LARGEST_MODULUS:
            raise ValueError(f"LWE modulus must be 16 ... {LARGEST_MODULUS}, got {self.q}")
        if not 0.5 <= self.sigma <= LARGEST_DEVIATION:
            raise ValueError(f"LWE errors' deviation must be 0.5 ... {LARGEST_DEVIATION}, got {self.sigma}")

    @property
    def bits(self) -> int:
        """Bits that an element of Z_q takes."""
        return (self.q - 1).bit_length()

    @property
    def vector_bytes(self) -> int:
        """Bytes of n packed elements."""
        return self.n * self.bits // 8

    @property
    def noise_deviation(self) -> float:
        """Standard deviation of what decryption leaves: e1 R1 + e2 R2 + e3."""
        return self.sigma * math.sqrt(2 * self.n * self.sigma**2 + 1)


def _lindner_peikert(n: int, s: float) -> LweParameters:
    return LweParameters(f"lp{n}", n, 4093, s / math.sqrt(2 * math.pi))


PARAMETERS = {
    parameters.name: parameters
    for parameters in (
        _lindner_peikert(192, 8.87),
        _lindner_peikert(256, 8.35),
        _lindner_peikert(320, 8.00),
        LweParameters("frodo640", 640, 2**15, 2.8),
        LweParameters("frodo976", 976, 2**16, 2.3),
    )
}


def lwe_parameters(name: str | LweParameters) -> LweParameters:
    """The set called `name` (or `name` itself if it is a set); `ValueError` for an unknown one lists the known."""
    if isinstance(name, LweParameters):
        return name
    if name not in PARAMETERS:
        raise ValueError(f"unknown LWE parameters {name!r}: choose from {', '.join(PARAMETERS)}")
    return PARAMETERS[name]
