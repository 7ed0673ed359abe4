# SPDX-License-Identifier: GPL-3.0-or-later
"""Classifiers are measured by what they name; here one that is made of a picture model and tells bright from dark."""

import numpy as np
import pytest

from deepjscec.codec import Codec
from deepjscec.evaluation import learned
from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.configuration import Channel, Classifier, Pictures
from deepjscec.evaluation.measure import measure
from deepjscec.evaluation.picture_set import PictureSet, load_pictures
from deepjscec.evaluation.summary import row_of

CLASSES = ("dark", "bright")


class Brightness:
    """The model "cifar", which decodes, and then says how bright the picture is."""

    def __init__(self):
        self._codec = Codec.load("cifar", threads=1)
        self.classes = CLASSES

    def __getattr__(self, name):
        return getattr(self._codec, name)

    def classify_batch(self, symbols, noise_var, shape, rate):
        pictures = self._codec.decode_batch(symbols, noise_var, shape, rate)
        bright = pictures.mean((1, 2, 3)) / 255
        return np.stack([1 - bright, bright], axis=1).astype(np.float32)


@pytest.fixture
def measured(monkeypatch):
    codec = Brightness()
    monkeypatch.setattr(learned, "cached_codec", lambda model: codec)
    labels = np.arange(60) % 2
    rng = np.random.default_rng(0)
    images = (labels[:, None, None, None] * 120 + rng.integers(0, 100, (60, 32, 32, 3))).astype(np.uint8)
    pictures = PictureSet(list(images), labels.astype(np.uint8))

    def run(kind, receiver, cipher="isometric", repeats=1):
        cell = Cell(
            experiment="x",
            scheme=Classifier(name="classifier", model="cifar", receiver=receiver, cipher=cipher),
            rate="1/12",
            channel=Channel(kind=kind),
            snr_db=10.0,
            pictures=Pictures(name="x"),
            seed=0,
            repeats=repeats,
        )
        return row_of(cell, measure(cell, pictures))

    return run


@pytest.mark.parametrize("kind", ["awgn", "rayleigh", "waveform"])
def test_bob_knows_what_it_is_and_eve_guesses(measured, kind):
    bob, eve = measured(kind, "bob"), measured(kind, "eve")
    assert bob["accuracy"] > (0.9 if kind == "rayleigh" else 0.99)
    assert eve["accuracy_interval"][0] < 0.5 < eve["accuracy_interval"][1]
    assert 0.5 < bob["confidence"] <= 1 and "psnr_db" not in bob


def test_without_a_cipher_eve_knows_it_too(measured):
    assert measured("awgn", "eve", "none")["accuracy"] > 0.99


def test_repeats_are_averaged_picture_by_picture(measured):
    row = measured("rayleigh", "eve", repeats=4)
    assert row["count"] == 60 and 0 < row["accuracy"] < 1
    assert row["accuracy_interval"][0] < row["accuracy"] < row["accuracy_interval"][1]


def test_labels_come_with_the_pictures(folder):
    found = load_pictures(folder / "crops.npz", 7, tuple("abcdefghij"))
    assert found.labels.tolist() == [0, 1, 2, 3, 4, 5, 6] and len(found.images) == 7
    assert found.digest != load_pictures(folder / "crops.npz", 7).digest
