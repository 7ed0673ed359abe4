# SPDX-License-Identifier: GPL-3.0-or-later
"""Model folders: what is refused, and how it is said."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from deepjscec.codec import Codec, ModelCard, find_model, list_models
from deepjscec.codec.layout import blocks_to_latent, latent_to_blocks, sent_blocks


@pytest.fixture
def model(tmp_path):
    return shutil.copytree(find_model("photo"), tmp_path / "photo")


def edit_card(folder, change):
    path = folder / "card.json"
    card = json.loads(path.read_text())
    change(card)
    path.write_text(json.dumps(card))


def test_model_loads_by_name_and_by_path(model):
    assert "photo" in list_models()
    assert Codec.load(model).model_hash == Codec.load("photo").model_hash


def test_unknown_model_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no-such.*known models: .*photo"):
        Codec.load("no-such")


def test_changed_weights_are_refused(model):
    path = model / "decoder.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"decoder\.onnx: SHA-256 is"):
        Codec.load(model)


def test_hash_on_air_names_layout_and_rates_too(model):
    before = ModelCard.load(model).model_hash
    edit_card(model, lambda card: card["rates"].pop("1/48"))
    assert ModelCard.load(model).model_hash != before


def test_a_folder_in_the_working_directory_does_not_take_a_models_name(model, monkeypatch):
    monkeypatch.chdir(model.parent)
    assert find_model("photo") != model and not find_model("photo").samefile(model)
    assert find_model("./photo").samefile(model)


def test_missing_weights_are_named(model):
    (model / "encoder.onnx").unlink()
    with pytest.raises(ValueError, match=r"encoder\.onnx: No such file"):
        Codec.load(model)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: card.update(format=1), "format 1"),
        (lambda card: card.pop("latent"), "'latent' is missing"),
        (lambda card: card["latent"].update(tile=0), "tile 0"),
        (lambda card: card["latent"].update(tiers="8"), "tiers '8'"),
        (lambda card: card.update(rates={"1/6": 17}), "rates"),
        (lambda card: card.update(rates={}), "rates"),
        (lambda card: card.update(rates={"1/0": 1}), "card.json"),
        (lambda card: card.update(rates={"1/7": 8}), "rate 1/7 is not that of 8 tiers"),
        (lambda card: card["files"]["encoder.onnx"].update(sha256=5), "sha256"),
        (lambda card: card.update(files={"../x": {"sha256": ""}}), "files"),
        (lambda card: card.update(rates=3), "card.json"),
    ],
)
def test_malformed_card_is_refused(model, change, message):
    edit_card(model, change)
    with pytest.raises(ValueError, match=message) as caught:
        Codec.load(model)
    assert "card.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_card_that_is_no_json_is_refused(model):
    (model / "card.json").write_text("{")
    with pytest.raises(ValueError, match=r"card\.json"):
        Codec.load(model)


def test_wrong_graph_behind_a_right_hash_is_refused(model):
    shutil.copy(model / "encoder.onnx", model / "decoder.onnx")
    edit_card(model, lambda c: c["files"]["decoder.onnx"].update(sha256=c["files"]["encoder.onnx"]["sha256"]))
    codec = Codec.load(model)
    symbols = codec.encode(np.zeros((32, 32, 3), np.uint8), 1 / 6)
    with pytest.raises(ValueError, match=r"decoder\.onnx: inputs are \['image', 'sent', 'snr_db'\]"):
        codec.decode(symbols, 0.1, (32, 32), 1 / 6)


def test_layout_is_its_own_inverse():
    card = ModelCard.load(find_model("photo"))
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((2, 2 * card.tiers * card.tier_channels, 8, 12)).astype(np.float32)
    blocks = latent_to_blocks(card, latent, card.tiers)
    again, variance = blocks_to_latent(card, blocks, np.full(blocks.shape, 0.5, np.float32))
    assert (variance == 0.5).all()
    # normalised block by block, hence parallel to what it was, and once more it changes nothing
    np.testing.assert_allclose(latent_to_blocks(card, again, card.tiers), blocks, rtol=1e-5, atol=1e-6)
    tile = (slice(None), slice(0, 2 * card.tier_channels), slice(0, card.tile), slice(card.tile, 2 * card.tile))
    ratio = again[tile].reshape(2, -1) / latent[tile].reshape(2, -1)
    np.testing.assert_allclose(ratio, ratio[:, :1].repeat(ratio.shape[1], 1), rtol=1e-4)


def test_tiers_that_are_not_given_are_erased():
    card = ModelCard.load(find_model("photo"))
    latent, variance = blocks_to_latent(
        card, np.ones((1, 2, 1, 1, card.block_size), np.complex64), np.full((1, 2, 1, 1, card.block_size), 0.1)
    )
    sent = 2 * card.tier_channels
    assert np.isfinite(variance[:, :sent]).all()
    assert np.isinf(variance[:, sent:]).all()
    assert (latent[:, 2 * sent :] == 0).all()


def test_a_codeword_holds_the_blocks_that_tiles_send():
    sent = sent_blocks(np.array([[1, 3], [0, 2]]), 3)
    assert sent.sum() == 6
    np.testing.assert_array_equal(sent.sum(0), [[1, 3], [0, 2]])
    np.testing.assert_array_equal(sent[0], [[True, True], [False, True]])


def test_a_block_without_energy_gets_its_energy_too():
    card = ModelCard.load(find_model("photo"))
    blocks = latent_to_blocks(card, np.zeros((1, 2 * card.tiers * card.tier_channels, 4, 4), np.float32), card.tiers)
    assert np.sum(np.abs(blocks[0, 0, 0, 0]) ** 2) == card.block_size


def test_latent_that_is_not_finite_is_refused():
    card = ModelCard.load(find_model("photo"))
    latent = np.full((1, 2 * card.tiers * card.tier_channels, 4, 4), np.nan, np.float32)
    with pytest.raises(ValueError, match="not finite"):
        latent_to_blocks(card, latent, card.tiers)


def rewrite(folder, name, change):
    """Change a graph and let the card agree with its hash."""
    import onnx

    graph = onnx.load(folder / name)
    change(graph.graph)
    onnx.save(graph, folder / name)
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    edit_card(folder, lambda card: card["files"][name].update(sha256=digest))


def rename_input(graph):
    for node in graph.node:
        node.input[:] = ["design" if name == "snr_db" else name for name in node.input]
    next(item for item in graph.input if item.name == "snr_db").name = "design"


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("encoder.onnx", rename_input, r"encoder\.onnx: inputs are \['design', 'image', 'sent'\], not"),
        ("decoder.onnx", lambda graph: graph.node.pop(), r"decoder\.onnx: "),
    ],
)
def test_graphs_with_other_inputs_or_outputs_are_refused(model, file, change, message):
    pytest.importorskip("onnx")
    rewrite(model, file, change)
    with pytest.raises(ValueError, match=message) as caught:
        Codec.load(model).check()
    assert "\n" not in str(caught.value)


def test_card_that_claims_other_tiers_than_the_graph_is_refused(model):
    def halve(card):
        card["latent"]["tiers"] = 8
        card.pop("shares", None)

    edit_card(model, halve)
    with pytest.raises(ValueError, match=r"encoder\.onnx: output 'latent' has 128 channels, its card says 64"):
        Codec.load(model).check()


def test_execution_provider_that_is_absent_is_named(model):
    with pytest.raises(ValueError, match=r"execution provider 'tensorrt' is not available; this machine has: .*CPU"):
        Codec.load(model, providers=("tensorrt",)).check()
