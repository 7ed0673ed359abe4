# SPDX-License-Identifier: GPL-3.0-or-later
"""Model cards and names from anywhere: a model, or one line that says what is wrong."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepjscec.codec import ModelCard, find_model

PHOTO = json.loads((find_model("photo") / "card.json").read_text())
CARD = {key: PHOTO[key] for key in ("format", "name", "latent", "rates", "shares", "files")}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1/6", "1/0", "0/1", "-1/6", "1e99999999", "1_0/6", "٣/6", " 1/6", "\ud800", "a\nb", "NaN"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.just("1/6"), inner, max_size=3)
    ),
    max_leaves=6,
)
fuzzed = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def load(folder, text: str | bytes) -> ModelCard | None:
    """The card of that text, or None where it was refused as it should be."""
    path = folder / "card.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        card = ModelCard.load(folder)
    except ValueError as error:
        assert str(error).startswith(f"model card {path}: ")
        assert len(str(error).splitlines()) == 1
        return None
    assert len(card.model_hash) == 8
    for index, (rate, tiers) in enumerate(card.rates):
        assert 1 <= tiers <= card.tiers
        height, width = card.padded_shape((512, 768))
        assert card.codeword_length((512, 768), index) == rate * 3 * height * width
        card.shares((512, 768), index)
    return card


@st.composite
def changed_cards(draw) -> dict:
    """The card of a model with a value somewhere in it replaced, renamed or removed."""
    card = json.loads(json.dumps(CARD))
    for _ in range(draw(st.integers(1, 3))):
        place, key = card, draw(st.sampled_from(sorted(card)))
        while isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place = place[key]
            key = draw(st.sampled_from(sorted(place)))
        how = draw(st.sampled_from(["replace", "rename", "remove"])) if len(card) > 1 else "replace"
        value = place.pop(key)
        if how == "replace":
            place[key] = draw(VALUES)
        elif how == "rename":
            place[draw(st.text(max_size=6) | st.sampled_from(["1/3", "1e9999999", "base", "../x"]))] = value
    return card


def test_the_card_itself_is_read(tmp_path):
    assert load(tmp_path, json.dumps(CARD)).model_hash == ModelCard.load(find_model("photo")).model_hash


@fuzzed
@given(card=changed_cards())
def test_changed_cards_are_read_or_refused_in_one_line(tmp_path, card):
    load(tmp_path, json.dumps(card))


@fuzzed
@given(value=VALUES)
def test_any_json_is_refused_in_one_line(tmp_path, value):
    assert load(tmp_path, json.dumps(value)) is None


@fuzzed
@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_line(tmp_path, data):
    assert load(tmp_path, data) is None


def edited(**changes) -> str:
    return json.dumps({**CARD, **changes})


LATENT, FILES = CARD["latent"], CARD["files"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[" * 100_000, "nested too deeply"),
        (edited(rates={"1e999999999": 8}), "rate '1e999999999' is not"),  # would take `Fraction` for ever
        (edited(rates={"9" * 4000: 8}), "is not a number or a ratio"),
        (edited(rates={"1/6": 8, "2/12": 8}), "name a rate twice"),
        (edited(shares={"area": 2, "levels": {"a\nb": [1, 2, 3, 4]}}), r"rate 'a\\nb' is not"),
        (edited(shares={"area": True, "levels": {}}), "area True is not"),
        (edited(latent={**LATENT, "tile": True}), "tile True is not"),
        (edited(files={**FILES, "encoder.onnx": {"sha256": "\ud800" * 64}}), "64 hexadecimal digits"),
        (edited(files={**FILES, "encoder.onnx": {"sha256": "0" * 63}}), "64 hexadecimal digits"),
        (edited(files={**FILES, "encoder.onnx": {"sha256": ["0"] * 64}}), "64 hexadecimal digits"),
    ],
    ids=range(10),
)
def test_what_once_broke_the_card_is_refused(tmp_path, text, complaint):
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ValueError, match=complaint) as caught:
        ModelCard.load(tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_card_that_is_a_folder_is_refused(tmp_path):
    (tmp_path / "card.json").mkdir()
    with pytest.raises(ValueError, match=r"card\.json: Is a directory"):
        ModelCard.load(tmp_path)


@fuzzed
@given(name=st.text(max_size=300) | st.sampled_from(["", ".", "..", "/", "\0", "a" * 5000, "x/" * 3000, "photo\0"]))
def test_any_name_is_a_model_or_refused_in_one_line(name):
    try:
        found = find_model(name)
        assert (found / "card.json").is_file()
    except ValueError as error:
        assert "not found; known models" in str(error)
        assert len(str(error).splitlines()) == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a folder that may not be read")
def test_a_folder_that_may_not_be_read_holds_no_model(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(ValueError, match="not found"):
        find_model(tmp_path / "closed")
