# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a packet is known: the preamble, all pilots, and the header once it is read."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import header_code
from .observations import Observations
from .preamble import pilots, preamble_carriers
from .profile import Profile

PREAMBLE_ROWS = 2


@lru_cache(maxsize=128)
def _without_header(profile: Profile, rows: int) -> tuple[NDArray[np.complex128], NDArray[np.bool_]]:
    """What is sent, and where it is known: preamble and the pilots of ``rows`` later symbols."""
    shape = PREAMBLE_ROWS + rows, profile.active_carriers
    sent, known = np.zeros(shape, np.complex128), np.ones(shape, np.bool_)
    sent[:PREAMBLE_ROWS] = preamble_carriers(profile)
    known[PREAMBLE_ROWS:] = profile.pilot_cells(rows)
    sent[PREAMBLE_ROWS:][known[PREAMBLE_ROWS:]] = pilots(profile)[:rows].ravel()
    return sent, known


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
    sent, known = _without_header(profile, len(grid) - PREAMBLE_ROWS)
    if header is not None:
        sent, known = sent.copy(), known.copy()
        rows = slice(PREAMBLE_ROWS, PREAMBLE_ROWS + profile.header_ofdm_symbols)
        sent[rows][~known[rows]] = header_code.encode(profile, header, payload_symbols).ravel()
        known[rows] = True
    return Observations.gather(grid, windows.astype(np.float64), sent, known)
