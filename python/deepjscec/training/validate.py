# SPDX-License-Identifier: GPL-3.0-or-later
"""PSNR on held-out pictures during training, over the channel that is trained for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from deepjscec.channel.layers import erase_blocks
from deepjscec.codec.codec import UNTOLD_SNR_DB
from deepjscec.training.config import TrainingConfig
from deepjscec.training.network import DOWNSCALING, Autoencoder, sent_planes
from deepjscec.training.situation import pass_channel

SNRS_DB = (0, 10, 20)
BATCH_PIXELS = 2**20


@torch.no_grad()
def validate(
    model: Autoencoder, held_out: Mapping[str, Sequence[np.ndarray]], config: TrainingConfig, device: torch.device
) -> dict[str, float]:
    """Mean PSNR in dB by `source/rate/SNR`; pictures are cropped to whole tiles, values rounded to 8 bits.

    Where the encoder is told the SNR in training, rows that end in "told" are of an encoder that is told it.
    """
    noise = torch.Generator(device).manual_seed(0)  # the same noise each time: steps are compared, not noise
    result: dict[str, float] = {}
    unit = DOWNSCALING * config.model.tile
    for name, images in held_out.items():
        batches = _batches([_crop(image, unit) for image in images])
        for rate, tiers in config.rates.items() if batches else ():
            for told in (False, True) if config.channel.told else (False,):
                for snr in SNRS_DB:
                    values = [_psnr(model, batch.to(device), tiers, snr, told, config, noise) for batch in batches]
                    mean = float(torch.cat(values).mean())
                    result[f"{name} {rate} {snr} dB{' told' if told else ''}"] = round(mean, 2)
    return result


def _crop(image: np.ndarray, unit: int) -> np.ndarray:
    h, w = (side // unit * unit for side in image.shape[:2])
    return image[:h, :w]


def _batches(images: Sequence[np.ndarray]) -> list[torch.Tensor]:
    """Pictures of one size together, uint8[n, 3, H, W] each."""
    by_shape: dict[tuple[int, ...], list[np.ndarray]] = {}
    for image in images:
        by_shape.setdefault(image.shape, []).append(image.transpose(2, 0, 1))
    batches = []
    for (h, w, _), group in by_shape.items():
        batches.extend(torch.from_numpy(np.stack(group)).split(max(1, BATCH_PIXELS // (h * w))))
    return batches


def _psnr(
    model: Autoencoder,
    pixels: torch.Tensor,
    tiers: int,
    snr: float,
    told: bool,
    config: TrainingConfig,
    noise: torch.Generator,
) -> torch.Tensor:
    """PSNR in dB of each picture, float32[n]."""
    n, _, h, w = pixels.shape
    unit = DOWNSCALING * config.model.tile
    sent = torch.full((n, 1, h // unit, w // unit), float(tiers), device=pixels.device)
    snr_db = torch.full((n,), float(snr), device=pixels.device)
    image = (pixels.float() / 255).contiguous(memory_format=torch.channels_last)
    latent = model.encode(image, sent, snr_db if told else torch.full_like(snr_db, UNTOLD_SNR_DB))
    received, noise_var = pass_channel(latent, snr_db, config, noise)
    received, noise_var = erase_blocks(
        received, noise_var, sent_planes(sent, config.model.tiers) == 0, config.model.tile
    )
    decoded = (model.decoder(received, noise_var, sent).float() * 255).round().clamp(0, 255)
    error = (decoded - pixels.float()).square().mean((1, 2, 3))
    return (10 * torch.log10(255**2 / error.clamp_min(1e-10))).cpu()
