# SPDX-License-Identifier: GPL-3.0-or-later
"""Block error rate of any code of `ldpc.py`, from its measured distance in dB to the normal approximation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from .finite_length import normal_approximation
from .ldpc import MODULATIONS, LdpcCode

TABLE = Path(__file__).with_name("ldpc_gaps.json")  # by benchmarks/ldpc_bler.py
SNR_STEP_DB = 0.02  # capacities are kept, and worth looking up again
LARGEST_BLOCK_BITS, SMALL_GRAPH_BITS, SMALL_GRAPH_RATE = 8448, 3840, 0.25  # 38.212, 5.2.2 and 6.2.2


class BlockErrors:
    """Interpolates measured gaps over code rate and, as 1 / sqrt(symbols a block), over length.

    Outside of what was measured the nearest value holds.
    """

    def __init__(self, gaps: Sequence[Mapping[str, Any]]) -> None:
        """`gaps`: of each code `uses`, `modulation`, `rate` and `gap_db`; `ValueError` where a modulation has none."""
        self._gaps: dict[str, dict[int, tuple[np.ndarray, np.ndarray]]] = {}
        for modulation in MODULATIONS:
            mine = [item for item in gaps if item["modulation"] == modulation]
            if not mine:
                raise ValueError(f"no gap of {modulation} to the normal approximation was measured")
            self._gaps[modulation] = {
                uses: tuple(np.array(sorted((g["rate"], g["gap_db"]) for g in mine if g["uses"] == uses)).T)
                for uses in {item["uses"] for item in mine}
            }

    @classmethod
    @lru_cache(maxsize=1)
    def measured(cls) -> BlockErrors:
        """From the table that comes with the library."""
        return cls(json.loads(TABLE.read_text())["gaps"])

    def gap_db(self, uses: int, modulation: str, rate: float) -> float:
        """SNR in dB that a code block needs beyond the normal approximation."""
        curves = self._gaps[modulation]
        lengths = sorted(curves, reverse=True)  # rising 1 / sqrt
        values = [float(np.interp(rate, *curves[length])) for length in lengths]
        return float(np.interp(uses**-0.5, [length**-0.5 for length in lengths], values))

    def of_picture(self, code: LdpcCode, snr_db: float) -> float:
        """Probability that one of a picture's code blocks fails."""
        bits = 8 * code.payload_bytes
        largest = SMALL_GRAPH_BITS if code.rate <= SMALL_GRAPH_RATE else LARGEST_BLOCK_BITS
        count = -(-bits // largest)
        uses = code.uses // count
        shifted = SNR_STEP_DB * round((snr_db - self.gap_db(uses, code.modulation, code.rate)) / SNR_STEP_DB)
        block = normal_approximation(-(-bits // count), uses, MODULATIONS[code.modulation], shifted)
        return float(-np.expm1(count * np.log1p(-min(block, 1 - 1e-12))))
