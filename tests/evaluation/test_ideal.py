# SPDX-License-Identifier: GPL-3.0-or-later
"""The scheme of bits that all arrive, with a source coder made up for the test: pixels of fewer and fewer bits."""

from dataclasses import dataclass

import numpy as np
import pytest

from deepjscec.baseline.source import SOURCE_CODERS
from deepjscec.evaluation import ideal
from deepjscec.evaluation.cell import cells_of
from deepjscec.evaluation.configuration import load_experiment
from deepjscec.evaluation.measure import measure
from deepjscec.evaluation.picture_set import PictureSet, failed_picture
from deepjscec.evaluation.quality import psnr_db
from tests.evaluation.evaluation_setup import crops

CONFIGURATION = """
title = "Ideal"
rates = ["1/6"]
snr_db = [-5, 5, 15, 25]

[[pictures]]
name = "crops"
train = "train"

[[channel]]
kind = "awgn"

[[scheme]]
kind = "ideal"
name = "coarse"
source = "coarse"
gap_db = 1.5
"""


@dataclass(frozen=True)
class Coding:
    payload: bytes
    psnr_db: float


class CoarsePictures:
    """Mean colours of squares, whose side is the first byte; `variants` add bytes that tell nothing."""

    name, variants, identity = "coarse", ("padded", "tight"), "coarse 1"

    def ladder(self, images, variant):
        padding = bytes(20 if variant == "padded" else 0)
        found = []
        for image in images:
            payloads = [bytes([side]) + _means(image, side).tobytes() + padding for side in (32, 16, 8, 4)]
            pictures = self.decode(payloads, image.shape[:2], variant)
            found.append([Coding(p, psnr_db(image, q)) for p, q in zip(payloads, pictures, strict=True)])
        return found

    def decode(self, payloads, shape, variant):
        pictures = []
        for payload in payloads:
            side, grid = payload[0], (shape[0] // payload[0], shape[1] // payload[0], 3)
            means = np.frombuffer(payload[1 : 1 + np.prod(grid)], np.uint8).reshape(grid)
            pictures.append(means.repeat(side, 0).repeat(side, 1))
        return np.stack(pictures)


def _means(image, side):
    h, w = image.shape[:2]
    return np.rint(image.reshape(h // side, side, w // side, side, 3).mean((1, 3))).astype(np.uint8)


@pytest.fixture
def found(tmp_path, monkeypatch):
    from skimage import data

    monkeypatch.setitem(SOURCE_CODERS, "coarse", CoarsePictures)
    monkeypatch.setattr(ideal, "cached_coder", lambda name, cache: CoarsePictures())
    path = tmp_path / "ideal.toml"
    path.write_text(CONFIGURATION)
    pictures = PictureSet(list(crops([data.chelsea()], 12)))
    train = PictureSet(list(crops([data.coffee()], 20)))
    cells = cells_of(load_experiment(path))
    return pictures, train, {cell.snr_db: measure(cell, pictures, train) for cell in cells}


def test_each_picture_gets_the_best_coding_that_fits_the_capacity(found):
    pictures, _, results = found
    for snr_db, result in results.items():
        bits = np.floor(512 * np.log2(1 + 10 ** ((snr_db - 1.5) / 10)))
        # 8 bits for the side and 24 for each mean; the variant that wastes bits loses on the training pictures
        side = min(side for side in (32, 16, 8, 4) if 8 * (1 + 3 * (32 // side) ** 2) <= bits)
        expected = [psnr_db(p, _means(p, side).repeat(side, 0).repeat(side, 1)) for p in pictures.images]
        assert result["psnr_db"] == pytest.approx(expected)
        assert not any(result["failed"]) and result["channel_uses"] == pytest.approx(1 / 6)
        assert result["true_snr_db"] is None


def test_a_picture_that_no_coding_fits_is_the_mean_of_what_bob_knows(found, monkeypatch):
    pictures, train, _ = found
    monkeypatch.setattr(ideal.IdealSystem, "_bits", lambda self, shape: 8)
    system = object.__new__(ideal.IdealSystem)
    system._coder, system._train, system._variant, system.channel_uses = CoarsePictures(), train, "tight", 0
    system._rate = 0
    outcome = system.transmit(np.stack(pictures.images))
    assert outcome.failed.all()
    mean = np.rint(np.mean(train.images, axis=0)).astype(np.uint8)
    assert (outcome.pictures == mean).all()


def test_what_failed_is_the_mean_colour_for_other_sizes():
    train = PictureSet([np.full((32, 32, 3), 10, np.uint8), np.full((64, 32, 3), 20, np.uint8)])
    assert (failed_picture(train, (48, 40)) == 15).all()
