# SPDX-License-Identifier: GPL-3.0-or-later
"""The codec through its public API, with the trained model that ships."""

import numpy as np
import pytest

from deepjscec.app.pictures import default_picture
from deepjscec.app.quality import psnr_db
from deepjscec.codec import Codec
from deepjscec.codec.pieces import pieces


@pytest.fixture(scope="module")
def codec():
    return Codec.load("photo")


def noisy(symbols, snr_db, rng):
    """White noise at Es/N0 `snr_db` per complex symbol."""
    deviation = np.sqrt(10 ** (-snr_db / 10) / 2)
    noise = rng.standard_normal((2, *symbols.shape)) * deviation
    return (symbols + noise[0] + 1j * noise[1]).astype(np.complex64)


def pictures():
    rng = np.random.default_rng(1)
    dot = np.zeros((64, 64, 3), np.uint8)
    dot[17, 33] = 255
    return {
        "natural": default_picture()[:128, :160],
        "black": np.zeros((64, 96, 3), np.uint8),
        "white": np.full((32, 32, 3), 255, np.uint8),
        "noise": rng.integers(0, 256, (50, 70, 3), dtype=np.uint8),
        "one pixel": dot,
        "saturated checkerboard": np.indices((64, 64)).sum(0)[..., None].repeat(3, 2).astype(np.uint8) % 2 * 255,
    }


@pytest.mark.parametrize("name", pictures())
@pytest.mark.parametrize("rate", ["1/12", "1/6"])
def test_every_block_has_the_energy_of_its_length(codec, name, rate):
    blocks = codec.encode(pictures()[name], rate).reshape(-1, codec.block_size)
    energy = np.sum(np.abs(blocks.astype(np.complex128)) ** 2, axis=1)
    np.testing.assert_allclose(energy, codec.block_size, rtol=1e-5)


def test_codeword_length_follows_the_rate_for_whole_tiles(codec):
    image = default_picture()[:128, :192]
    for rate in codec.rates:
        assert codec.encode(image, rate).size == 3 * 128 * 192 * rate == codec.codeword_length((128, 192), rate)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_truncated_codeword_still_decodes(codec, kept):
    image = default_picture()
    received = noisy(codec.encode(image, 1 / 6), 10, np.random.default_rng(7))
    blocks = received.reshape(-1, codec.block_size)
    short = blocks[: round(kept * len(blocks))].reshape(-1)
    whole = psnr_db(image, codec.decode(received, 0.1, image.shape[:2], 1 / 6))
    cut = psnr_db(image, codec.decode(short, 0.1, image.shape[:2], 1 / 6))
    assert 18 < cut < whole + 0.05
    erased = np.full(received.size, 0.1, np.float32)
    erased[short.size :] = np.inf
    same = codec.decode(received, erased, image.shape[:2], 1 / 6)
    np.testing.assert_array_equal(codec.decode(short, 0.1, image.shape[:2], 1 / 6), same)


def test_telling_the_encoder_an_snr_changes_its_code_alone(codec):
    image = default_picture()[:64, :64]
    told, untold = codec.encode(image, 1 / 6, snr_db=0), codec.encode(image, 1 / 6)
    assert told.shape == untold.shape
    assert not np.allclose(told, untold, atol=1e-3)
    np.testing.assert_array_equal(codec.encode(image, 1 / 6, snr_db=40), codec.encode(image, 1 / 6, snr_db=90))


@pytest.mark.parametrize("core", [1, 3])
def test_pictures_in_pieces_equal_whole_ones(codec, core, monkeypatch):
    image = default_picture()[:300, :400]
    sent = codec.encode(image, 1 / 6)
    received = noisy(sent, 10, np.random.default_rng(8))
    whole = codec.decode(received, 0.1, image.shape[:2], 1 / 6)
    monkeypatch.setattr("deepjscec.codec.codec.pieces", lambda *size: pieces(*size, core=core))
    np.testing.assert_allclose(codec.encode(image, 1 / 6), sent, atol=2e-4)
    assert np.abs(codec.decode(received, 0.1, image.shape[:2], 1 / 6).astype(int) - whole).max() <= 1


def test_pieces_cover_everything_once():
    covered = np.zeros((7, 11), int)
    for piece in pieces(7, 11, halo=2, core=3):
        covered[piece.core] += 1
        assert covered[piece.whole][piece.inner].shape == covered[piece.core].shape
    assert (covered == 1).all()


@pytest.mark.parametrize("shape", [(32, 32), (33, 47), (100, 61), (64, 250)])
def test_any_size_from_32_comes_back_in_its_size(codec, shape):
    image = default_picture()[: shape[0], : shape[1]]
    decoded = codec.decode(codec.encode(image, 1 / 6), 1e-3, shape, 1 / 6)
    assert decoded.shape == image.shape
    assert decoded.dtype == np.uint8
    assert psnr_db(image, decoded) > 22


def test_quality_rises_with_every_2_db_of_snr(codec):
    image = default_picture()
    rng = np.random.default_rng(2)
    sent = codec.encode(image, 1 / 6)
    quality = [
        psnr_db(image, codec.decode(noisy(sent, snr, rng), 10 ** (-snr / 10), image.shape[:2], 1 / 6))
        for snr in range(0, 21, 2)
    ]
    steps = np.diff(quality)
    assert (steps > 0).all()
    assert (steps < 2.5).all(), "a jump of more than 2.5 dB in 2 dB of SNR is a cliff"
    assert quality[5] > 28


def test_quality_stays_where_the_snr_is_better_than_any_in_training(codec):
    image = default_picture()[:256, :256]
    rng = np.random.default_rng(6)
    sent = codec.encode(image, 1 / 6)
    quality = [
        psnr_db(image, codec.decode(noisy(sent, snr, rng), 10 ** (-snr / 10), image.shape[:2], 1 / 6))
        for snr in (20, 30, 60, 100)
    ]
    assert (np.diff(quality) > -0.05).all()


def test_higher_rate_is_better(codec):
    image = default_picture()
    rng = np.random.default_rng(3)
    quality = [
        psnr_db(image, codec.decode(noisy(codec.encode(image, rate), 10, rng), 0.1, image.shape[:2], rate))
        for rate in codec.rates
    ]
    assert (np.diff(quality) > 0.3).all()


def test_knowing_the_noise_helps(codec):
    image = default_picture()
    received = noisy(codec.encode(image, 1 / 6), 0, np.random.default_rng(4))
    right = psnr_db(image, codec.decode(received, 1.0, image.shape[:2], 1 / 6))
    wrong = psnr_db(image, codec.decode(received, 1e-2, image.shape[:2], 1 / 6))
    assert right > wrong + 1


def test_losing_a_tenth_of_the_blocks_costs_less_than_3_db(codec):
    image = default_picture()
    rng = np.random.default_rng(5)
    received = noisy(codec.encode(image, 1 / 6), 10, rng)
    noise_var = np.full(received.size, 0.1, np.float32)
    whole = psnr_db(image, codec.decode(received, noise_var, image.shape[:2], 1 / 6))
    lost = np.repeat(rng.random(received.size // codec.block_size) < 0.1, codec.block_size)
    noise_var[lost] = np.inf
    received[lost] = np.nan  # what an erased symbol holds must not matter
    assert psnr_db(image, codec.decode(received, noise_var, image.shape[:2], 1 / 6)) > whole - 3


def test_nothing_received_still_decodes(codec):
    length = codec.codeword_length((64, 64), 1 / 6)
    decoded = codec.decode(np.zeros(length, np.complex64), np.inf, (64, 64), 1 / 6)
    assert decoded.shape == (64, 64, 3)


def test_batch_equals_one_by_one(codec):
    images = np.stack([default_picture()[i : i + 32, 2 * i : 2 * i + 32] for i in range(0, 96, 16)])
    symbols = codec.encode_batch(images, 1 / 6)
    one_by_one = np.stack([codec.encode(image, 1 / 6) for image in images])
    np.testing.assert_allclose(symbols, one_by_one, atol=1e-4)
    variance = np.full(symbols.shape, 0.1, np.float32)
    together = codec.decode_batch(symbols, variance, (32, 32), 1 / 6).astype(int)
    alone = np.stack([codec.decode(z, 0.1, (32, 32), 1 / 6) for z in symbols]).astype(int)
    assert np.abs(together - alone).max() <= 1


@pytest.mark.parametrize(
    ("image", "rate", "message"),
    [
        (np.zeros((31, 64, 3), np.uint8), 1 / 6, "64 x 31"),
        (np.zeros((64, 64), np.uint8), 1 / 6, "not \\[H, W, 3\\]"),
        (np.zeros((64, 64, 3), np.float32), 1 / 6, "float32"),
        (np.zeros((64, 64, 3), np.uint8), 1 / 7, "its rates"),
        (np.zeros((64, 64, 3), np.uint8), "x", "its rates"),
        (np.zeros((64, 64, 3), np.uint8), "1/0", "its rates"),
    ],
)
def test_wrong_pictures_and_rates_are_named(codec, image, rate, message):
    with pytest.raises(ValueError, match=message):
        codec.encode(image, rate)


def test_an_encoder_is_told_a_finite_snr_and_a_very_low_one_is_no_secret(codec):
    image = default_picture()[:64, :64]
    with pytest.raises(ValueError, match="nan"):
        codec.encode(image, 1 / 6, snr_db=float("nan"))
    np.testing.assert_array_equal(codec.encode(image, 1 / 6, snr_db=-200), codec.encode(image, 1 / 6, snr_db=-10))
    with pytest.raises(ValueError, match="no pictures"):
        codec.encode_batch(np.zeros((0, 64, 64, 3), np.uint8), 1 / 6)


def test_wrong_symbols_are_named(codec):
    length = codec.codeword_length((64, 64), 1 / 6)
    with pytest.raises(ValueError, match="which takes"):
        codec.decode(np.zeros(length - 1, np.complex64), 0.1, (64, 64), 1 / 6)
    for variance in (-0.1, np.nan):
        with pytest.raises(ValueError, match="noise_var"):
            codec.decode(np.zeros(length, np.complex64), variance, (64, 64), 1 / 6)
