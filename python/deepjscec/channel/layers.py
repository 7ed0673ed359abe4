# SPDX-License-Identifier: GPL-3.0-or-later
"""Differentiable channels: what happens to a codeword between the encoder and the decoder.

A channel takes latents `float32[n, 2 C, h, w]` of mean energy 1 per complex symbol and returns what arrives and the
noise variance per complex symbol, `float32[n, C, h, w]`, `inf` where a symbol was lost. The unitary cipher needs no
layer of its own: it turns white noise into white noise of the same variance.
"""

from __future__ import annotations

import torch


def awgn(latent: torch.Tensor, snr_db: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Add white Gaussian noise.

    `latent` float32[n, 2 C, h, w]; `snr_db` float32[n], Es/N0 per complex symbol in dB. The noise has variance
    10^(-SNR/10) per *complex* symbol, half of it in each real part.
    """
    variance = torch.pow(10.0, -snr_db / 10)[:, None, None, None]
    noise = torch.randn(latent.shape, generator=generator, device=latent.device, dtype=latent.dtype)
    n, channels, h, w = latent.shape
    return latent + noise * torch.sqrt(variance / 2), variance.expand(n, channels // 2, h, w)


def erase_blocks(
    received: torch.Tensor, noise_var: torch.Tensor, lost: torch.Tensor, tile: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Erase whole encryption blocks: their symbols become 0 and their noise variance `inf`.

    `lost` bool[n, tiers, h / tile, w / tile] names the blocks; `tile` is the side of a block in latent positions.
    """
    tiers = lost.shape[1]
    lost = lost.repeat_interleave(tile, 2).repeat_interleave(tile, 3)
    per_symbol = lost.repeat_interleave(noise_var.shape[1] // tiers, 1)
    per_real = lost.repeat_interleave(received.shape[1] // tiers, 1)
    return received.masked_fill(per_real, 0.0), noise_var.masked_fill(per_symbol, torch.inf)
