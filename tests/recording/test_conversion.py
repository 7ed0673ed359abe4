# SPDX-License-Identifier: GPL-3.0-or-later
"""Resampling and frequency shift in pieces equal those of the whole, and leave the signal as clean as it was."""

import itertools

import numpy as np
import pytest

from deepjscec.recording import FrequencyShift, Resampler, convert
from tests.recording.recording_setup import noise

RATES = [
    (2e6, 1e6),
    (2.4e6, 1e6),
    (2.048e6, 1e6),
    (1.92e6, 1e6),
    (30.72e6, 5e6),
    (0.9e6, 1e6),
    (1e6, 3e6),
    (1e6 / 3, 1e6),
]


def pieces(samples, sizes):
    """`samples` cut into pieces of `sizes`, over and over."""
    sizes, first = itertools.cycle(sizes), 0
    while first < len(samples):
        size = next(sizes)
        yield samples[first : first + size]
        first += size


def resampled(samples, from_rate, to_rate, sizes):
    resampler = Resampler(from_rate, to_rate)
    return np.concatenate([*map(resampler.process, pieces(samples, sizes)), resampler.flush()])


def tone(cycles, count):
    return np.exp(2j * np.pi * cycles * np.arange(count))


@pytest.mark.parametrize("from_rate, to_rate", RATES)
def test_resampling_in_pieces_is_resampling(from_rate, to_rate):
    samples = noise(np.random.default_rng(3), 150_001)
    whole = resampled(samples, from_rate, to_rate, [len(samples)])
    assert len(whole) == int(np.ceil(len(samples) * Resampler(from_rate, to_rate).ratio))
    for sizes in ([1000, 1, 70_000, 0], [65_536]):
        np.testing.assert_allclose(resampled(samples, from_rate, to_rate, sizes), whole, atol=1e-6)


@pytest.mark.parametrize("from_rate, to_rate", RATES)
@pytest.mark.parametrize("place", [0.0, -0.2, 0.407])
def test_tone_in_the_waveforms_band_keeps_level_and_phase(from_rate, to_rate, place):
    """0.407 of the sample rate is the waveform's outermost carrier, 104/256, and the least clean place."""
    cycles = place * min(from_rate, to_rate) / from_rate
    result = resampled(tone(cycles, 200_000).astype(np.complex64), from_rate, to_rate, [40_000])
    expected = tone(cycles / float(Resampler(from_rate, to_rate).ratio), len(result))
    edge = 400
    assert np.max(np.abs(result - expected)[edge:-edge]) < 10 ** (-70 / 20)


@pytest.mark.parametrize("from_rate, to_rate", [(2.4e6, 1e6), (30.72e6, 5e6)])
def test_what_would_fall_into_the_band_is_kept_out(from_rate, to_rate):
    cycles = (1 - 0.407) * to_rate / from_rate  # its alias is the outermost carrier
    result = resampled(tone(cycles, 200_000).astype(np.complex64), from_rate, to_rate, [40_000])
    assert np.max(np.abs(result[400:-400])) < 10 ** (-70 / 20)


def test_short_streams_have_their_length_too():
    for count in (0, 1, 5, 1000):
        samples = np.ones(count, np.complex64)
        assert len(resampled(samples, 2.4e6, 1e6, [3])) == -(-count * 5 // 12)


def test_rates_a_radios_clock_cannot_tell_apart_need_no_long_filter():
    assert Resampler(1_000_001, 1e6).ratio == 1


def test_absurd_rates_are_refused():
    with pytest.raises(ValueError, match=r"1e\+12 and 1 Hz"):
        Resampler(1e12, 1.0)


def test_shift_in_pieces_is_a_shift():
    samples = noise(np.random.default_rng(4), 100_000)
    shift = FrequencyShift(-123_456.7, 2e6)
    result = np.concatenate([shift.process(piece) for piece in pieces(samples, [1, 30_000, 7])])
    np.testing.assert_allclose(result, samples * tone(-123_456.7 / 2e6, len(samples)), atol=1e-5)


def test_nothing_asked_nothing_changed():
    chunks = [np.ones(3, np.complex64), np.zeros(2, np.complex64)]
    assert all(a is b for a, b in zip(convert(chunks, 1e6, to_rate=1e6), chunks, strict=True))
