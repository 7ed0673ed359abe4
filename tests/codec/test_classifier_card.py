# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards of models that name classes."""

import json
import shutil

import pytest

from deepjscec.codec import Codec, ModelCard, find_model


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(find_model("lite"), tmp_path / "model")
    return tmp_path / "model"


def change(folder, **values):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | values))


def test_classes_and_picture_are_read_and_name_the_model_on_the_air(folder):
    plain = ModelCard.load(folder)
    unit = plain.unit
    change(folder, classes=["cat", "dog"], picture=[unit, 2 * unit])
    card = ModelCard.load(folder)
    assert card.classes == ("cat", "dog") and card.picture == (unit, 2 * unit)
    change(folder, classes=["dog", "cat"], picture=[unit, 2 * unit])
    assert len({plain.model_hash, card.model_hash, ModelCard.load(folder).model_hash}) == 3


def test_a_decoder_that_draws_is_no_classifier(folder):
    unit = ModelCard.load(folder).unit
    change(folder, classes=["cat", "dog"], picture=[unit, unit])
    with pytest.raises(ValueError, match=r"outputs are \['image'\], not \['logits'\]"):
        Codec.load(folder).check()


@pytest.mark.parametrize(
    "values, message",
    [
        ({"classes": ["cat", "dog"]}, "'picture' is missing"),
        ({"classes": ["cat"], "picture": [32, 32]}, "two different names"),
        ({"classes": ["cat", "cat"], "picture": [32, 32]}, "two different names"),
        ({"classes": ["cat", 7], "picture": [32, 32]}, "two different names"),
        ({"classes": 7, "picture": [32, 32]}, "card"),
        ({"classes": ["cat", "dog"], "picture": [32]}, "multiples of"),
        ({"classes": ["cat", "dog"], "picture": [33, 32]}, "multiples of"),
        ({"classes": ["cat", "dog"], "picture": ["a", 32]}, "multiples of"),
        ({"classes": ["cat", "dog"], "picture": 32}, "card"),
    ],
)
def test_wrong_classes_are_named(folder, values, message):
    change(folder, **values)
    with pytest.raises(ValueError, match=message):
        ModelCard.load(folder)
