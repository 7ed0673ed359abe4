# SPDX-License-Identifier: GPL-3.0-or-later
"""What an LWE parameter set is worth against lattice reduction, in the core-SVP model.

Core-SVP (Alkim, Ducas, Pöppelmann and Schwabe, Post-quantum key exchange: a new hope, USENIX Security 2016) counts one
call to a sieve in dimension beta, the block size of BKZ that succeeds: 2^(0.292 beta), or 2^(0.265 beta) with a quantum
computer. It leaves out memory, polynomial factors and the number of calls, and so errs on the side of the attacker;
newer dual attacks and models that count gates give other numbers. Checked against published block sizes in the tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

CLASSICAL = 0.292
QUANTUM = 0.265
_VECTORS = 0.2075  # log2 of the short vectors that one sieve gives, per dimension
_SMALLEST_BLOCK = 40  # below it BKZ behaves otherwise, and takes seconds


@dataclass(frozen=True)
class Attack:
    """`beta` the block size, `samples` those of its lattice, `bits` log2 of the cost."""

    beta: int
    samples: int
    dimension: int
    classical_bits: float
    quantum_bits: float


def root_hermite(beta: int) -> float:
    """delta of BKZ with blocks of `beta` (Chen, 2013)."""
    return ((math.pi * beta) ** (1 / beta) * beta / (2 * math.pi * math.e)) ** (1 / (2 * (beta - 1)))


def primal(n: int, q: int, sigma: float, samples: int) -> Attack:
    """The embedding attack on LWE with secret and errors of deviation `sigma`, given at most `samples` of them.

    It succeeds where sigma sqrt(beta) <= delta^(2 beta - d - 1) q^(m / d), d = n + m + 1: Alkim et al., confirmed by
    Albrecht, Göpfert, Virdia and Wunderer, Revisiting the expected cost of solving uSVP (ASIACRYPT 2017).
    """

    def margin(beta: int, m: int) -> float:
        d = n + m + 1
        shortest = (2 * beta - d - 1) * math.log(root_hermite(beta)) + m / d * math.log(q)
        return shortest - math.log(sigma * math.sqrt(beta))

    def best_samples(beta: int) -> int:
        # d that maximises -d ln delta - (n + 1) ln(q) / d
        m = round(math.sqrt((n + 1) * math.log(q) / math.log(root_hermite(beta)))) - n - 1
        return max(1, min(samples, m))

    low, high = _SMALLEST_BLOCK, 4 * n + 200
    while low < high:  # the margin rises with beta
        beta = (low + high) // 2
        low, high = (low, beta) if margin(beta, best_samples(beta)) >= 0 else (beta + 1, high)
    m = best_samples(low)
    return Attack(low, m, n + m + 1, CLASSICAL * low, QUANTUM * low)


def dual(n: int, q: int, sigma: float, samples: int) -> Attack:
    """The distinguishing attack with short vectors of the dual lattice, as Alkim et al. count it (section 6.4).

    One vector of length l distinguishes with exp(-2 pi^2 (l sigma / q)^2); 1 / its square many are needed, of which a
    sieve gives 2^(0.2075 beta) at once. The block size is the one of least classical cost.
    """
    best = None
    for beta in range(_SMALLEST_BLOCK, 4 * n + 200):
        delta = root_hermite(beta)
        d = max(n + 1, min(n + samples, round(math.sqrt(n * math.log(q) / math.log(delta)))))
        length = math.exp(d * math.log(delta) + n / d * math.log(q))
        needed = 2 * 2 * math.pi**2 * (length * sigma / q) ** 2 / math.log(2)
        repeats = max(0.0, needed - _VECTORS * beta)
        attack = Attack(beta, d - n, d, CLASSICAL * beta + repeats, QUANTUM * beta + repeats)
        if best is None or attack.classical_bits < best.classical_bits:
            best = attack
        elif CLASSICAL * beta > best.classical_bits:
            break
    assert best is not None  # the range is never empty
    return best
