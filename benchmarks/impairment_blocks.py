# SPDX-License-Identifier: GPL-3.0-or-later
"""GNU Radio's channel and impairment blocks, set up for this waveform and rid of their surprises.

Each function returns blocks to be connected in series.  What the comments say of GNU Radio's blocks was found in the
source of 3.10 and measured with 3.10.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gnuradio import analog, blocks, channels, filter, gr
from gnuradio.deepjscec.simulated_channel import FADING_PATHS, GUARD, SINUSOIDS
from numpy.typing import NDArray
from scipy.signal import firwin

SAMPLE_RATE = 1e6
EPA, EVA = (FADING_PATHS[name][:2] for name in ("epa", "eva"))
#: channel_model gives its input this many samples early: its resampler starts at the middle of its 8 taps.
CHANNEL_MODEL_ADVANCE = 3
#: Taps of the filters around a resampler, at twice the rate.
HALFBAND = firwin(64, 0.5, window=("kaiser", 7.0))
GATE = 1 << 19  #: samples after which the pattern of clicks is repeated


def seed_of(rng: np.random.Generator) -> int:
    """A seed for a GNU Radio block; far enough from others, as fading adds a path's index to its own."""
    return int(rng.integers(1, 1 << 24)) * 64


def scaled(profile: tuple[tuple[int, ...], tuple[float, ...]], longest: float) -> tuple[NDArray[np.float64], ...]:
    """Delays in samples, stretched so that the last is `longest`, and powers that add up to 1."""
    delays, powers = np.array(profile[0], float), 10 ** (np.array(profile[1]) / 10)
    return delays * longest / delays[-1], powers / powers.sum()


def rms_delay(delays: NDArray[np.float64], powers: NDArray[np.float64]) -> float:
    """Standard deviation of the delay, weighted with power."""
    mean = powers @ delays
    return float(np.sqrt(powers @ (delays - mean) ** 2))


def fading(
    rng: np.random.Generator, profile: tuple[tuple[int, ...], tuple[float, ...]], longest: float, doppler_hz: float
) -> list[Any]:
    """Rayleigh paths of one Doppler spread; the first path is `GUARD` samples late."""
    delays, powers = scaled(profile, longest)
    taps = 2 * GUARD + int(np.ceil(longest)) + 1
    return [
        channels.selective_fading_model(
            SINUSOIDS, doppler_hz / SAMPLE_RATE, False, 0.0, seed_of(rng), delays + GUARD, np.sqrt(powers), taps
        )
    ]


def white_noise(rng: np.random.Generator, variance: float) -> Any:
    """Noise of `variance` per complex sample, by `channel_model`.

    Its noise is drawn from a pool of 16384 values, whose variance is off by one percent: measure it.
    """
    return channels.channel_model(float(np.sqrt(variance)), 0.0, 1.0, [1.0], seed_of(rng))


def static_paths(taps: NDArray[np.complex128]) -> list[Any]:
    """A constant impulse response, early by `CHANNEL_MODEL_ADVANCE`."""
    return [channels.channel_model(0.0, 0.0, 1.0, list(taps), 0)]


def frequency_offset(hz: float) -> list[Any]:
    """A constant offset by `channel_model`."""
    return [channels.channel_model(0.0, hz / SAMPLE_RATE, 1.0, [1.0], 0)]


def frequency_drift(rng: np.random.Generator, step_hz: float, largest_hz: float) -> list[Any]:
    """Random walk of the frequency, `step_hz` standard deviation a sample, starting from 0."""
    return [channels.cfo_model(SAMPLE_RATE, step_hz, largest_hz, seed_of(rng))]


def clock_offset(ppm: float) -> list[Any]:
    """A constant offset of the sampling clock."""
    return _oversampled(channels.channel_model(0.0, 0.0, 1.0 + ppm * 1e-6, [1.0], 0))


def clock_drift(rng: np.random.Generator, step_ppm: float, largest_ppm: float) -> list[Any]:
    """Random walk of the sampling clock's offset, `step_ppm` standard deviation a sample, starting from 0."""
    hz = 2 * SAMPLE_RATE * 1e-6
    return _oversampled(channels.sro_model(2 * SAMPLE_RATE, step_ppm * hz / np.sqrt(2), largest_ppm * hz, seed_of(rng)))


def _oversampled(resampler: Any) -> list[Any]:
    """GNU Radio's interpolator is made for signals within a quarter of the sample rate: at 0.4 of it, where
    this waveform has carriers, it takes up to 3.1 dB, more or less as the fraction of the sample
    moves on.  At twice the rate the carriers lie within 0.203."""
    return [filter.interp_fir_filter_ccf(2, 2 * HALFBAND), resampler, filter.fir_filter_ccf(2, HALFBAND)]


def phase_noise(rng: np.random.Generator, degrees: float, corner_hz: float) -> list[Any]:
    """Gaussian phase of a locked oscillator: `degrees` rms, white up to `corner_hz`, falling behind it."""
    alpha = 1 - np.exp(-2 * np.pi * corner_hz / SAMPLE_RATE)
    magnitude = np.deg2rad(degrees) * np.sqrt((2 - alpha) / alpha)
    block = channels.phase_noise_gen(magnitude, alpha)
    _reseed(block, magnitude, rng)
    return [block]


def _reseed(generator: Any, magnitude: float, rng: np.random.Generator) -> None:
    """`phase_noise_gen` always takes the seed 42: another noise source is connected in its source's place."""
    pole = generator.filter_single_pole_iir_filter_xx_0
    generator.disconnect((generator.analog_noise_source_x_0, 0), (pole, 0))
    generator.analog_noise_source_x_0 = analog.noise_source_f(analog.GR_GAUSSIAN, magnitude, seed_of(rng))
    generator.connect((generator.analog_noise_source_x_0, 0), (pole, 0))


def iq_imbalance(decibels: float, degrees: float) -> list[Any]:
    """Of a receiver."""
    return [channels.iqbal_gen(decibels, degrees, 1)]


def impairments(rng: np.random.Generator, phase_db: float, **parameters: float) -> list[Any]:
    """The whole radio of `channels.impairments`.  Its phase noise cannot be turned off: 0 dB is 1 radian."""
    block = channels.impairments(phase_noise_mag=phase_db, **parameters)
    _reseed(block.phase_noise, 10 ** (phase_db / 20), rng)
    return [block]


def cubic(beta: float) -> list[Any]:
    """x + beta x |x|^2."""
    return [channels.distortion_3_gen(beta)]


def clipping(level: float) -> list[Any]:
    """Real and imaginary part held within plus and minus `level`."""
    return [_Parts(*([analog.rail_ff(-level, level)] for _ in range(2)))]


def converter(bits: int, full_scale: float) -> list[Any]:
    """Rounding to `bits`, real and imaginary part each, and clipping at `full_scale`.

    `channels.quantizer` clips nothing short of 16 bits, so it is kept in range.
    """
    largest = 1 - 2.0 ** (1 - bits)
    parts = ([analog.rail_ff(-1.0, largest), channels.quantizer(bits)] for _ in range(2))
    return [blocks.multiply_const_cc(1 / full_scale), _Parts(*parts), blocks.multiply_const_cc(full_scale)]


def dc_offset(value: complex) -> list[Any]:
    """A constant on top."""
    return [blocks.add_const_cc(value)]


def _within(rng: np.random.Generator, band_hz: float) -> float:
    return float(rng.uniform(-band_hz, band_hz))


def tone(rng: np.random.Generator, band_hz: float, power: float) -> list[Any]:
    """A carrier on top, anywhere from `-band_hz` to `band_hz`."""
    hz = _within(rng, band_hz)
    return [_Combined(blocks.add_cc(), analog.sig_source_c(SAMPLE_RATE, analog.GR_COS_WAVE, hz, np.sqrt(power)))]


def narrow_band(rng: np.random.Generator, band_hz: float, width_hz: float, power: float) -> list[Any]:
    """Gaussian noise of `width_hz` and of `power` in all on top, its middle anywhere in the band."""
    taps = firwin(512, width_hz / SAMPLE_RATE)
    noise = analog.noise_source_c(analog.GR_GAUSSIAN, np.sqrt(power / np.sum(taps**2)), seed_of(rng))
    shift = blocks.rotator_cc(2 * np.pi * _within(rng, band_hz) / SAMPLE_RATE)
    return [_Combined(blocks.add_cc(), noise, filter.fft_filter_ccf(1, taps), shift)]


def notch(rng: np.random.Generator, band_hz: float, width_hz: float) -> list[Any]:
    """A zero on the unit circle with a pole behind it, `width_hz` between the points 3 dB down, anywhere in the
    band."""
    zero = np.exp(2j * np.pi * _within(rng, band_hz) / SAMPLE_RATE)
    pole = (1 - np.pi * width_hz / SAMPLE_RATE) * zero
    return [filter.iir_filter_ccc([1.0, -zero], [1.0, pole], True)]


def clicks(rng: np.random.Generator, length: int, every: float, power: float) -> list[Any]:
    """Bursts of white noise, `length` samples of `power`, one in `every` samples in the mean (Poisson)."""
    gate = np.zeros(GATE, np.float32)
    for start in np.flatnonzero(rng.uniform(size=GATE) < 1 / every):
        gate[start : start + length] = 1.0
    noise = analog.noise_source_c(analog.GR_GAUSSIAN, np.sqrt(power), seed_of(rng))
    return [_Combined(blocks.add_cc(), noise, _Combined(blocks.multiply_cc(), blocks.vector_source_c(gate, True)))]


def erasures(gate: NDArray[np.float32]) -> list[Any]:
    """Samples times `gate`, one value for each; the stream ends with it."""
    return [_Combined(blocks.multiply_cc(), blocks.vector_source_c(gate))]


def dropped(count: int, every: int, offset: int) -> list[Any]:
    """`count` of every `every` samples missing, and nothing in their place."""
    return [blocks.keep_m_in_n(gr.sizeof_gr_complex, every - count, every, offset)]


class _Parts(gr.hier_block2):
    """Chains of real blocks, one on the real part and one on the imaginary part."""

    def __init__(self, real: list[Any], imaginary: list[Any]) -> None:
        signature = gr.io_signature(1, 1, gr.sizeof_gr_complex)
        gr.hier_block2.__init__(self, "parts", signature, signature)
        self._chains = (real, imaginary)
        self._split, self._join = blocks.complex_to_float(), blocks.float_to_complex()
        self.connect(self, self._split)
        for port, chain in enumerate(self._chains):
            self.connect((self._split, port), *chain, (self._join, port))
        self.connect(self._join, self)


class _Combined(gr.hier_block2):
    """The input and a chain that begins with a source, as the inputs of `operation`."""

    def __init__(self, operation: Any, *chain: Any) -> None:
        signature = gr.io_signature(1, 1, gr.sizeof_gr_complex)
        gr.hier_block2.__init__(self, "combined", signature, signature)
        self._operation, self._chain = operation, chain
        self.connect(self, operation, self)
        self.connect(*chain, (operation, 1))
