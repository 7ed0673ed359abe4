# SPDX-License-Identifier: GPL-3.0-or-later
"""Unequal shares of a codeword: the rule, the plan on the air, and pictures through both."""

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deepjscec.app.pictures import default_picture
from deepjscec.app.quality import psnr_db
from deepjscec.codec import Codec, find_model
from deepjscec.codec.plan import decode_plan, encode_plan, plan_blocks
from deepjscec.codec.shares import Shares, activity

BLOCK = 64


def received(symbols, snr_db, rng):
    variance = 10 ** (-snr_db / 10)
    noise = rng.standard_normal((2, symbols.size)) * np.sqrt(variance / 2)
    return (symbols + noise[0] + 1j * noise[1]).astype(np.complex64), np.full(symbols.size, variance, np.float32)


def test_activity_is_the_deviation_from_means_of_4_x_4_pixels():
    planes = np.random.default_rng(0).integers(0, 256, (2, 3, 128, 160), dtype=np.uint8)
    cells = planes.astype(float).reshape(2, 3, 32, 4, 40, 4)
    squares = ((cells - cells.mean((3, 5), keepdims=True)) ** 2).mean((3, 5))
    found = activity(planes, 64)
    assert found.shape == (2, 2, 3)
    np.testing.assert_allclose(found[:, :, :2], squares[:, :, :, :32].reshape(2, 3, 2, 16, 2, 16).mean((1, 3, 5)), 1e-4)
    np.testing.assert_allclose(found[:, :, 2], squares[:, :, :, 32:].reshape(2, 3, 2, 16, 8).mean((1, 3, 4)), 1e-4)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(4, 13),
    columns=st.integers(4, 13),
    levels=st.sampled_from([(1, 2, 4, 6), (1, 2, 4, 8), (3, 6, 12, 16)]),
    mean=st.integers(3, 16),
    seed=st.integers(0, 99),
)
def test_shares_use_the_blocks_there_are(rows, columns, levels, mean, seed):
    blocks = rows * columns * mean - 5
    assume(blocks >= rows * columns * levels[0])
    shares = Shares(rows, columns, 2, levels, blocks)
    energy = np.random.default_rng(seed).lognormal(4, 2, shares.tiles.shape)
    chosen = shares.choose(energy)
    sent = shares.spread(chosen)
    assert sent.shape == (rows, columns) and set(np.unique(sent)) <= set(levels)
    most = rows * columns * levels[-1]
    assert blocks - max(np.diff(levels)) < sent.sum() <= blocks or (sent.sum() == most <= blocks)


def test_busier_areas_never_send_less():
    shares = Shares(16, 24, 2, (1, 2, 4, 8), 16 * 24 * 4)
    energy = np.random.default_rng(3).lognormal(4, 2, shares.tiles.shape)
    levels = shares.choose(energy).ravel()[np.argsort(energy, axis=None)].astype(int)
    assert (np.diff(levels) >= 0).all() and levels[0] < levels[-1]


def test_more_than_there_is_cannot_be_spread():
    shares = Shares(8, 8, 2, (1, 2, 4, 8), 100)
    with pytest.raises(ValueError, match="512 blocks where there are 100"):
        shares.spread(np.full((4, 4), 3, np.uint8))


@pytest.mark.parametrize(("snr_db", "lost"), [(-5, 0), (-3, 0.1), (0, 0.3), (20, 0.4)])
@pytest.mark.parametrize("areas", [16, 96])
def test_a_plan_survives_what_pictures_do(areas, snr_db, lost):
    rng = np.random.default_rng(areas)
    for _ in range(20):
        levels = rng.integers(0, 4, areas).astype(np.uint8)
        plan = encode_plan(levels, BLOCK)
        assert plan.size == plan_blocks(areas, BLOCK) * BLOCK
        np.testing.assert_allclose(np.abs(plan), 1, rtol=1e-6)
        symbols, variance = received(plan, snr_db, rng)
        variance.reshape(-1, BLOCK)[rng.permutation(plan.size // BLOCK)[: math.ceil(lost * plan.size / BLOCK)]] = np.inf
        assert np.array_equal(decode_plan(symbols, variance, areas, BLOCK), levels)


def test_noise_and_silence_are_no_plan():
    rng = np.random.default_rng(1)
    size = plan_blocks(96, BLOCK) * BLOCK
    noise = (rng.standard_normal(size) + 1j * rng.standard_normal(size)).astype(np.complex64)
    assert decode_plan(noise, np.ones(size, np.float32), 96, BLOCK) is None
    assert decode_plan(noise[:0], np.ones(0, np.float32), 96, BLOCK) is None


def sharing_model(folder, **change):
    """The "photo" model with shares as given, whatever it ships with."""
    shutil.copytree(find_model("photo"), folder)
    card = json.loads((folder / "card.json").read_text())
    levels = {"1/24": [1, 2, 4, 6], "1/12": [1, 2, 4, 8], "1/6": [3, 6, 12, 16]}
    card["shares"] = {"area": 2, "levels": levels} | change
    (folder / "card.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def codec(tmp_path_factory):
    return Codec.load(sharing_model(tmp_path_factory.mktemp("models") / "photo"))


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(5)
    image = np.full((288, 400, 3), 90, np.uint8)
    image[:, 200:] = rng.integers(0, 256, (72, 50, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)[:288]
    image[100:200, 260:380] = rng.integers(0, 256, (100, 120, 3))
    return image


@pytest.mark.parametrize("rate", ["1/24", "1/12", "1/6"])
def test_codewords_have_the_length_and_the_energy_of_equal_shares(codec, picture, rate):
    codeword = codec.encode(picture, rate)
    assert codeword.size == codec.codeword_length(picture.shape[:2], rate)
    energy = (np.abs(codeword.astype(complex)) ** 2).reshape(-1, codec.block_size).sum(1)
    np.testing.assert_allclose(energy, codec.block_size, rtol=1e-5)


def test_a_batch_is_the_pictures_one_by_one(codec, picture):
    batch = np.stack([picture, picture[::-1], np.full_like(picture, 7)])
    codewords = codec.encode_batch(batch, "1/12")
    for image, codeword in zip(batch, codewords, strict=True):
        np.testing.assert_allclose(codec.encode(image, "1/12"), codeword, atol=2e-4)
    decoded = codec.decode_batch(codewords, np.full(codewords.shape, 0.01, np.float32), picture.shape[:2], "1/12")
    for i, codeword in enumerate(codewords):
        alone = codec.decode(codeword, 0.01, picture.shape[:2], "1/12").astype(int)
        assert np.abs(alone - decoded[i]).max() <= 1


def test_unequal_shares_beat_equal_ones_where_a_picture_is_busy_and_smooth(codec):
    image = default_picture()
    equal = Codec(replace(codec.card, share_levels=()))
    quality = {}
    for name, chosen in (("unequal", codec), ("equal", equal)):
        symbols, variance = received(chosen.encode(image, "1/24"), 10, np.random.default_rng(0))
        quality[name] = psnr_db(image, chosen.decode(symbols, variance, image.shape[:2], "1/24"))
    assert quality["unequal"] > quality["equal"] + 0.3


def test_a_lost_plan_costs_detail_but_not_the_picture(codec):
    image = default_picture()
    shape = image.shape[:2]
    codeword = codec.encode(image, "1/12")
    variance = np.full(codeword.size, 0.01, np.float32)
    whole = psnr_db(image, codec.decode(codeword, variance, shape, "1/12"))
    areas = codec.card.shares(shape, codec.rate_index("1/12")).tiles.size
    variance[: plan_blocks(areas, codec.block_size) * codec.block_size] = np.inf
    without = psnr_db(image, codec.decode(codeword, variance, shape, "1/12"))
    assert 20 < without < whole - 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"area": 0}, "area 0"),
        ({"levels": {"1/24": [1, 2, 4]}}, "4 rising"),
        ({"levels": {"1/24": [1, 2, 4, 4]}}, "4 rising"),
        ({"levels": {"1/24": [3, 4, 6, 8]}}, "lowest level"),
        ({"levels": {"1/5": [1, 2, 4, 6]}}, "not one of the rates"),
        ({"levels": {"1/24": [1, 2, 4, 99]}}, "99 tiers"),
        ({"levels": 3}, "card.json"),
    ],
)
def test_cards_with_wrong_shares_are_refused(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        Codec.load(sharing_model(tmp_path / "photo", **change))
