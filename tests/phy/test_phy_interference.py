# SPDX-License-Identifier: GPL-3.0-or-later
"""What else is in the samples: other services, faults of the receiver, gaps in the stream."""

import numpy as np
import pytest

from deepjscec.phy import Profile
from deepjscec.phy.blanking import blank_impulses
from deepjscec.phy.iq_balance import balance
from deepjscec.phy.noise_map import uneven_noise
from deepjscec.phy.observations import Observations
from deepjscec.phy.spurs import clip_spectrum, remove_spurs
from tests.phy.phy_signals import burst, channel, db, gaussian, receive

SNR_DB = 15.0
LEVEL = np.sqrt(208 / 256)  # root mean square of a burst


def with_fault(seed, fault, snr_db=SNR_DB, count=3840, packets=6):
    """Packets through ``fault(rng, stream)`` and noise: squared errors and reported variances, [packets, count]."""
    rng = np.random.default_rng(seed)
    errors, variances = [], []
    for _ in range(packets):
        samples, header, payload = burst(rng, count)
        stream = fault(rng, channel(rng, samples, before=700, after=2000, cfo_hz=rng.uniform(-7e3, 7e3)))
        stream = stream + gaussian(rng, len(stream)) * 10 ** (-snr_db / 20)
        found, _ = receive(stream.astype(np.complex64))
        assert [packet.header for packet in found] == [header]
        errors.append(np.abs(found[0].symbols - payload) ** 2)
        variances.append(found[0].noise_var)
    return np.array(errors), np.array(variances)


def sine(level_db):
    def add(rng, stream):
        turns = rng.uniform(-0.4, 0.4) * np.arange(len(stream)) + rng.uniform()
        return stream + LEVEL * 10 ** (level_db / 20) * np.exp(2j * np.pi * turns)

    return add


def narrow_band(level_db, width=0.02):
    """Noise ``width`` cycles per sample wide, its power relative to the burst's."""

    def add(rng, stream):
        spectrum = np.fft.fft(gaussian(rng, len(stream)))
        spectrum[np.abs(np.fft.fftfreq(len(stream))) > width / 2] = 0
        noise = np.fft.ifft(spectrum)
        noise *= LEVEL * 10 ** (level_db / 20) / np.sqrt(np.mean(np.abs(noise) ** 2))
        return stream + noise * np.exp(2j * np.pi * 0.15 * np.arange(len(stream)))

    return add


@pytest.mark.parametrize("level_db", [-20, -10, 0, 10])
def test_sine_in_the_band_is_taken_off(level_db):
    errors, variances = with_fault(1, sine(level_db))
    assert db(np.median(errors) / np.log(2)) < -SNR_DB + 0.7
    assert 0.9 < np.mean(errors / variances) < 1.1


@pytest.mark.parametrize("level_db", [-10, 0])
def test_narrow_band_interferer_costs_its_carriers_alone(level_db):
    errors, variances = with_fault(2, narrow_band(level_db))
    assert 0.85 < np.mean(errors / variances) < 1.15
    per_carrier = np.mean(variances.reshape(6, -1, 192), axis=(0, 1))
    assert np.max(per_carrier) > 10 * np.median(per_carrier)
    assert db(np.median(per_carrier)) < -SNR_DB + (1.0 if level_db < 0 else 5.0)


def test_dead_carriers_are_known_to_say_nothing():
    def notch(rng, stream):
        spectrum, frequency = np.fft.fft(stream), np.fft.fftfreq(len(stream))
        spectrum[np.abs(frequency - 40.3 / 256) < 1.5 / 256] = 0
        return np.fft.ifft(spectrum)

    rng = np.random.default_rng(3)
    samples, header, payload = burst(rng, 3840)
    stream = notch(rng, channel(rng, samples, SNR_DB)) + gaussian(rng, len(samples) + 1000) * 10 ** (-SNR_DB / 20)
    (packet,), _ = receive(stream.astype(np.complex64))
    assert packet.header == header
    cells = Profile().pilot_cells(29)[9:]
    carrier = np.tile(Profile().carriers, (20, 1))[~cells]
    assert np.all(packet.noise_var[carrier == 40] > 3)
    assert db(np.median(packet.noise_var)) < -SNR_DB + 3.5
    assert np.mean(np.abs(packet.symbols - payload) ** 2 / packet.noise_var) < 1.2


def test_impulses_are_blanked():
    def strike(rng, stream):
        stream = stream.copy()
        stream[rng.integers(4500, len(stream) - 2000, 5)] += 30 * np.exp(2j * np.pi * rng.uniform(size=5))
        return stream

    errors, variances = with_fault(4, strike)
    assert db(np.mean(errors)) < -SNR_DB + 0.4
    assert 0.9 < np.mean(errors / variances) < 1.1


def test_unbalanced_i_and_q_leave_no_image():
    def unbalance(rng, stream):
        image = 0.06 * np.exp(1j)  # 24 dB down
        return stream + image * np.conj(stream)

    errors, variances = with_fault(5, unbalance, snr_db=30, count=11520, packets=3)
    assert db(np.mean(errors)) < -28.5
    assert 0.9 < np.mean(errors / variances) < 1.1


def test_everything_a_cheap_receiver_does_at_once():
    def cheap(rng, stream):
        stream = stream + 0.1 * LEVEL + 0.04j * np.conj(stream)
        return sine(-15)(rng, np.round(stream * 200) / 200)

    errors, variances = with_fault(6, cheap, snr_db=20)
    assert db(np.median(errors) / np.log(2)) < -19.4
    assert 0.9 < np.mean(errors / variances) < 1.1


def test_zeroed_stretch_is_marked_and_costs_no_more_than_itself():
    def gap(rng, stream):
        stream = stream.copy()
        stream[5200:5800] = 0
        return stream

    errors, variances = with_fault(7, gap)
    lost = np.mean(variances > 1, axis=0)
    assert np.sum(lost > 0.5) >= 192  # one whole symbol lies in it
    sound = variances < 0.1
    assert np.mean(sound) > 0.75 and db(np.mean(errors[sound])) < -SNR_DB + 0.5


def two_packets(rng, cut, gap):
    """A packet cut off after ``cut`` samples, ``gap`` samples of nothing, and a whole one."""
    first, lost_header, _ = burst(rng, 11520)
    second, header, payload = burst(rng, 1920)
    air = np.concatenate([first[:cut], np.zeros(gap, np.complex64), second, np.zeros(25_000, np.complex64)])
    return channel(rng, air, SNR_DB), lost_header, header, payload


@pytest.mark.parametrize("cut", [3300, 6000, 15_000])
@pytest.mark.parametrize("gap", [0, 2000])
def test_packet_behind_a_transmission_broken_off_is_received(cut, gap):
    stream, lost_header, header, payload = two_packets(np.random.default_rng(cut + gap), cut, gap)
    found, _ = receive(stream)
    assert [packet.header for packet in found] == [lost_header, header]
    assert np.mean(np.abs(found[1].symbols - payload) ** 2) < 0.05
    # Nothing is pretended about what never came.
    rows = (cut - 576) // 288 - 9
    assert np.all(found[0].noise_var[(rows + 2) * 192 :] > 0.5)


def test_lost_samples_make_the_rest_of_a_packet_an_erasure():
    rng = np.random.default_rng(9)
    samples, header, payload = burst(rng, 11520)
    stream = np.delete(channel(rng, samples, SNR_DB, after=3000), slice(12_000, 12_500))
    (packet,), _ = receive(stream)
    assert packet.header == header
    rows = (12_000 - 500 - 576) // 288 - 9
    before = slice(0, (rows - 1) * 192)
    assert db(np.mean(np.abs(packet.symbols - payload)[before] ** 2)) < -SNR_DB + 0.5
    assert np.all(np.isinf(packet.noise_var[(rows + 3) * 192 :]))


def test_clean_samples_are_left_alone():
    rng = np.random.default_rng(10)
    for count in (300, 3168, 20_000):
        samples = gaussian(rng, count).astype(np.complex128)
        for repair in (remove_spurs, clip_spectrum, blank_impulses, balance):
            assert repair(samples) is samples


def test_sine_between_two_lines_goes_completely():
    n = np.arange(5000)
    for frequency in (0.1, 0.10009, -0.2345, 0.49):
        wave = 3 * np.exp(2j * np.pi * frequency * n)
        assert db(np.mean(np.abs(remove_spurs(wave)) ** 2)) < -80


def test_white_noise_stays_white():
    rng = np.random.default_rng(11)
    flagged = 0
    for _ in range(200):
        grid = gaussian(rng, 71 * 208).reshape(71, 208)
        known = Observations.gather(grid, 288.0 * np.arange(71), grid, np.ones(grid.shape, bool))
        carrier, symbol = uneven_noise(known, np.abs(grid.ravel()) ** 2)
        flagged += np.any(carrier > 1) or np.any(symbol > 1)
    assert flagged <= 2


def test_louder_carriers_and_symbols_are_told_apart():
    rng = np.random.default_rng(12)
    grid = gaussian(rng, 71 * 208).reshape(71, 208).astype(np.complex128)
    grid[:, 50] *= 10
    grid[30] *= 3
    known = Observations.gather(grid, 288.0 * np.arange(71), grid, np.ones(grid.shape, bool))
    carrier, symbol = uneven_noise(known, np.abs(grid.ravel()) ** 2)
    assert 60 < carrier[50] < 160 and 5 < symbol[30] < 14
    assert np.max(np.delete(carrier, 50)) < 1.5 and np.max(np.delete(symbol, 30)) < 1.5
