# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated transmitter, path and receiver: gains, noise, saturation and a converter of 12 bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FrontEndSettings:
    """Figures of a small radio with a cable and 40 dB of attenuation between its ports.

    Attributes:
        path_db: from full scale at the transmitter's converter to full scale at the receiver's, with no gain at either.
        noise_dbfs: of the receiver in its whole bandwidth, with no gain; the gain raises it.
        tx_saturation_db: transmit gain at which the amplifier's output ends at full scale (Rapp's model, smoothness 2).
        bits: of the receiver's converter.
        dc: its offset, in full scale, after the gain.
        image: relative amplitude of the mirror image.
        cfo_hz: frequency offset of the receiver.
    """

    path_db: float = -50.0
    noise_dbfs: float = -95.0
    tx_saturation_db: float = 30.0
    bits: int = 12
    dc: complex = 0.002 - 0.001j
    image: complex = 0.004 + 0.002j
    cfo_hz: float = 350.0


RX_GAINS = (0.0, 76.0)  #: dB, as a USRP B200 has them
TX_GAINS = (0.0, 89.8)


class FrontEnd:
    """Turns samples for a transmitter into samples of a receiver; phase goes on from call to call.

    Args:
        sample_rate: Hz.
        rng: of the noise.
        settings: its figures.
    """

    def __init__(self, sample_rate: float, rng: np.random.Generator, settings: FrontEndSettings | None = None) -> None:
        self._settings = settings or FrontEndSettings()
        self._step = 2 * np.pi * self._settings.cfo_hz / sample_rate
        self._phase = 0.0
        self._rng = rng
        self.tx_gain = self.rx_gain = 0.0  #: dB

    def process(self, samples: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """complex64[n] in full scale to complex64[n] in full scale."""
        s, n = self._settings, len(samples)
        # Rapp (1991): the output of an amplifier that saturates, without a change of phase
        drive = samples * 10 ** ((self.tx_gain - s.tx_saturation_db) / 20)
        sent = drive / (1 + np.abs(drive) ** 4) ** 0.25
        phase = self._phase + self._step * np.arange(n)
        self._phase = float((self._phase + self._step * n) % (2 * np.pi))
        noise = self._rng.standard_normal((n, 2)).view(np.complex128)[:, 0] * np.sqrt(0.5)
        path = 10 ** ((s.tx_saturation_db + s.path_db) / 20)
        arrived = sent * path * np.exp(1j * phase) + noise * 10 ** (s.noise_dbfs / 20)
        amplified = arrived * 10 ** (self.rx_gain / 20)
        skewed = amplified + s.image * np.conj(amplified) + s.dc
        most = 1 << (s.bits - 1)
        parts = np.clip(np.round(np.stack([skewed.real, skewed.imag], axis=1) * most), -most, most - 1) / most
        return parts.astype(np.float32).view(np.complex64)[:, 0]
