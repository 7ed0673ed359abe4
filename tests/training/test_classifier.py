# SPDX-License-Identifier: GPL-3.0-or-later
"""A classifier learns, resumes and exports, and its model is used as any other."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from deepjscec.app.pictures import png_bytes  # noqa: E402
from deepjscec.codec import Codec  # noqa: E402
from deepjscec.training.classifier_network import ClassifierArchitecture  # noqa: E402
from deepjscec.training.config import load_config  # noqa: E402
from deepjscec.training.export import export, load_model  # noqa: E402
from deepjscec.training.export import main as export_main  # noqa: E402
from deepjscec.training.labelled import LabelledSource, load_labelled  # noqa: E402
from deepjscec.training.train import main  # noqa: E402

CLASSES = ("blue", "green", "red")
CONFIG = """
name = "colours"
[rates]
"1/192" = 1
"1/96" = 2
[model]
classes = ["blue", "green", "red"]
tier_choices = [1, 2]
stem = 4
widths = [4, 6, 8]
hidden = 16
[[data]]
name = "colours"
patch = 32
batch = 32
held_out = 30
[channel]
snr_db = [0.0, 20.0]
tiers = { 1 = 0.5, 2 = 0.5 }
[optimiser]
learning_rate = 1e-2
warmup_steps = 3
ema = 0.9
"""


def colours(rng, count=300):
    """Noisy pictures, each brightest in the channel of its class."""
    labels = rng.integers(0, 3, count).astype(np.uint8)
    images = rng.integers(0, 120, (count, 32, 32, 3))
    images[np.arange(count), :, :, 2 - labels] += 90
    return images.astype(np.uint8), labels


@pytest.fixture
def setting(tmp_path):
    (tmp_path / "colours.toml").write_text(CONFIG)
    images, labels = colours(np.random.default_rng(0))
    np.savez(tmp_path / "colours.npz", images=images, labels=labels)
    return tmp_path


def train(setting, out, steps, *more):
    arguments = [setting / "colours.toml", "--data", f"colours={setting / 'colours.npz'}", "--out", setting / out]
    return main([*map(str, arguments), "--steps", str(steps), "--threads", "1", *more])


def test_classifier_learns_and_its_model_names_what_arrives(setting):
    assert train(setting, "run", 60, "--validate-every", "60") == 0
    record = json.loads((setting / "run" / "log.jsonl").read_text().splitlines()[-1])
    assert record["colours 1/96 20 dB"] > 0.9
    export(setting / "run" / "checkpoint.pt", setting / "model", {})
    codec = Codec.load(setting / "model")
    codec.check()
    assert codec.classes == CLASSES and codec.block_size == 16
    images, labels = colours(np.random.default_rng(1), 100)
    for rate, length in (("1/192", 16), ("1/96", 32)):
        sent = codec.encode_batch(images, rate)
        assert sent.shape == (100, length)
        np.testing.assert_allclose((np.abs(sent.reshape(-1, 16)) ** 2).sum(1), 16, rtol=1e-5)
        probabilities = codec.classify_batch(sent, np.full(sent.shape, 0.01, np.float32), (32, 32), rate)
        np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
        assert (probabilities.argmax(1) == labels).mean() > 0.9
    nothing = codec.classify(np.zeros(32, np.complex64), np.inf, (32, 32), "1/96")
    assert np.isfinite(nothing).all()


def test_exported_classifier_computes_what_the_trained_one_does(setting):
    train(setting, "run", 5)
    model, _ = load_model(setting / "run" / "checkpoint.pt")
    export(setting / "run" / "checkpoint.pt", setting / "model", {}, weights="float32")
    codec = Codec.load(setting / "model")
    images, _ = colours(np.random.default_rng(2), 4)
    image = torch.from_numpy(images.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    sent = torch.full((4, 1, 1, 1), 2.0)
    with torch.no_grad():
        latent = model.encode(image, sent, torch.full((4,), -100.0))
        expected = torch.softmax(model.decoder(latent, torch.full((4, 2, 4, 4), 0.1), sent), 1).numpy()
    symbols = codec.encode_batch(images, "1/96")
    found = codec.classify_batch(symbols, np.full(symbols.shape, 0.1, np.float32), (32, 32), "1/96")
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_classifier_goes_on_from_its_checkpoint(setting):
    path, states = setting / "run" / "checkpoint.pt", []
    for steps in (4, 4, 8):
        train(setting, "run", steps)
        states.append(torch.load(path, weights_only=True))
    assert [state["step"] for state in states] == [4, 4, 8]
    first, again, last = (state["model"]["encoder.stem.weight"] for state in states)
    assert torch.equal(first, again) and not torch.equal(first, last)


def test_models_say_what_they_are_not_for(setting):
    train(setting, "run", 1)
    export(setting / "run" / "checkpoint.pt", setting / "model", {})
    classifier, painter = Codec.load(setting / "model"), Codec.load("lite")
    symbols = np.zeros(32, np.complex64)
    with pytest.raises(ValueError, match="use classify"):
        classifier.decode(symbols, 0.1, (32, 32), "1/96")
    with pytest.raises(ValueError, match="use decode"):
        painter.classify(symbols, 0.1, (32, 32), painter.rates[0])
    with pytest.raises(ValueError, match="64 x 32 pixels: model 'colours' takes 32 x 32"):
        classifier.encode(np.zeros((32, 64, 3), np.uint8), "1/96")


def test_a_folder_does_not_start_a_classifier(setting, capsys):
    train(setting, "run", 1)
    export(setting / "run" / "checkpoint.pt", setting / "model", {})
    assert train(setting, "next", 1, "--init", str(setting / "model")) == 2
    assert "give its checkpoint" in capsys.readouterr().err
    assert train(setting, "next", 1, "--init", str(setting / "run" / "checkpoint.pt")) == 0


def test_classifier_is_not_stored_in_8_bits(setting, capsys):
    train(setting, "run", 1)
    checkpoint, out = str(setting / "run" / "checkpoint.pt"), str(setting / "model")
    data = str(setting / "colours.npz")
    assert export_main([checkpoint, "--out", out, "--weights", "int8", "--pictures", data]) == 2
    assert "models that draw pictures" in capsys.readouterr().err


def test_labels_come_from_folders_archives_and_arrays(setting):
    images, labels = load_labelled(setting / "colours.npz", CLASSES)
    folder = setting / "tree"
    for index in range(12):
        path = folder / CLASSES[labels[index]]
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{index:02d}.png").write_bytes(png_bytes(images[index]))
    import tarfile

    with tarfile.open(setting / "tree.tar.gz", "w:gz") as archive:
        archive.add(folder, "train")
    for path in (folder, setting / "tree.tar.gz"):
        found, named = load_labelled(path, CLASSES)
        assert found.shape == (12, 32, 32, 3)
        for image, label in zip(found, named):
            (index,) = np.flatnonzero((images[:12] == image).all((1, 2, 3)))
            assert labels[index] == label


@pytest.mark.parametrize(
    "change, message",
    [
        (("patch = 32", "patch = 64"), "not 64"),
        (("held_out = 30", "held_out = 300"), "300 are to be held out"),
        (('"red"]', '"blue"]'), "two different names"),
        (('"red"]', "]"), "labels are not 0 to 1"),
        (("widths = [4, 6, 8]", "widths = [4, 6]"), "halving"),
    ],
)
def test_wrong_configurations_end_in_one_line(setting, capsys, change, message):
    text = CONFIG.replace(*change).replace('"green", ]', '"green"]')
    (setting / "colours.toml").write_text(text)
    assert train(setting, "run", 1) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "arrays, message",
    [
        ({"images": np.zeros((3, 32, 32, 3), np.uint8)}, "labels"),
        ({"images": np.zeros((3, 32, 32, 3), np.uint8), "labels": np.array([0, 1])}, "2 labels"),
        ({"images": np.zeros((2, 32, 32, 3), np.uint8), "labels": np.array([0, 9])}, "labels are not"),
        ({"images": np.zeros((2, 32, 32), np.uint8), "labels": np.array([0, 1])}, "images"),
    ],
)
def test_wrong_labelled_pictures_are_named(tmp_path, arrays, message):
    np.savez(tmp_path / "wrong.npz", **arrays)
    with pytest.raises(ValueError, match=message):
        load_labelled(tmp_path / "wrong.npz", CLASSES)


def test_missing_and_foreign_files_are_named(tmp_path):
    for name in ("missing.npz", "missing.txt"):
        with pytest.raises(ValueError, match=name):
            load_labelled(tmp_path / name, CLASSES)
    (tmp_path / "tree" / "purple").mkdir(parents=True)
    (tmp_path / "tree" / "purple" / "1.png").write_bytes(png_bytes(np.zeros((32, 32, 3), np.uint8)))
    with pytest.raises(ValueError, match="'purple' is none of the classes"):
        load_labelled(tmp_path / "tree", CLASSES)


def test_draws_every_picture_once_before_any_again(setting):
    images, labels = load_labelled(setting / "colours.npz", CLASSES)
    source = LabelledSource(images[:10], labels[:10])
    rng = np.random.default_rng(0)
    seen = np.concatenate([source.draw(5, rng)[1] for _ in range(2)])
    assert sorted(seen) == sorted(labels[:10])
    batch, _ = source.draw(5, rng)
    assert batch.shape == (5, 3, 32, 32) and batch.dtype == np.uint8


def test_shipped_configuration_is_valid():
    config = load_config("configs/classify.toml")
    assert isinstance(config.model, ClassifierArchitecture) and config.model.block_size == 16
