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


def largest_block_bits(rate: float) -> int:
    """Information bits of the longest code block at a code rate."""
    return SMALL_GRAPH_BITS if rate <= SMALL_GRAPH_RATE else LARGEST_BLOCK_BITS


class BlockErrors:
    """Interpolates measured gaps over code rate in each series of codes, and between these over length.

    Over length as 1 / sqrt(symbols a block). Outside of what was measured the nearest value holds.
    """

    def __init__(self, gaps: Sequence[Mapping[str, Any]]) -> None:
        """`gaps`: of each code `series`, `uses`, `modulation`, `rate` and `gap_db`.

        `ValueError` where a modulation has none.
        """
        self._series: dict[str, list[np.ndarray]] = {}
        for modulation in MODULATIONS:
            mine = [item for item in gaps if item["modulation"] == modulation]
            if not mine:
                raise ValueError(f"no gap of {modulation} to the normal approximation was measured")
            self._series[modulation] = [
                np.array(sorted((g["rate"], g["uses"] ** -0.5, g["gap_db"]) for g in mine if g["series"] == series)).T
                for series in sorted({item["series"] for item in mine})
            ]

    @classmethod
    @lru_cache(maxsize=1)
    def measured(cls) -> BlockErrors:
        """From the table that comes with the library."""
        return cls(json.loads(TABLE.read_text())["gaps"])

    def gap_db(self, uses: int, modulation: str, rate: float) -> float:
        """SNR in dB that a code block needs beyond the normal approximation."""
        places = [[np.interp(rate, rates, values) for values in rest] for rates, *rest in self._series[modulation]]
        shortness, values = np.array(sorted(places)).T
        return float(np.interp(uses**-0.5, shortness, values))

    def of_picture(self, code: LdpcCode, snr_db: float) -> float:
        """Probability that one of a picture's code blocks fails."""
        bits = 8 * code.payload_bytes
        count = -(-bits // largest_block_bits(code.rate))
        uses = code.uses // count
        shifted = SNR_STEP_DB * round((snr_db - self.gap_db(uses, code.modulation, code.rate)) / SNR_STEP_DB)
        block = normal_approximation(-(-bits // count), uses, MODULATIONS[code.modulation], shifted)
        return float(-np.expm1(count * np.log1p(-min(block, 1 - 1e-12))))
