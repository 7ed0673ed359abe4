# SPDX-License-Identifier: GPL-3.0-or-later
"""What any code can do, what ours do, and the choice of modes."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from deepjscec.baseline.block_errors import BlockErrors
from deepjscec.baseline.finite_length import bicm_capacity, normal_approximation, required_snr_db
from deepjscec.baseline.ldpc import MODULATIONS, LdpcCode
from deepjscec.baseline.modes import Chooser, ModeTable, TrainingPicture
from deepjscec.baseline.source import Rung

RATE = Fraction(1, 6)
EQUAL = [
    {"series": "512", "uses": 512, "modulation": m, "rate": r, "gap_db": 0.5} for m in MODULATIONS for r in (0.2, 0.9)
]


def picture(pixels=1024, failed_db=15.0, **scale):
    """6 dB for each doubling of the bytes of a variant, times its scale."""
    sizes = np.unique(np.geomspace(8, 600, 80).astype(int))
    return TrainingPicture(
        pixels,
        {name: [Rung(bytes(n), 6 * np.log2(n * s)) for n in sizes] for name, s in scale.items()},
        failed_db,
    )


def test_capacity_of_qpsk_is_that_of_two_binary_channels():
    capacity, dispersion = bicm_capacity(2, 0.0)
    received = np.random.default_rng(0).normal(1, 1, 400_000)  # an axis at 0 dB: amplitude 1, deviation 1
    density = 1 - np.log2(1 + np.exp(-2 * received))
    assert capacity == pytest.approx(2 * density.mean(), abs=0.01)
    assert dispersion == pytest.approx(2 * density.var(), abs=0.02)


@pytest.mark.parametrize("bits", MODULATIONS.values())
def test_capacity_is_below_shannons_and_reaches_the_bits_of_a_symbol(bits):
    for snr_db in (-5.0, 0.0, 10.0, 20.0):
        assert 0 < bicm_capacity(bits, snr_db)[0] < np.log2(1 + 10 ** (snr_db / 10))
    capacity, dispersion = bicm_capacity(bits, 40.0)
    assert capacity == pytest.approx(bits, abs=1e-3) and dispersion < 0.01


def test_required_snr_inverts_the_normal_approximation():
    snr_db = required_snr_db(1000, 512, 4, 0.01)
    assert normal_approximation(1000, 512, 4, snr_db) == pytest.approx(0.01, rel=0.02)


def test_gaps_are_interpolated_over_rate_and_length():
    table = [
        {**g, "series": str(u), "uses": u, "gap_db": 0.2 + g["rate"] + 16 / u**0.5} for g in EQUAL for u in (256, 1024)
    ]
    errors = BlockErrors(table)
    assert errors.gap_db(256, "16qam", 0.55) == pytest.approx(0.2 + 0.55 + 1)
    assert errors.gap_db(512, "16qam", 0.55) == pytest.approx(0.2 + 0.55 + 16 / 512**0.5)
    assert errors.gap_db(10**6, "16qam", 0.05) == pytest.approx(0.2 + 0.2 + 0.5)  # as the nearest measured
    with pytest.raises(ValueError, match="no gap of 256qam"):
        BlockErrors(table[:12])


def test_a_series_may_have_another_length_at_each_rate():
    codes = [("512", 0.2, 512, 1.0), ("512", 0.8, 512, 1.0), ("full", 0.2, 2048, 0.6), ("full", 0.8, 8192, 0.4)]
    keys = ("series", "rate", "uses", "gap_db")
    errors = BlockErrors([dict(zip(keys, code), modulation=m) for m in MODULATIONS for code in codes])
    assert errors.gap_db(2048, "qpsk", 0.2) == pytest.approx(0.6)
    assert errors.gap_db(8192, "qpsk", 0.8) == pytest.approx(0.4)
    shortness = (2048**-0.5 + 8192**-0.5) / 2  # of a full code half way between them
    assert errors.gap_db(round(shortness**-2), "qpsk", 0.5) == pytest.approx(0.5, abs=1e-3)
    halfway = ((2048**-0.5 + 512**-0.5) / 2) ** -2
    assert errors.gap_db(round(halfway), "qpsk", 0.2) == pytest.approx(0.8, abs=1e-3)


def test_of_several_blocks_each_must_arrive():
    errors = BlockErrors(EQUAL)
    one, eight = LdpcCode(4000, "16qam", 1000), LdpcCode(32000, "16qam", 8000)
    snr_db = 0.6 + required_snr_db(8000, 4000, 4, 0.01)
    p = errors.of_picture(one, snr_db)
    assert 0 < p < 0.1
    assert errors.of_picture(eight, snr_db) == pytest.approx(1 - (1 - p) ** 8, rel=0.02)


def test_chosen_mode_is_better_than_its_neighbours_failures_counted():
    errors = BlockErrors(EQUAL)
    pictures = [picture(a=1.0), picture(a=1.2)]
    mode = Chooser("any", pictures, errors).choose(1024, RATE, 10.0)
    assert mode.modulation == "16qam" and 1e-4 < mode.bler < 0.1

    def expected(modulation, payload_bytes):
        bler = errors.of_picture(LdpcCode(512, modulation, payload_bytes), 10.0)
        return (1 - bler) * np.mean([p.psnr_db("a", payload_bytes) for p in pictures]) + bler * 15.0

    assert mode.psnr_db == pytest.approx(expected(mode.modulation, mode.payload_bytes))
    for modulation, step in (("16qam", 0.95), ("16qam", 1.05), ("64qam", 1), ("qpsk", 118 / mode.payload_bytes)):
        assert mode.psnr_db > expected(modulation, int(mode.payload_bytes * step))


def test_better_variant_is_taken_and_a_tag_is_paid_for():
    chooser = Chooser("any", [picture(a=1.0, b=1.3)], BlockErrors(EQUAL))
    plain, tagged = (chooser.choose(1024, RATE, 10.0, tag_bytes=n) for n in (0, 16))
    assert plain.variant == tagged.variant == "b"
    assert tagged.psnr_db < plain.psnr_db


def test_higher_snr_carries_more_and_fading_is_met_with_less():
    chooser = Chooser("any", [picture(a=1.0)], BlockErrors(EQUAL))
    modes = [chooser.choose(1024, RATE, snr_db) for snr_db in (-5.0, 0.0, 10.0, 20.0)]
    assert [m.payload_bytes for m in modes] == sorted({m.payload_bytes for m in modes})
    assert modes[-1].modulation == "256qam"
    faded = chooser.choose(1024, RATE, 20.0, fading=True)
    assert faded.payload_bytes < modes[-1].payload_bytes and faded.bler > modes[-1].bler


def test_pictures_of_another_size_count_in_proportion():
    errors, large = BlockErrors(EQUAL), picture(pixels=2048, a=0.5)
    assert Chooser("any", [large], errors).choose(1024, RATE, 10.0).psnr_db == pytest.approx(
        Chooser("any", [picture(a=1.0)], errors).choose(1024, RATE, 10.0).psnr_db, abs=0.3
    )


def test_table_survives_a_file_and_says_what_it_lacks(tmp_path):
    mode = Chooser("any", [picture(a=1.0)], BlockErrors(EQUAL)).choose(1024, RATE, 10.0)
    ModeTable([mode, replace(mode, fading=True, payload_bytes=50)]).save(tmp_path / "modes.json")
    table = ModeTable.load(tmp_path / "modes.json")
    assert table.find("any", 1024, RATE, 10) == mode
    assert table.find("any", 1024, RATE, 10, fading=True).payload_bytes == 50
    with pytest.raises(ValueError, match=r"no mode for any, 1024 pixels, rate 1/6, 11 dB, tag of 0 bytes"):
        table.find("any", 1024, RATE, 11)
    (tmp_path / "modes.json").write_text('{"modes": [{}]}')
    with pytest.raises(ValueError, match="no table of modes"):
        ModeTable.load(tmp_path / "modes.json")


def test_no_training_picture_is_an_error():
    with pytest.raises(ValueError, match="training pictures"):
        Chooser("any", [], BlockErrors(EQUAL))
