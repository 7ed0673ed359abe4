# SPDX-License-Identifier: GPL-3.0-or-later
"""PSNR on held-out pictures during training, over symbol-level AWGN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from deepjscec.channel.layers import awgn, erase_blocks
from deepjscec.training.config import TrainingConfig
from deepjscec.training.network import DOWNSCALING, Autoencoder

SNRS_DB = (0, 10, 20)


@torch.no_grad()
def validate(
    model: Autoencoder, held_out: Mapping[str, Sequence[np.ndarray]], config: TrainingConfig, device: torch.device
) -> dict[str, float]:
    """Mean PSNR in dB by `source/rate/SNR`; pictures are cropped to whole tiles, values rounded to 8 bits."""
    noise = torch.Generator(device).manual_seed(0)  # the same noise each time: steps are compared, not noise
    result: dict[str, float] = {}
    unit = DOWNSCALING * config.model.tile
    for name, images in held_out.items():
        for rate, tiers in config.rates.items():
            for snr in SNRS_DB:
                values = [_psnr(model, _crop(image, unit), tiers, snr, config, device, noise) for image in images]
                if values:
                    result[f"{name} {rate} {snr} dB"] = round(float(np.mean(values)), 2)
    return result


def _crop(image: np.ndarray, unit: int) -> np.ndarray:
    h, w = (side // unit * unit for side in image.shape[:2])
    return image[:h, :w]


def _psnr(
    model: Autoencoder,
    image: np.ndarray,
    tiers: int,
    snr: float,
    config: TrainingConfig,
    device: torch.device,
    noise: torch.Generator,
) -> float:
    pixels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].to(device)
    latent = model.encode(pixels.float() / 255)
    received, noise_var = awgn(latent, torch.full((1,), float(snr), device=device), noise)
    tile, h, w = config.model.tile, latent.shape[2], latent.shape[3]
    lost = torch.zeros((1, config.model.tiers, h // tile, w // tile), dtype=torch.bool, device=device)
    lost[:, tiers:] = True
    received, noise_var = erase_blocks(received, noise_var, lost, tile)
    decoded = (model.decoder(received, noise_var) * 255).round().clamp(0, 255)
    error = (decoded - pixels.float()).square().mean()
    return float(10 * torch.log10(255**2 / error.clamp_min(1e-10)))
