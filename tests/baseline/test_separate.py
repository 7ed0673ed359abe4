# SPDX-License-Identifier: GPL-3.0-or-later
"""The separate system as a whole, with a small coder of pictures in place of HEVC."""

from fractions import Fraction

import numpy as np
import pytest

from deepjscec.baseline.ldpc import ldpc_python
from deepjscec.baseline.modes import Mode, ModeTable
from deepjscec.baseline.separate import SeparateScheme, best_fit
from deepjscec.baseline.source import Rung, psnr_db

RATE, SHAPE, GREY = Fraction(1, 6), (32, 32), 128


@pytest.fixture(scope="module", autouse=True)
def environment():
    try:
        ldpc_python()
    except ValueError as error:
        pytest.skip(str(error))


class Mosaic:
    """A picture as its means over squares, at 1 ... 8 squares a side; a mark at the end keeps zeros inside."""

    name, variants, identity = "mosaic", ("plain",), "mosaic 1"

    def ladder(self, images, variant):
        steps = []
        for side in (1, 2, 4, 8):
            size = 32 // side
            means = images.reshape(-1, side, size, side, size, 3).mean(axis=(2, 4)).round().astype(np.uint8)
            payloads = [bytes([side]) + m.tobytes() + b"\x01" for m in means]
            quality = psnr_db(images, self.decode(payloads, SHAPE, variant))
            steps.append([Rung(p, float(q)) for p, q in zip(payloads, quality)])
        return [list(rungs) for rungs in zip(*steps)]

    def decode(self, payloads, shape, variant):
        pictures = []
        for payload in payloads:
            side = payload[0]
            if side not in (1, 2, 4, 8) or len(payload) != 2 + 3 * side**2 or payload[-1] != 1:
                raise ValueError("no mosaic")
            means = np.frombuffer(payload[1:-1], np.uint8).reshape(side, side, 3)
            pictures.append(means.repeat(32 // side, axis=0).repeat(32 // side, axis=1))
        return np.stack(pictures)


def mode(payload_bytes=100, modulation="16qam", tag_bytes=0, snr_db=10.0):
    return Mode("mosaic", 1024, str(RATE), False, snr_db, tag_bytes, "plain", modulation, payload_bytes, 0.0, 0.0)


def scheme(*modes, **options):
    return SeparateScheme(Mosaic(), ModeTable(modes), lambda shape: np.full((*shape, 3), GREY, np.uint8), **options)


def white_noise(snr_db, seen=None, seed=0):
    rng = np.random.default_rng(seed)

    def carry(symbols):
        if seen is not None:
            seen.append(symbols)
        variance = 10 ** (-snr_db / 10)
        noise = rng.standard_normal((*symbols.shape, 2)) @ [1, 1j] * np.sqrt(variance / 2)
        return (symbols + noise).astype(np.complex64), np.full(symbols.shape, variance, np.float32)

    return carry


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(5).integers(0, 256, (6, *SHAPE, 3), dtype=np.uint8)


def test_pictures_arrive_as_their_best_coding_that_fits(images):
    result = scheme(mode(100)).transmit(images, RATE, 10, white_noise(15))
    assert not result.failed.any()
    fitting = [rungs[2].payload for rungs in Mosaic().ladder(images, "plain")]  # of 50 bytes; the next has 194
    np.testing.assert_array_equal(result.pictures, Mosaic().decode(fitting, SHAPE, "plain"))


def test_below_the_design_snr_all_pictures_fail_and_look_as_expected(images):
    result = scheme(mode(200)).transmit(images, RATE, 10, white_noise(3))
    assert result.failed.all()
    assert (result.pictures == GREY).all()


def test_picture_with_no_coding_that_fits_fails_alone_and_is_sent_all_the_same(images):
    seen = []
    result = scheme(mode(4)).transmit(images, RATE, 10, white_noise(15, seen))
    assert result.failed.all()
    assert seen[0].shape == (6, 512)


def test_equal_pictures_are_sent_as_different_symbols_at_energy_1(images):
    seen = []
    same = np.repeat(images[:1], 40, axis=0)
    link = scheme(mode(200))
    link.transmit(same[:20], RATE, 10, white_noise(20, seen))
    link.transmit(same[20:], RATE, 10, white_noise(20, seen))
    symbols = np.concatenate(seen)
    assert len(np.unique(symbols, axis=0)) == 40
    assert np.mean(np.abs(symbols) ** 2) == pytest.approx(1, abs=0.01)


def test_tag_is_part_of_the_payload(images):
    tagged = scheme(mode(116, tag_bytes=16), tag_bytes=16).transmit(images, RATE, 10, white_noise(15))
    plain = scheme(mode(100)).transmit(images, RATE, 10, white_noise(15))
    assert not tagged.failed.any()
    np.testing.assert_array_equal(tagged.pictures, plain.pictures)


@pytest.mark.parametrize("tag_bytes", [0, 16])
def test_bits_that_decode_to_another_payload_fail(images, tag_bytes):
    link = scheme(mode(200, tag_bytes=tag_bytes), tag_bytes=tag_bytes)
    result = link.transmit(images, RATE, 10, lambda x: white_noise(20)(np.roll(x, 1, axis=0)))
    assert result.failed.all() and (result.pictures == GREY).all()


def test_lost_symbols_are_repaired_by_the_code(images):
    def carry(symbols):
        received, variance = white_noise(15)(symbols)
        received[:, 100:150], variance[:, 100:150] = 0, np.inf
        return received, variance

    assert not scheme(mode(100)).transmit(images, RATE, 10, carry).failed.any()


def test_payload_that_ends_in_a_zero_is_passed_over():
    rungs = [Rung(b"ab", 20.0), Rung(b"abc\0", 25.0), Rung(b"abcdefg", 30.0)]
    assert best_fit(rungs, 6) == b"ab"
    assert best_fit(rungs, 7) == b"abcdefg"
    assert best_fit(rungs, 1) == b""


def test_design_snr_without_a_mode_is_an_error(images):
    with pytest.raises(ValueError, match=r"no mode for mosaic, 1024 pixels, rate 1/6, 12\.5 dB"):
        scheme(mode()).transmit(images, RATE, 12.5, white_noise(20))
