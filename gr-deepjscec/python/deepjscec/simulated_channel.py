# SPDX-License-Identifier: GPL-3.0-or-later
"""Fading, frequency offset and noise, from GNU Radio's own channel blocks."""

from __future__ import annotations

import numpy as np
from gnuradio import blocks, channels, gr

from ._slack import add_slack

# impulse responses in samples, of unit energy
STATIC_TAPS: dict[str, tuple[complex, ...]] = {
    "awgn": (1.0,),
    "two-path": (0.8, 0, 0, 0, 0, 0, 0, 0.6j),  # notches every 1/7 of the sample rate, 17 dB deep
}
# 3GPP TS 36.101, tables B.2.1-2 and B.2.1-3: delays in ns, powers in dB; and the longest echo as a share of the prefix
FADING_PATHS: dict[str, tuple[tuple[int, ...], tuple[float, ...], float]] = {
    "epa": ((0, 30, 70, 90, 110, 190, 410), (0.0, -1.0, -2.0, -3.0, -8.0, -17.2, -20.8), 0.5),
    "eva": (
        (0, 30, 150, 310, 370, 710, 1090, 1730, 2510),
        (0.0, -1.5, -1.4, -3.6, -0.6, -9.1, -7.0, -12.0, -16.9),
        0.8,
    ),
}
CHANNELS = (*STATIC_TAPS, *FADING_PATHS)
# GNU Radio places a path between samples by a sinc, cut off at its first and last tap: so many samples of room
GUARD = 8
SINUSOIDS = 8  # for the fading of each path, as GNU Radio's documentation advises


class simulated_channel(gr.hier_block2):
    """A radio channel: `channel` by name, `frequency_offset` in Hz, white noise for `snr_db`, Es/N0 per payload symbol.

    `awgn` has one path and `two-path` two that stand still; `epa` and `eva` are Rayleigh fading, 3GPP's Extended
    Pedestrian A and Vehicular A profiles stretched to half and 0.8 of the cyclic prefix, with `doppler` in Hz. For
    these `snr_db` is the mean. The burst must arrive as it was made, with active carriers of unit energy. `sample_rate`
    in Hz, 0 for the profile's own.
    """

    def __init__(
        self,
        channel: str = "awgn",
        snr_db: float = 10.0,
        frequency_offset: float = 0.0,
        doppler: float = 10.0,
        profile: str = "default",
        seed: int = 0,
        sample_rate: float = 0.0,
    ) -> None:
        from deepjscec.phy import Profile

        signature = gr.io_signature(1, 1, gr.sizeof_gr_complex)
        gr.hier_block2.__init__(self, "DeepJSCEC Simulated Channel", signature, signature)
        if channel not in CHANNELS:
            raise ValueError(f"channel {channel!r} is none of {', '.join(CHANNELS)}")
        waveform = Profile.named(profile, sample_rate or None)
        if not (np.isfinite(snr_db) and np.isfinite(frequency_offset)):
            raise ValueError(f"snr_db {snr_db} and frequency_offset {frequency_offset} must be finite")
        if not 0 <= doppler <= waveform.sample_rate / 100:
            raise ValueError(f"doppler {doppler:g} Hz is not from 0 to a hundredth of the sample rate")
        self._sample_rate = waveform.sample_rate
        # Carriers have unit energy and transforms are unitary: noise of variance v per sample is v per payload symbol.
        self._model = channels.channel_model(
            noise_voltage=_amplitude(snr_db),
            frequency_offset=frequency_offset / self._sample_rate,
            epsilon=1.0,
            taps=STATIC_TAPS.get(channel, (1.0,)),
            noise_seed=abs(seed),
        )
        self._buffer = blocks.copy(gr.sizeof_gr_complex)
        add_slack(self._buffer)
        if channel in STATIC_TAPS:
            self.connect(self, self._model, self._buffer, self)
            return
        delays_ns, powers_db, share = FADING_PATHS[channel]
        longest = share * waveform.cp_len
        delays = np.array(delays_ns) * longest / delays_ns[-1]
        powers = 10 ** (np.array(powers_db) / 10)
        self._fading = channels.selective_fading_model(
            SINUSOIDS,
            doppler / self._sample_rate,
            False,
            0.0,
            abs(seed) % (1 << 24) * 64,  # paths take consecutive seeds
            delays + GUARD,
            np.sqrt(powers / powers.sum()),
            2 * GUARD + int(np.ceil(longest)) + 1,
        )
        self.connect(self, self._fading, self._model, self._buffer, self)

    def set_snr_db(self, snr_db: float) -> None:
        """Change the noise while running."""
        self._model.set_noise_voltage(_amplitude(snr_db))

    def set_frequency_offset(self, frequency_offset: float) -> None:
        """Change the frequency offset, Hz, while running."""
        self._model.set_frequency_offset(frequency_offset / self._sample_rate)


def _amplitude(snr_db: float) -> float:
    return float(10 ** (-snr_db / 20))
