# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver on a stream: cuts, gaps, ends, levels, and samples that are no numbers."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepjscec.phy import Profile, Receiver
from tests.phy.phy_signals import burst, channel, gaussian, receive

SMALL = Profile(max_payload_ofdm_symbols=4)


def three_packets(seed, profile=SMALL):
    """A stream of three packets, two of them back to back, and their headers."""
    rng = np.random.default_rng(seed)
    one, first, _ = burst(rng, 300, profile)
    two, second, _ = burst(rng, 200, profile)
    three, third, _ = burst(rng, 700, profile)
    stream = np.concatenate([one, two, np.zeros(777, np.complex64), three])
    return channel(rng, stream, 8, cfo_hz=3000.0), [first, second, third]


def in_chunks(stream, sizes, profile=SMALL):
    receiver, packets, first = Receiver(profile), [], 0
    for size in sizes:
        packets += receiver.process(stream[first : first + size])
        first += size
    packets += receiver.process(stream[first:]) + receiver.flush()
    return packets, receiver.stats


def assert_same(some, others):
    assert len(some) == len(others)
    for a, b in zip(some, others, strict=True):
        assert (a.header, a.start) == (b.header, b.start)
        assert np.max(np.abs(a.symbols - b.symbols)) <= 1e-5
        assert np.allclose(a.noise_var, b.noise_var, rtol=1e-5)
        assert a.snr_db == pytest.approx(b.snr_db, abs=1e-4) and a.cfo_hz == pytest.approx(b.cfo_hz, abs=1e-3)


@pytest.mark.parametrize("size", [1, 7, 32, 1000, 4096])
def test_chunked_equals_whole(size):
    stream, headers = three_packets(1)
    whole, stats = in_chunks(stream, [])
    assert [p.header for p in whole] == headers
    cut, cut_stats = in_chunks(stream, [size] * (len(stream) // size))
    assert_same(whole, cut)
    assert stats == cut_stats


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(0, 5000), max_size=12))
def test_any_cut_equals_whole(sizes):
    stream, headers = three_packets(2)
    whole, stats = in_chunks(stream, [])
    assert [p.header for p in whole] == headers
    cut, cut_stats = in_chunks(stream, sizes)
    assert_same(whole, cut)
    assert stats == cut_stats


def test_packets_back_to_back_are_all_received():
    rng = np.random.default_rng(3)
    parts = [burst(rng, int(rng.integers(1, 769)), SMALL) for _ in range(40)]
    found, stats = receive(channel(rng, np.concatenate([p[0] for p in parts]), 5, cfo_hz=-5000.0), SMALL)
    assert [p.header for p in found] == [p[1] for p in parts]
    assert stats["packets"] == stats["detected"] == 40
    starts = 500 + np.cumsum([0, *[len(p[0]) for p in parts[:-1]]])
    assert np.max(np.abs(np.array([p.start for p in found]) - starts)) <= 2


def test_packets_with_any_gap_are_all_received():
    rng = np.random.default_rng(4)
    headers, pieces = [], []
    for gap in (0, 1, 31, 33, 255, 256, 300, 575, 577, 1000, 2047, 5000):
        samples, header, _ = burst(rng, 192, SMALL)
        headers.append(header)
        pieces += [samples, np.zeros(gap, np.complex64)]
    found, _ = receive(channel(rng, np.concatenate(pieces), 6), SMALL)
    assert [p.header for p in found] == headers


def test_whole_packet_needs_no_flush():
    rng = np.random.default_rng(5)
    samples, header, _ = burst(rng, 768, SMALL)
    receiver = Receiver(SMALL)
    assert [p.header for p in receiver.process(samples)] == [header]
    assert receiver.flush() == []
    for size in (1, 300, 1024):
        receiver = Receiver(SMALL)
        found = [p for first in range(0, len(samples), size) for p in receiver.process(samples[first : first + size])]
        assert [p.header for p in found] == [header]


@pytest.mark.parametrize("kept", [700, 3000, 3200, 4000])
def test_cut_packet_counts_as_truncated(kept):
    rng = np.random.default_rng(6)
    samples, _, _ = burst(rng, 768, SMALL)
    receiver = Receiver(SMALL)
    assert receiver.process(channel(rng, samples, 20)[: 500 + kept]) == [] and receiver.flush() == []
    assert receiver.stats["truncated"] == receiver.stats["detected"] == 1
    assert receiver.stats["samples"] == 500 + kept


def test_receiver_goes_on_after_flush_with_running_indices():
    rng = np.random.default_rng(7)
    receiver = Receiver(SMALL)
    one, first, _ = burst(rng, 768, SMALL)
    two, second, _ = burst(rng, 768, SMALL)
    assert receiver.process(one[:4000]) + receiver.flush() == []
    found = receiver.process(np.concatenate([np.zeros(100, np.complex64), two])) + receiver.flush()
    assert [(p.header, p.start) for p in found] == [(second, 4100)]
    assert first != second


def test_every_detection_ends_in_one_counter():
    rng = np.random.default_rng(8)
    pieces = []
    for i in range(12):
        samples, _, _ = burst(rng, 192, SMALL)
        pieces += [samples[: int(rng.integers(600, len(samples)))] if i % 2 else samples, gaussian(rng, 300)]
    _, stats = receive(channel(rng, np.concatenate(pieces), 15), SMALL)
    assert stats["detected"] == sum(stats[k] for k in ("packets", "bad_header", "bad_length", "truncated"))
    assert stats["packets"] >= 6


def test_longer_payload_than_the_profile_allows_counts_as_bad_length():
    rng = np.random.default_rng(9)
    samples, _, _ = burst(rng, 11520)
    found, stats = receive(channel(rng, samples, 20), SMALL)
    assert found == [] and stats["bad_length"] == 1


@pytest.mark.parametrize("level", [1e-30, 1e-19, 1e-6, 1.0, 1e6, 1e30])
def test_any_input_level_works(level):
    rng = np.random.default_rng(10)
    samples, header, payload = burst(rng, 768, SMALL)
    found, _ = receive(channel(rng, samples, 20) * np.float32(level), SMALL)
    assert [p.header for p in found] == [header]
    assert np.mean(np.abs(found[0].symbols - payload) ** 2) == pytest.approx(0.01, rel=0.2)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -np.inf, 1e-45, 3.4e38, -3.4e38])
def test_constant_input_of_any_value_is_no_packet(value):
    receiver = Receiver(SMALL)
    stream = np.full(30_000, value + 1j * value, np.complex64)
    assert receiver.process(stream) + receiver.flush() == []
    assert receiver.stats["detected"] == 0
    assert receiver.stats["invalid_samples"] == (0 if np.isfinite(value) else 30_000)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_bit_pattern_is_survived(seed):
    rng = np.random.default_rng(seed)
    stream = np.frombuffer(rng.bytes(8 * 6000), np.complex64)
    receiver = Receiver(SMALL)
    assert receiver.process(stream) + receiver.flush() == []


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    damage=st.sampled_from(["zero", "nan", "huge", "loud", "faint", "random bits"]),
    level=st.sampled_from([1e-30, 1.0, 1e30]),
)
def test_any_damage_to_a_packet_is_survived(seed, damage, level):
    rng = np.random.default_rng(seed)
    samples, header, _ = burst(rng, int(rng.integers(1, 769)), SMALL)
    stream = np.concatenate([np.zeros(200, np.complex64), samples * np.float32(level), np.zeros(200, np.complex64)])
    first, last = sorted(rng.integers(0, len(stream), 2))
    stream[first:last] = {
        "zero": 0,
        "nan": np.nan,
        "huge": 3.4e38,
        "loud": stream[first:last] * np.float32(1e7),
        "faint": stream[first:last] * np.float32(1e-7),
        "random bits": np.frombuffer(rng.bytes(8 * int(last - first)), np.complex64),
    }[damage]
    found, stats = receive(stream, SMALL)
    assert stats["detected"] == sum(stats[k] for k in ("packets", "bad_header", "bad_length", "truncated"))
    for packet in found:
        assert packet.header == header
        assert np.isfinite(packet.symbols).all() and np.isfinite(packet.snr_db)
        assert (packet.noise_var > 0).all()


def test_packet_with_a_few_samples_that_are_no_numbers_is_received():
    rng = np.random.default_rng(11)
    samples, header, _ = burst(rng, 768, SMALL)
    air = channel(rng, samples, 20)
    air[rng.integers(0, len(air), 20)] = np.nan
    found, stats = receive(air, SMALL)
    assert [p.header for p in found] == [header]
    assert 0 < stats["invalid_samples"] <= 20


def test_clipped_packet_is_received():
    rng = np.random.default_rng(12)
    samples, header, _ = burst(rng, 768, SMALL)
    air = channel(rng, samples, 20)
    clipped = (np.clip(air.real, -1, 1) + 1j * np.clip(air.imag, -1, 1)).astype(np.complex64)
    found, _ = receive(clipped, SMALL)
    assert [p.header for p in found] == [header]


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(10),
        np.zeros(10, np.complex128),
        np.zeros((2, 5), np.complex64),
        [0j],
        None,
        np.complex64(1),
    ],
)
def test_wrong_input_is_an_error(samples):
    with pytest.raises(ValueError, match="samples"):
        Receiver().process(samples)


def test_memory_stays_flat():
    rng = np.random.default_rng(13)
    samples, _, _ = burst(rng, 768, SMALL)
    receiver = Receiver(SMALL)
    piece = np.concatenate([samples, gaussian(rng, 60_000) * np.float32(0.1)])
    receiver.process(piece)
    tracemalloc.start()
    for _ in range(3):
        receiver.process(piece)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(20):
        receiver.process(piece)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert receiver.stats["packets"] == 24
    assert grown < 100_000


@pytest.mark.parametrize(
    "profile",
    [
        Profile(fft_len=64, cp_len=8, active_carriers=48, pilot_carriers=4, header_bytes=16),
        Profile(fft_len=128, cp_len=16, active_carriers=100, pilot_carriers=10, sample_rate=2e6),
        Profile(fft_len=1024, cp_len=64, active_carriers=800, pilot_carriers=50, header_bytes=255),
        Profile(active_carriers=254, pilot_carriers=127),
    ],
)
def test_other_profiles_work(profile):
    rng = np.random.default_rng(14)
    samples, header, payload = burst(rng, 12 * profile.data_carriers + 1, profile)
    found, _ = receive(
        channel(rng, samples, 15, cfo_hz=0.7 * profile.carrier_spacing, sample_rate=profile.sample_rate),
        profile,
    )
    assert [p.header for p in found] == [header]
    assert 10 * np.log10(np.mean(np.abs(found[0].symbols - payload) ** 2)) < -14.4
    assert found[0].cfo_hz == pytest.approx(0.7 * profile.carrier_spacing, rel=0.01)
