# SPDX-License-Identifier: GPL-3.0-or-later
"""The impairment matrix: what its blocks do, what it measures, and a few of its rows in short."""

import impairment_blocks as radio
import impairments
import numpy as np
import pytest
from gnuradio import gr
from impairment_bursts import Sender, make_batch
from impairment_case import PROFILE, Case
from impairment_cases import all_cases
from impairment_flow import ArraySink, ArraySource
from impairment_measures import FIGURES, flat_ideal, genie, packet_figures, summary
from impairment_table import HEADING, markdown, text_row

from deepjscec.phy import Packet, Transmitter

CASES = {case.name: case for case in all_cases()}


def through(samples, blocks):
    """complex64: what comes out of GNU Radio blocks in series."""
    flow = gr.top_block()
    source, sink = ArraySource(np.asarray(samples, np.complex64)), ArraySink()
    flow.connect(source, *blocks, sink)
    flow.run()
    return sink.samples()


def power(samples):
    return float(np.mean(np.abs(samples) ** 2))


@pytest.mark.parametrize(
    ("name", "loss_db"),
    [
        ("awgn-0db", 0.3),
        ("awgn-20db", 0.3),
        ("two-path-6db-20db", 0.5),
        ("epa-10hz-15db", 1.0),
        ("clock+20ppm", 0.5),
        ("phase-noise-1deg-100hz", 0.5),
        ("dc-10db", 0.5),
        ("12-bit", 0.5),
        ("eva-radio", 1.0),
    ],
)
def test_short_row(name, loss_db):
    case = CASES[name]
    row = impairments.measure(case, 10, PROFILE.max_payload_symbols, seed=1)
    assert row["received"] >= 9, row
    assert row["false_packets"] == 0
    # Fading moves the mean of half a second by some decibels, the noise source's pool its variance by a percent.
    assert abs(row["snr_db"] - case.snr_db) < (6 if case.group in ("Fading", "Together") else 0.3)
    assert -0.1 < row["combined_loss_db"] < loss_db
    assert 0.8 < row["combined_reported_over_true"] < 1.25
    assert 0.8 < row["weighted_reported_over_true"] < 1.25


def test_a_channel_that_destroys_everything_is_a_row_too():
    case = Case("nothing", "none", "no sample arrives", 10.0, front_end=lambda _: radio.clipping(0.0))
    row = impairments.measure(case, 2, 64, seed=1)
    assert row["received"] == 0 and row["rate_interval"][0] == 0
    assert "0/2" in text_row(row) and markdown({"rows": [row]}).count("\n") == 3


def test_payload_is_made_again_from_the_header_and_other_headers_are_false():
    sender = Sender(Transmitter(PROFILE), "x", 100, seed=1)
    header, payload = sender.packet(5)
    assert sender.number_of(header, sent=6) == 5
    assert sender.number_of(header, sent=5) is None, "not sent yet"
    assert sender.number_of(header[:-1] + b"?", sent=6) is None
    np.testing.assert_array_equal(sender.packet(5)[1], payload)
    assert not np.array_equal(Sender(Transmitter(PROFILE), "y", 100, seed=1).packet(5)[1], payload)


def test_bursts_begin_where_the_batch_says():
    sender = Sender(Transmitter(PROFILE), "x", 100, seed=1)
    batch = make_batch(sender, 0, 3, cfo_carriers=0.0)
    for index, start in enumerate(batch.starts):
        burst = sender.transmitter.modulate(*sender.packet(index))
        whole, fraction = divmod(start, 1)
        part = batch.samples[int(whole) - 50 : int(whole) + len(burst) + 50]
        turns = np.fft.fftfreq(len(part)) * (50 + fraction)
        late = np.fft.ifft(np.fft.fft(burst, len(part)) * np.exp(-2j * np.pi * turns))
        match = np.vdot(late, part) / np.sqrt(np.vdot(late, late).real * np.vdot(part, part).real)
        assert abs(match) > 0.9999


def test_genie_of_a_static_channel_is_its_formula():
    sender = Sender(Transmitter(PROFILE), "x", 2000, seed=1)
    batch = make_batch(sender, 0, 1, cfo_carriers=2.0)
    taps = np.zeros(21, complex)
    taps[[3, 20]] = 0.8, 0.6j
    clean = np.convolve(batch.samples, taps).astype(np.complex64)
    burst = sender.transmitter.modulate(*sender.packet(0))
    ideal = genie(PROFILE, burst, clean, batch.starts[0], batch.cfo_hz[0], (3.0, 20.0), noise_var=0.1)
    # The echo also carries the offset's phase of 17 samples earlier.
    echo = 0.6j * np.exp(-2j * np.pi * 17 * (PROFILE.carriers / 256 + batch.cfo_hz[0] / PROFILE.sample_rate))
    gain = np.abs(0.8 + echo) ** 2
    assert ideal.mse == pytest.approx(np.mean(0.1 / gain), rel=0.01)
    assert ideal.combined == pytest.approx(1 / np.mean(gain / (gain + 0.1)) - 1, rel=0.01)


def test_figures_of_a_packet_with_known_errors():
    rng = np.random.default_rng(0)
    payload = (rng.standard_normal((20000, 2)) @ [1, 1j] * np.sqrt(0.5)).astype(np.complex64)
    variance = np.where(np.arange(20000) % 2, 0.1, 1.0).astype(np.float32)
    error = rng.standard_normal((20000, 2)) @ [1, 1j] * np.sqrt(variance / 2)
    symbols = (payload + error).astype(np.complex64)
    symbols[:200], variance[:200] = 0, np.inf
    packet = Packet(b"", symbols, variance, 0.0, 0.0, 0)
    figures = np.array([packet_figures(packet, payload, flat_ideal(0.1))])
    row = summary(figures, rng)
    assert row["erased"] == 0.01
    for name in ("reported", "weighted_reported", "combined_reported"):
        assert row[f"{name}_over_true"] == pytest.approx(1, abs=0.03)
    assert row["true_over_reported"] == pytest.approx(1, abs=0.03)
    assert figures[0, FIGURES.index("mse")] == pytest.approx(0.55, rel=0.03)
    weight = 0.99 * np.mean([1 / 1.1, 1 / 2])
    assert figures[0, FIGURES.index("combined")] == pytest.approx(1 / weight - 1, rel=0.03)
    assert row["loss_db"] == pytest.approx(10 * np.log10(5.5), abs=0.2)


@pytest.mark.parametrize(
    ("blocks", "wanted"),
    [
        (lambda rng: [radio.white_noise(rng, 0.5)], 0.5),
        (lambda rng: radio.tone(rng, 1e5, 0.5), 0.5),
        (lambda rng: radio.narrow_band(rng, 1e5, 20e3, 0.5), 0.5),
        (lambda rng: radio.clicks(rng, 20, 2000, 50.0), 0.5),
        (lambda rng: radio.dc_offset(0.5 + 0.5j), 0.5),
    ],
    ids=["noise", "tone", "narrow band", "clicks", "dc"],
)
def test_what_is_added_has_the_power_asked_for(blocks, wanted):
    assert power(through(np.zeros(400_000), blocks(np.random.default_rng(1)))) == pytest.approx(wanted, rel=0.2)


def test_phase_noise_has_its_deviation_and_a_seed_of_its_own():
    rng = np.random.default_rng(1)
    first, second = (np.angle(through(np.ones(200_000), radio.phase_noise(rng, 3.0, 1600.0))) for _ in range(2))
    assert np.rad2deg(np.std(first)) == pytest.approx(3.0, rel=0.1)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


@pytest.mark.parametrize("frequency", [0.1, 0.4])
def test_clock_offset_shifts_a_tone_and_leaves_its_level_alone_up_to_the_band_edge(frequency):
    tone = through(np.exp(2j * np.pi * frequency * np.arange(100_000)), radio.clock_offset(50.0))[500:-500]
    assert np.ptp(np.abs(tone)) < 0.01
    measured = np.polyfit(np.arange(len(tone)), np.unwrap(np.angle(tone.astype(complex))), 1)[0] / (2 * np.pi)
    assert measured % 1 == pytest.approx(frequency * (1 + 50e-6), abs=1e-7)


def test_fading_has_unit_mean_power_and_paths_where_they_should_be():
    pulses = np.zeros(50_000)
    pulses[::100] = 1
    rng = np.random.default_rng(1)
    # Each call draws its paths anew: their mean over calls is the profile.
    runs = [through(pulses, radio.fading(rng, radio.EVA, 25.6, 1e3)).reshape(-1, 100) for _ in range(10)]
    profile = np.mean(np.abs(np.concatenate(runs)) ** 2, axis=0)
    assert profile.sum() == pytest.approx(1, abs=0.2)
    delays, powers = radio.scaled(radio.EVA, 25.6)
    assert profile @ np.arange(100) / profile.sum() == pytest.approx(radio.GUARD + powers @ delays, abs=0.7)


def test_converter_rounds_to_its_steps_and_clips():
    ramp = np.linspace(-1.2, 1.2, 50_000)
    out = through(ramp + 1j * ramp[::-1], radio.converter(12, 0.5))
    steps = out.real / (0.5 / 2048)
    assert np.abs(steps - np.round(steps)).max() < 1e-3
    assert steps.min() == pytest.approx(-2048) and steps.max() == pytest.approx(2047)
    assert len(np.unique(np.round(steps))) == 4096


def test_notch_removes_its_frequency_and_little_else():
    response = np.abs(np.fft.fft(through([1, *np.zeros(99_999)], radio.notch(np.random.default_rng(1), 1e5, 4e3)))) ** 2
    assert response.min() < 1e-3
    assert np.sum(response < 0.5) * 10 == pytest.approx(4e3, rel=0.05), "width in Hz, from bins of 10 Hz"


def test_erased_and_dropped_samples():
    gate = np.ones(1000, np.float32)
    gate[100:200] = 0
    np.testing.assert_array_equal(through(np.ones(1000), radio.erasures(gate)), gate)
    kept = through(np.arange(1000), radio.dropped(10, 100, 30)).real
    missing = np.setdiff1d(np.arange(1000), kept)
    assert len(missing) >= 90 and set(np.diff(missing)) == {1, 91}


def test_an_overflow_leaves_the_last_packet_of_a_batch_in():
    case = CASES["dropped-4"]
    sender = Sender(Transmitter(PROFILE), case.name, PROFILE.max_payload_symbols, seed=1)
    batch = make_batch(sender, 0, 3, case.cfo_carriers, case.tail)
    came = through(batch.samples, case.front_end(batch))
    assert len(came) > batch.starts[-1] + batch.packet_len


def test_names_are_unique_and_groups_stay_together():
    cases = all_cases()
    assert len({case.name for case in cases}) == len(cases)
    groups = [case.group for case in cases]
    assert groups == sorted(groups, key=groups.index)
    assert all(abs(case.snr_db) <= 25 and case.says for case in cases)


def test_markdown_has_a_cell_for_every_column():
    row = impairments.measure(CASES["awgn-10db"], 2, 64, seed=1)
    assert len(text_row(row)) == len(HEADING)
    lines = markdown({"rows": [row, row | {"group": "other"}]}).splitlines()
    assert len(lines) == 6
    assert len({line.count("|") - line.count("\\|") for line in lines}) == 1


@pytest.mark.parametrize(
    "arguments",
    [["--cases", "nix"], ["--packets", "0"], ["--payload", "0"], ["--json", "nowhere/x"], ["--table", "nowhere"]],
)
def test_bad_arguments_end_with_2(arguments):
    with pytest.raises(SystemExit) as stop:
        impairments.main(arguments)
    assert stop.value.code == 2
