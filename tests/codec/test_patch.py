# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that are a patch of another: one encoder for both, every byte verified."""

import hashlib
import json
import lzma
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepjscec.codec import Codec, ModelCard, find_model
from deepjscec.codec.patch import apply_patch, make_patch


@pytest.fixture
def tuned(tmp_path):
    """A model folder whose decoder differs from that of a copy of `lite` beside it in some bytes of its weights."""
    base = shutil.copytree(find_model("lite"), tmp_path / "base")
    old = (base / "decoder.onnx").read_bytes()
    new = bytearray(old)
    new[len(new) // 2 : len(new) // 2 + 1000 : 2] = bytes(500)  # lower bytes of float16
    folder = tmp_path / "tuned"
    folder.mkdir()
    (folder / "decoder.patch").write_bytes(make_patch(old, bytes(new)))
    digest = hashlib.sha256(new).hexdigest()
    write(folder, {"format": 2, "name": "tuned", "base": "base", "files": {"decoder.onnx": {"sha256": digest}}})
    return folder


def write(folder, card):
    (folder / "card.json").write_text(json.dumps(card))


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=300), st.randoms(use_true_random=False))
def test_a_patch_turns_the_old_file_into_the_new(old, random):
    new = bytes(byte if random.random() < 0.8 else random.randrange(256) for byte in old)
    assert apply_patch(old, make_patch(old, new)) == new


def test_bad_patches_are_refused():
    good = make_patch(b"abcd", b"abce")
    with pytest.raises(ValueError, match="no patch of a file"):
        apply_patch(b"abcd", b"neither compressed nor long")
    for patch in (good[:-1], b"", lzma.compress(bytes(3)), lzma.compress(bytes(10**6))):
        with pytest.raises(ValueError, match="no patch of a file of 4 bytes, or one cut short"):
            apply_patch(b"abcd", patch)
    with pytest.raises(ValueError, match="3 bytes are no patch of 4"):
        make_patch(b"abcd", b"abc")


def test_a_tuned_model_is_on_the_air_what_its_base_is(tuned):
    ours, base = Codec.load(tuned), Codec.load(tuned.parent / "base")
    assert ours.model_hash == base.model_hash
    assert ours.files["encoder.onnx"] == base.files["encoder.onnx"]
    assert ours.files["decoder.onnx"] != base.files["decoder.onnx"]
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    sent = base.encode(image, 1 / 12)
    pictures = [codec.decode(sent, 0.1, (64, 64), 1 / 12).astype(int) for codec in (ours, base)]
    assert 0 < np.abs(pictures[0] - pictures[1]).max() < 40


def test_the_tuned_model_that_ships_receives_what_its_base_sends():
    ours = Codec.load("cifar-wrapped")
    assert ours.model_hash == Codec.load("cifar").model_hash
    ours.check()


def test_a_changed_base_or_patch_is_refused(tuned):
    base = tuned.parent / "base" / "decoder.onnx"
    data = base.read_bytes()
    base.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ValueError, match=r"base.decoder\.onnx: SHA-256 is"):
        Codec.load(tuned)
    base.write_bytes(data)
    (tuned / "decoder.patch").write_bytes(make_patch(data, data))
    with pytest.raises(ValueError, match=r"decoder\.patch: SHA-256 is"):
        Codec.load(tuned)
    (tuned / "decoder.patch").write_bytes(b"?")
    with pytest.raises(ValueError, match=r"decoder\.patch: no patch"):
        Codec.load(tuned)
    (tuned / "decoder.patch").unlink()
    with pytest.raises(ValueError, match=r"decoder\.patch: No such file"):
        Codec.load(tuned)


@pytest.mark.parametrize(
    "base", ["", ".", "..", "../base", "/etc", "no\0name", "no-such-model", "x" * 300, 5, None, "tuned"]
)
def test_a_base_is_another_models_name(tuned, base):
    card = json.loads((tuned / "card.json").read_text())
    write(tuned, card | {"base": base})
    with pytest.raises(ValueError, match=r"card\.json") as caught:
        ModelCard.load(tuned)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"encoder.onnx": {"sha256": "00"}},
        {"decoder.onnx": {"sha256": 0}},
        {"decoder.onnx": 0},
        7,
        {"../x": {"sha256": ""}},
    ],
)
def test_a_card_with_a_base_names_a_decoder_alone(tuned, files):
    card = json.loads((tuned / "card.json").read_text())
    write(tuned, card | {"files": files})
    with pytest.raises(ValueError, match=r"card\.json"):
        ModelCard.load(tuned)
