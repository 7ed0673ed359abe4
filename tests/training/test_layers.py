# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels, normalisation and the optimiser's parts, each by itself."""

import inspect

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from deepjscec.channel.layers import MODULO_CELL, MODULO_MARGIN, awgn, erase_blocks, modulo, rayleigh_blocks  # noqa: E402
from deepjscec.codec import Codec  # noqa: E402
from deepjscec.codec.layout import blocks_to_latent, latent_to_blocks  # noqa: E402
from deepjscec.crypto import ModuloCipher  # noqa: E402
from deepjscec.crypto.modulo import CELL  # noqa: E402
from deepjscec.training.config import (  # noqa: E402
    ChannelConfig,
    DataConfig,
    OptimiserConfig,
    SharesConfig,
    TrainingConfig,
)
from deepjscec.training.muon import orthogonalise  # noqa: E402
from deepjscec.training.network import Architecture, normalise_blocks  # noqa: E402
from deepjscec.training.situation import draw_situation  # noqa: E402


def test_torch_and_numpy_normalise_alike():
    arch = Architecture()  # 16 tiers, as the card
    card = Codec.load("photo").card
    latent = torch.randn(2, 2 * arch.complex_channels, 8, 12, generator=torch.Generator().manual_seed(0))
    theirs = normalise_blocks(latent, arch).numpy()
    blocks = latent_to_blocks(card, latent.numpy(), card.tiers)
    ours, _ = blocks_to_latent(card, blocks, np.ones(blocks.shape, np.float32))
    np.testing.assert_allclose(theirs, ours, atol=1e-5)


def test_awgn_has_the_variance_per_complex_symbol_that_the_snr_says():
    generator = torch.Generator().manual_seed(0)
    snr = torch.tensor([0.0, 10.0])
    received, variance = awgn(torch.zeros(2, 64, 64, 64), snr, generator)
    per_complex = received.reshape(2, 8, 2, 4, 64, 64).square().sum(2).mean((1, 2, 3, 4))
    torch.testing.assert_close(per_complex, torch.tensor([1.0, 0.1]), rtol=0.02, atol=0)
    torch.testing.assert_close(variance[:, 0, 0, 0], torch.tensor([1.0, 0.1]))


def test_rayleigh_blocks_have_one_gain_each_and_the_mean_snr():
    generator = torch.Generator().manual_seed(0)
    latent = torch.zeros(8, 64, 64, 64)
    received, variance = rayleigh_blocks(latent, torch.full((8,), 10.0), generator, tiers=8, tile=4)
    blocks = variance.reshape(8, 8, 4, 16, 4, 16, 4)
    assert torch.equal(blocks, blocks[:, :, :1, :, :1, :, :1].expand_as(blocks))
    torch.testing.assert_close((0.1 / variance).mean(), torch.tensor(1.0), rtol=0.03, atol=0)
    power = received.reshape(8, 8, 2, 4, 64, 64).square().sum(2).reshape(8, 32, 64, 64)
    torch.testing.assert_close((power / variance).mean(), torch.tensor(1.0), rtol=0.01, atol=0)


def test_the_modulo_channel_is_the_ciphers():
    defaults = inspect.signature(ModuloCipher).parameters
    assert (CELL, defaults["scale"].default) == (MODULO_CELL, ChannelConfig().modulo_scale)


def test_areas_of_a_patch_send_alike_and_busy_ones_more():
    model = Architecture((1, 2, 4, 8), width=8)
    data = DataConfig("x", patch=128, batch=64, adaptive=1.0, tiers={"2": 1.0})
    config = TrainingConfig("x", model, (data,), ChannelConfig(), OptimiserConfig(), {"1/24": 2}, SharesConfig(area=2))
    rng = np.random.default_rng(0)
    batch = np.full((64, 3, 128, 128), 90, np.uint8)
    batch[:, :, :64, :64] = rng.integers(0, 256, (64, 3, 64, 64))
    areas = draw_situation(batch, data, config, rng).sent[:, 0].reshape(64, 2, 2, 2, 2)
    assert (areas == areas[:, :, :1, :, :1]).all()
    assert areas[:, 0, 0, 0].mean() > 2 * areas[:, 1, 0, 1].mean()


def test_modulo_channel_wraps_symbols_and_passes_gradients():
    generator = torch.Generator().manual_seed(0)
    latent = torch.tensor([0.2, 3.0]).repeat(1, 8, 4, 2).requires_grad_()
    received, variance = modulo(latent, torch.full((1,), 60.0), generator, scale=0.5)
    torch.testing.assert_close(received[..., 0], torch.full((1, 8, 4), 0.2), rtol=0, atol=0.02)
    limit = (0.5 - MODULO_MARGIN) * MODULO_CELL / 0.5
    torch.testing.assert_close(received[..., 1], torch.full((1, 8, 4), limit), rtol=0, atol=0.02)
    assert variance.shape == (1, 4, 4, 4)
    torch.testing.assert_close(variance.max(), torch.tensor(4e-6))
    received.sum().backward()
    assert (latent.grad == 1).all()
    noisy, _ = modulo(latent.detach(), torch.full((1,), 5.0), generator, scale=0.5)
    assert noisy.abs().max() <= MODULO_CELL  # half a cell, of symbols at half their size
    assert (noisy[..., 1] < 0).any()  # noise at the cell's end wraps


def test_orthogonalised_updates_have_equal_singular_values():
    matrices = torch.randn(3, 16, 90, generator=torch.Generator().manual_seed(0))
    for shape in (matrices, matrices.mT):
        values = torch.linalg.svdvals(orthogonalise(shape).float())
        assert values.min() > 0.5 and values.max() < 1.5


def test_erasing_a_block_takes_its_tier_and_tile_and_no_more():
    lost = torch.zeros(1, 2, 2, 2, dtype=torch.bool)
    lost[0, 1, 0, 1] = True
    received, variance = erase_blocks(torch.ones(1, 16, 8, 8), torch.ones(1, 8, 8, 8), lost, 4)
    assert (received[0, 8:, :4, 4:] == 0).all() and received.sum() == 16 * 64 - 8 * 16
    assert variance[0, 4:, :4, 4:].isinf().all() and variance.isinf().sum() == 4 * 16
