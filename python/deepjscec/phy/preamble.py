# SPDX-License-Identifier: GPL-3.0-or-later
"""The known part of a packet: two equal full-band symbols behind a double prefix, and the comb pilots.

Repetition with lag ``fft_len`` gives detection and the fraction of the frequency offset (Schmidl and Cox,
"Robust frequency and timing synchronization for OFDM", IEEE Trans. Commun. 45(12), 1997).  The carriers are
pseudo-random and not a Zadoff-Chu chirp, because a chirp takes a frequency offset for a delay.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import ofdm
from .profile import Profile
from .sequences import PILOT_SEED, PREAMBLE_SEED, prbs15, qpsk


@lru_cache(maxsize=16)
def preamble_carriers(profile: Profile) -> NDArray[np.complex128]:
    """Unit-energy QPSK on every active carrier, complex128[active_carriers], the same in both symbols."""
    return qpsk(prbs15(PREAMBLE_SEED, 2 * profile.active_carriers))


@lru_cache(maxsize=16)
def preamble_samples(profile: Profile) -> NDArray[np.complex128]:
    """complex128[preamble_len], as receivers know it."""
    return repeated_body(profile, preamble_carriers(profile))


def repeated_body(profile: Profile, carriers: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """complex128[preamble_len] from complex128[active_carriers]: the last ``2 cp_len`` samples of the body, then
    the body twice."""
    body = ofdm.to_samples(profile, carriers[None])[0]
    return np.concatenate([body[-2 * profile.cp_len :], body, body])


@lru_cache(maxsize=16)
def pilots(profile: Profile) -> NDArray[np.complex128]:
    """complex128[header + most payload symbols, pilot_carriers]: unit-energy QPSK, row by row from one
    sequence."""
    rows = profile.header_ofdm_symbols + profile.max_payload_ofdm_symbols
    bits = prbs15(PILOT_SEED, 2 * rows * profile.pilot_carriers)
    return qpsk(bits).reshape(rows, profile.pilot_carriers)
