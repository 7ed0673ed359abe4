# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture meets in training: how much of it is sent, what its encoder is told, and what the channel does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from deepjscec.channel.layers import awgn, erase_blocks, modulo, observe_wrapped, rayleigh_blocks
from deepjscec.codec.codec import UNTOLD_SNR_DB
from deepjscec.codec.shares import activity
from deepjscec.training.config import DataConfig, TrainingConfig
from deepjscec.training.network import DOWNSCALING


@dataclass(frozen=True)
class Situation:
    """One draw for each picture of a batch."""

    sent: np.ndarray  # float32[n, 1, rows, columns], tiers that each tile sends
    snr_db: np.ndarray  # float32[n]
    design_snr_db: np.ndarray  # float32[n], what the encoder is told
    lost: np.ndarray  # bool[n, tiers, rows, columns], blocks that do not arrive, or were never sent


def draw_situation(
    batch: np.ndarray, source: DataConfig, config: TrainingConfig, rng: np.random.Generator
) -> Situation:
    """Draw for patches uint8[n, 3, s, s] of `source`."""
    channel, model = config.channel, config.model
    n = len(batch)
    tile_pixels = DOWNSCALING * model.tile
    tiers = source.tiers or channel.tiers
    choices = np.array([int(key) for key in tiers], np.float64)
    shares = np.array(list(tiers.values()))
    mean = rng.choice(choices, n, p=shares / shares.sum())
    rows, columns = batch.shape[2] // tile_pixels, batch.shape[3] // tile_pixels
    sent = np.broadcast_to(mean[:, None, None], (n, rows, columns)).copy()
    uneven = rng.random(n) < source.adaptive
    if uneven.any():
        # a crop of a larger picture has more or less than its share, and rules may come to differ from today's
        crop_mean = mean[uneven] * np.exp(rng.normal(0, 0.5, uneven.sum()))
        exponent = rng.uniform(0.3, 0.7, uneven.sum())[:, None, None]
        areas = activity(batch[uneven], tile_pixels * config.shares.area)
        wish = wished_tiers(areas, crop_mean[:, None, None], exponent)
        wish *= np.exp(rng.normal(0, 0.15, wish.shape))
        ladder = np.array(model.tier_choices, np.float64)
        nearest = np.abs(np.log(wish)[..., None] - np.log(ladder)).argmin(-1)
        sent[uneven] = ladder[nearest].repeat(config.shares.area, 1).repeat(config.shares.area, 2)
    snr = rng.uniform(*channel.snr_db, n)
    design = np.clip(snr + rng.normal(0, channel.told_spread_db, n), *channel.snr_db)
    design[rng.random(n) >= channel.told] = UNTOLD_SNR_DB

    arrives = sent.copy()
    cut = rng.random(n) < channel.truncated
    arrives[cut] = np.ceil(arrives[cut] * rng.uniform(0.25, 1, n)[cut, None, None])
    share = np.where(rng.random(n) < channel.erasure_probability, rng.uniform(0, channel.erasure_max, n), 0)
    lost = rng.random((n, model.tiers, rows, columns)) < share[:, None, None, None]
    lost |= np.arange(model.tiers)[None, :, None, None] >= arrives[:, None]
    return Situation(sent[:, None].astype(np.float32), snr.astype(np.float32), design.astype(np.float32), lost)


def impair(
    latent: torch.Tensor, situation: Situation, config: TrainingConfig, noise: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Send float32[n, 2 C, h, w] through the channel; returns what arrives and float32[n, C, h, w] noise variances."""
    snr = torch.from_numpy(situation.snr_db).to(latent.device)
    lost = torch.from_numpy(situation.lost).to(latent.device)
    return erase_blocks(*pass_channel(latent, snr, config, noise), lost, config.model.tile)


def pass_channel(
    latent: torch.Tensor, snr_db: torch.Tensor, config: TrainingConfig, noise: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """The configuration's channel, without loss."""
    if config.channel.kind == "rayleigh":
        return rayleigh_blocks(latent, snr_db, noise, config.model.tiers, config.model.tile)
    if config.channel.kind == "modulo":
        wrapped, noise_var = modulo(latent, snr_db, noise, config.channel.modulo_scale)
        return observe_wrapped(wrapped, noise_var, config.channel.modulo_scale, config.model.tiers)
    return awgn(latent, snr_db, noise)


def wished_tiers(energy: np.ndarray, mean: float | np.ndarray, exponent: float | np.ndarray = 0.5) -> np.ndarray:
    """Tiers per area, not yet whole: activity to a power, scaled to `mean` over each picture.

    With an error falling as activity / tiers, the square root shares blocks best. `energy` [n, rows, columns].
    """
    weight = (energy + 1.0) ** exponent
    return mean * weight / weight.mean((1, 2), keepdims=True)
