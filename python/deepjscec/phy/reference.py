# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a packet is known: the preamble, all pilots, and the header once it is read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import header_code
from .observations import Observations
from .preamble import pilots, preamble_carriers
from .profile import Profile

PREAMBLE_ROWS = 2


def reference(
    profile: Profile,
    grid: NDArray[np.complex128],
    windows: NDArray[np.int64],
    header: bytes | None = None,
    payload_symbols: int = 0,
) -> Observations:
    """Observations of the known carriers.

    Args:
        grid: complex128[rows, active_carriers], the received carriers from the preamble's two symbols on.
        windows: int64[rows], first sample of each row's transform window, from the packet's start.
        header: the header's bytes, None as long as they are not known; ``payload_symbols`` goes with them.
    """
    rows = len(grid) - PREAMBLE_ROWS
    sent = np.empty(grid.shape, np.complex128)
    known = np.ones(grid.shape, np.bool_)
    sent[:PREAMBLE_ROWS] = preamble_carriers(profile)
    cells = profile.pilot_cells(rows)
    sent[PREAMBLE_ROWS:][cells] = pilots(profile)[:rows].ravel()
    if header is not None:
        end = profile.header_ofdm_symbols
        coded = header_code.encode(profile, header, payload_symbols)
        sent[PREAMBLE_ROWS:][:end][~cells[:end]] = coded.ravel()
        cells[:end] = True
    known[PREAMBLE_ROWS:] = cells
    return Observations.gather(grid, windows.astype(np.float64), sent, known)
