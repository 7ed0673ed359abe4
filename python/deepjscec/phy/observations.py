# SPDX-License-Identifier: GPL-3.0-or-later
"""Received carriers whose sent value is known, as flat lists: what channel and tracking are estimated
from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Observations:
    """Known carriers of one packet.

    Attributes:
        received: complex128[n].
        sent: complex128[n], unit energy; both divided by the noise's relative deviation where it is uneven.
        row: int64[n], ascending, which symbol of the packet (the two preamble symbols are rows 0 and 1).
        column: int64[n], which active carrier.
        times: float64[rows], first sample of each row's transform window, from the packet's start.
        columns: number of active carriers.
    """

    received: NDArray[np.complex128]
    sent: NDArray[np.complex128]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    times: NDArray[np.float64]
    columns: int

    @classmethod
    def gather(
        cls,
        grid: NDArray[np.complex128],
        times: NDArray[np.float64],
        sent: NDArray[np.complex128],
        known: NDArray[np.bool_],
    ) -> Observations:
        """From a packet's received ``grid`` and what was ``sent``, both complex128[rows, active_carriers], where it is
        ``known`` (bool of the same shape)."""
        row, column = np.nonzero(known)
        return cls(grid[known], sent[known], row, column, times, grid.shape[1])

    def whitened(self, carrier: NDArray[np.float64], symbol: NDArray[np.float64]) -> Observations:
        """The same with both sides divided, so that noise of relative variance ``carrier`` (float64[columns]) times
        ``symbol`` (float64[rows]) becomes even."""
        scale = 1.0 / np.sqrt(carrier[self.column] * symbol[self.row])
        return replace(self, received=self.received * scale, sent=self.sent * scale)

    def until(self, row: int) -> Observations:
        """The observations of the symbols before ``row``."""
        count = int(np.searchsorted(self.row, row))
        received, sent = self.received[:count], self.sent[:count]
        return Observations(received, sent, self.row[:count], self.column[:count], self.times[:row], self.columns)

    def sum_rows(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of float64[n] over each symbol, float64[rows]."""
        sums: NDArray[np.float64] = np.bincount(self.row, values, len(self.times)).astype(np.float64, copy=False)
        return sums

    def sum_columns(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of float64[n] over each carrier, float64[columns]."""
        sums: NDArray[np.float64] = np.bincount(self.column, values, self.columns).astype(np.float64, copy=False)
        return sums
