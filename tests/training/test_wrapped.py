# SPDX-License-Identifier: GPL-3.0-or-later
"""Training for ciphers that wrap symbols: the channel is what Bob sees, and the decoder may be trained alone."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from deepjscec.app.pictures import default_picture  # noqa: E402
from deepjscec.channel.layers import MODULO_CELL, modulo, observe_wrapped  # noqa: E402
from deepjscec.codec import Codec  # noqa: E402
from deepjscec.crypto import ModuloCipher, Secret, Session  # noqa: E402
from deepjscec.training.config import load_config  # noqa: E402
from deepjscec.training.export import main as export  # noqa: E402
from deepjscec.training.export_tuned import export_tuned  # noqa: E402
from deepjscec.training.images import pack_images  # noqa: E402
from deepjscec.training.network import Architecture  # noqa: E402
from deepjscec.training.situation import pass_channel  # noqa: E402
from deepjscec.training.train import main as train  # noqa: E402
from deepjscec.training.weights import read_weights  # noqa: E402
from tests.training.training_setup import TOY  # noqa: E402

TIERS, TIER_CHANNELS = 3, 4

CONFIG = f"""{TOY}
[channel]
tiers = {{ 2 = 1.0 }}
[optimiser]
learning_rate = 5e-3
warmup_steps = 1
"""
TUNED = CONFIG.replace("[channel]", '[channel]\nkind = "modulo"').replace('"toy"', '"tuned"')


@pytest.fixture
def setting(tmp_path):
    """A folder with pictures, a configuration, and an exported model `base` of a few steps."""
    (tmp_path / "toy.toml").write_text(CONFIG)
    (tmp_path / "tuned.toml").write_text(TUNED + 'train = ["decoder.*"]\n')
    picture = default_picture()
    pack_images([picture[y : y + 120, :100] for y in (0, 150, 300)], tmp_path / "photos.npz")
    assert run(tmp_path, "toy", 3) == 0
    assert export([str(tmp_path / "toy" / "checkpoint.pt"), "--out", str(tmp_path / "base")]) == 0
    return tmp_path


def run(folder, name, steps, *more):
    config, photos = folder / f"{name}.toml", folder / "photos.npz"
    places = [str(config), "--data", f"photos={photos}", "--out", str(folder / name)]
    return train([*places, "--steps", str(steps), "--device", "cpu", "--threads", "1", *more])


def complex_symbols(planes):
    """float[n, 2 C, h, w] as complex64[n C h w], in the order of noise variances [n, C, h, w]."""
    n, _, h, w = planes.shape
    parts = planes.detach().numpy().reshape(n, TIERS, 2, TIER_CHANNELS, h, w)
    return (parts[:, :, 0] + 1j * parts[:, :, 1]).astype(np.complex64).reshape(-1)


@pytest.mark.parametrize("scale", [0.2, 0.4, 1.0])
def test_layer_gives_what_the_cipher_observes(scale):
    generator = torch.Generator().manual_seed(1)
    latent = torch.randn(4, 2 * TIERS * TIER_CHANNELS, 8, 8, generator=generator) / 2**0.5
    snr_db = torch.tensor([-5.0, 3.0, 12.0, 25.0])
    wrapped, noise_var = modulo(latent, snr_db, generator, scale)
    ours, our_variance = observe_wrapped(wrapped, noise_var, scale, TIERS)
    on_air = np.broadcast_to(10 ** (-snr_db.numpy() / 10)[:, None, None, None], noise_var.shape).reshape(-1)
    cipher = ModuloCipher(Session.start(Secret.random()), scale=scale)
    theirs, their_variance = cipher.observe(complex_symbols(wrapped), on_air.astype(np.float32))
    # both are of a mean and a variance that are divided by what is left of 1: relative errors of float32 grow by that
    np.testing.assert_allclose(our_variance.numpy().reshape(-1), their_variance, rtol=2e-3)
    np.testing.assert_allclose(complex_symbols(ours), theirs, rtol=2e-3, atol=2e-4)


def test_channel_of_the_configuration_observes_what_wrapped(setting):
    config = load_config(setting / "tuned.toml")
    latent = torch.randn(2, 2 * config.model.complex_channels, 4, 4, generator=torch.Generator().manual_seed(0))
    snr_db = torch.tensor([0.0, 10.0])
    received, noise_var = pass_channel(latent, snr_db, config, torch.Generator().manual_seed(5))
    wrapped = modulo(latent, snr_db, torch.Generator().manual_seed(5), config.channel.modulo_scale)
    expected = observe_wrapped(*wrapped, config.channel.modulo_scale, config.model.tiers)
    assert torch.equal(received, expected[0]) and torch.equal(noise_var, expected[1])


def test_gradient_is_that_of_the_whole_layer_on_both_sides_of_an_edge():
    scale, step = 0.5, 1e-4
    values = torch.tensor([0.3, 1.8, -1.8, 1.0], dtype=torch.float64)  # noise carries some over the edge at 2.45
    latent = values.repeat(4, 2, 1)[None].requires_grad_()  # 4 real channels of 2 x 4 positions

    def through(shift):
        generator = torch.Generator().manual_seed(3)
        wrapped, noise_var = modulo(latent + shift, torch.tensor([6.0], dtype=torch.float64), generator, scale)
        assert ((wrapped - latent).abs() > MODULO_CELL).any()
        return observe_wrapped(wrapped, noise_var, scale, tiers=1)

    for part in (0, 1):
        (gradient,) = torch.autograd.grad(through(0.0)[part].sum(), latent)
        change = (through(step)[part] - through(-step)[part]).detach() / (2 * step)
        # the shift moves both parts of a symbol, and both tell in its variance
        torch.testing.assert_close(gradient.sum((0, 2, 3)).sum(), change.sum(), rtol=1e-3, atol=1e-6)


def test_a_decoder_trained_alone_is_exported_as_a_patch(setting):
    assert run(setting, "tuned", 4, "--init", str(setting / "base")) == 0
    out = setting / "patch"
    assert export([str(setting / "tuned" / "checkpoint.pt"), "--out", str(out), "--base", str(setting / "base")]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["card.json", "decoder.patch"]
    base, tuned = Codec.load(setting / "base"), Codec.load(out)
    assert (tuned.name, tuned.model_hash) == ("tuned", base.model_hash)
    assert tuned.files["encoder.onnx"] == base.files["encoder.onnx"]
    # what the patch makes is what was trained: the same as an export of the whole
    whole = setting / "whole"
    assert export([str(setting / "tuned" / "checkpoint.pt"), "--out", str(whole)]) == 0
    arch = Architecture(**json.loads((whole / "card.json").read_text())["training"]["architecture"])
    expected, found = read_weights(whole, arch), read_weights(out, arch)
    assert expected.keys() == found.keys() and all(torch.equal(expected[key], found[key]) for key in expected)
    image = default_picture()[:64, :96]
    sent = base.encode(image, "1/24")
    received = tuned.decode(sent, 0.1, (64, 96), "1/24")
    assert np.array_equal(received, Codec.load(whole).decode(sent, 0.1, (64, 96), "1/24"))
    assert not np.array_equal(received, base.decode(sent, 0.1, (64, 96), "1/24"))
    with pytest.raises(ValueError, match="a patch of 'toy' itself"):
        export_tuned(setting / "tuned" / "checkpoint.pt", setting / "next", str(out), {})


def test_weights_that_no_pattern_names_stay(setting):
    (setting / "tuned.toml").write_text(TUNED + 'train = ["decoder.blocks.*.mix.weight"]\n')
    assert run(setting, "tuned", 3, "--init", str(setting / "base")) == 0
    state = torch.load(setting / "tuned" / "checkpoint.pt", weights_only=True)
    arch = Architecture(**state["model_config"])
    before, after = read_weights(setting / "base", arch), state["model"]
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed == {"decoder.blocks.0.mix.weight"}
    averaged = read_weights(setting / "tuned" / "checkpoint.pt", arch)
    assert {key for key in before if not torch.equal(before[key], averaged[key])} == changed


def test_what_cannot_be_is_said_in_a_line(setting, capsys):
    assert run(setting, "tuned", 1) == 2
    assert "give --init" in capsys.readouterr().err
    (setting / "tuned.toml").write_text(TUNED + 'train = ["decoder.*", "attention.*"]\n')
    assert run(setting, "tuned", 1, "--init", str(setting / "base")) == 2
    assert "no weight is named as 'attention.*'" in capsys.readouterr().err
    (setting / "tuned.toml").write_text(TUNED + 'train = "decoder.*"\n')
    assert run(setting, "tuned", 1, "--init", str(setting / "base")) == 2
    assert "'decoder.*' is not a list of patterns" in capsys.readouterr().err
    checkpoint, base = str(setting / "toy" / "checkpoint.pt"), str(setting / "base")
    assert run(setting, "toy", 4) == 0  # the whole network
    assert export([checkpoint, "--out", str(setting / "x"), "--base", base]) == 2
    assert "its encoder is not that of" in capsys.readouterr().err
    assert export([checkpoint, "--out", str(setting / "x"), "--base", "photo"]) == 2
    assert "of another shape" in capsys.readouterr().err
    assert export([checkpoint, "--out", str(setting / "x"), "--base", base, "--weights", "float32"]) == 2
    assert "--base and --weights" in capsys.readouterr().err
    assert not (setting / "x").exists()
