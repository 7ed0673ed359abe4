# SPDX-License-Identifier: GPL-3.0-or-later
"""Linear MMSE estimate of a channel known to be no longer than the cyclic prefix.

A channel whose echoes lie anywhere in an interval of ``T`` samples, equally likely, has the correlation
``sinc(d T / fft_len)`` between carriers ``d`` apart (times a phase for the interval's middle).  The
eigenvectors of that matrix are discrete prolate sequences, and all but about ``T * active / fft_len``
eigenvalues vanish: the estimate works with these few numbers and leaves the noise of the others out.
(Edfors et al., "OFDM channel estimation by singular value decomposition", IEEE Trans. Commun. 46(7), 1998.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .magnitude import squared_magnitude
from .observations import Observations
from .profile import Profile
from .rotors import matched_by_column

#: Samples by which the delay interval is wider than the prefix, on each side: room for the pulse's fraction
#: of a sample and a drift of the clock within a packet.
SLACK = 1.0
#: Eigenvalues below this share of the largest are left out: 60 dB under the channel, far under any noise
#: here.
SMALLEST_EIGENVALUE = 1e-6
#: The prior is taken this much wider than the channel's power.  The exact prior has the least squared error
#: but shrinks the response by about a hundredth at 0 dB, which division by it turns into twice that in
#: noise: 0.19 dB of loss at 0 dB against 0.11 dB with 10 or more (40 packets of
#: `benchmarks/phy_performance.py` each).
PRIOR_EXCESS = 10.0


@dataclass(frozen=True)
class Channel:
    """Channel per active carrier.

    Attributes:
        response: complex128[active_carriers].
        error: float64[active_carriers], variance of the response's error.
        degrees: number of complex parameters the noise was fitted with (effective, as in ridge regression).
    """

    response: NDArray[np.complex128]
    error: NDArray[np.float64]
    degrees: float


class ChannelEstimator:
    """Estimator for one profile; holds the delay interval's basis.

    Attributes:
        basis: float64[active_carriers, rank], orthonormal, for delays counted from the interval's middle.
        power: float64[rank], prior variance of its coefficients for a mean power of 1 per carrier, widened.
        centre: complex128[active_carriers], what a delay to the interval's middle does to each carrier.
        width: the interval's width in samples.
    """

    def __init__(self, profile: Profile) -> None:
        k = profile.carriers
        self.width = width = profile.cp_len + 2 * SLACK
        values, vectors = np.linalg.eigh(np.sinc((k[:, None] - k) * width / profile.fft_len))
        keep = values > SMALLEST_EIGENVALUE * values[-1]
        self.basis = np.ascontiguousarray(vectors[:, keep])
        self.power = PRIOR_EXCESS * values[keep]
        self.centre = np.exp(-1j * np.pi * k * profile.cp_len / profile.fft_len)

    def fit(self, known: Observations, rotation: NDArray[np.complex128], noise: float) -> Channel:
        """Fit ``received = rotation * response * sent + noise``.

        Args:
            known: the observations.
            rotation: complex128[n], the tracked gain and phase of each observation, about 1 in magnitude.
            noise: variance of the noise per observation, positive.
        """
        model = rotation * known.sent
        matched, weight = matched_by_column(known.received, model, known.column, known.columns)
        # Mean power of the channel, by subtraction of the noise from the raw estimates' power.
        seen = weight > 0
        if not seen.any():  # nothing but silence
            return Channel(np.zeros_like(matched), np.ones_like(weight), 0.0)
        raw = squared_magnitude(matched[seen] / weight[seen])
        mean_power = max(float(np.mean(raw - noise / weight[seen])), 1e-2 * float(np.mean(raw)), 1e-30)

        basis = self.basis
        information = (basis.T * weight) @ basis / noise
        covariance = np.linalg.inv(information + np.diag(1.0 / (mean_power * self.power)))
        projected = basis.T @ (matched * np.conj(self.centre))
        response = self.centre * (basis @ (covariance @ projected)) / noise
        error = np.sum((basis @ covariance) * basis, axis=1)
        return Channel(response, error, float(np.sum(covariance * information)))
