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


def rayleigh_blocks(
    latent: torch.Tensor, snr_db: torch.Tensor, generator: torch.Generator, tiers: int, tile: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rayleigh block fading that the receiver has equalised: every encryption block has a gain of its own.

    `snr_db` float32[n] is the mean Es/N0. A block of gain |h|^2, exponential with mean 1, arrives with the noise
    variance 10^(-SNR/10) / |h|^2 per complex symbol, as after zero forcing.
    """
    n, channels, h, w = latent.shape
    shape = (n, tiers, h // tile, w // tile)
    uniform = torch.rand(shape, generator=generator, device=latent.device, dtype=latent.dtype)
    gain = -torch.log1p(-uniform)
    variance = torch.pow(10.0, -snr_db / 10)[:, None, None, None] / gain.clamp_min(1e-6)
    variance = variance.repeat_interleave(tile, 2).repeat_interleave(tile, 3)
    per_symbol = variance.repeat_interleave(channels // 2 // tiers, 1)
    per_real = variance.repeat_interleave(channels // tiers, 1)
    noise = torch.randn(latent.shape, generator=generator, device=latent.device, dtype=latent.dtype)
    return latent + noise * torch.sqrt(per_real / 2), per_symbol


MODULO_CELL = 6**0.5  # side of the square cell in which a uniform symbol has mean energy 1
MODULO_MARGIN = 0.12  # of the cell that is left free at either end


def modulo(
    latent: torch.Tensor, snr_db: torch.Tensor, generator: torch.Generator, scale: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """What a cipher that adds its key stream modulo the constellation's cell leaves of AWGN.

    Both parts of a symbol, times `scale` and cut at a margin from the cell's ends, wrap around a cell of side
    `MODULO_CELL` with their noise: on the air the symbol is uniform over the cell whatever was sent. Returns what
    arrives divided by `scale`, and the variance per complex symbol of the noise at that point, not wrapped.
    """
    n, channels, h, w = latent.shape
    variance = torch.pow(10.0, -snr_db / 10)[:, None, None, None]
    noise = torch.randn(latent.shape, generator=generator, device=latent.device, dtype=latent.dtype)
    limit = (0.5 - MODULO_MARGIN) * MODULO_CELL
    scaled = latent * scale
    # neither cutting nor round() has a gradient that leads back, so the gradient is that of the symbol as it was
    cut = scaled + (scaled.clamp(-limit, limit) - scaled).detach()
    sum_ = cut + noise * torch.sqrt(variance / 2)
    wrapped = sum_ - MODULO_CELL * torch.round(sum_ / MODULO_CELL)
    return wrapped / scale, (variance / scale**2).expand(n, channels // 2, h, w)


MODULO_WRAPS = range(-2, 3)  # numbers of cells that may have been lost
MOST_UNCERTAIN = 0.999  # variance of a symbol given what arrived, beyond which no channel says as little


def observe_wrapped(
    wrapped: torch.Tensor, noise_var: torch.Tensor, scale: float, tiers: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """What `ModuloCipher.observe` makes of what `modulo` returns, float32[n, 2 C, h, w] and float32[n, C, h, w].

    Returns symbols and noise variances as of a channel without wrapping that would have told as much: the codeword
    taken for Gaussian, its mean and variance given what arrived, over all numbers of wraps. Both repeat with the cell,
    so their gradient is that of the symbol before it wrapped.
    """
    n, channels, h, w = noise_var.shape
    shape = (n, tiers, 2, channels // tiers, h, w)  # real and imaginary parts of a tier stand side by side
    total = 1 + noise_var.reshape(n, tiers, 1, channels // tiers, h, w)
    cells = torch.tensor([wraps * MODULO_CELL / scale for wraps in MODULO_WRAPS], device=wrapped.device)
    candidates = wrapped.reshape(shape) + cells.reshape(-1, *[1] * len(shape))
    weights = torch.softmax(-candidates.square() / total, dim=0)  # parts have half the variances
    means = candidates / total
    mean = (weights * means).sum(0)
    spread = (weights * (means - mean).square()).sum(0)
    variance = (spread + (1 - 1 / total) / 2).sum(2, keepdim=True).clamp_max(MOST_UNCERTAIN)
    equivalent = variance / (1 - variance)
    return (mean * (1 + equivalent)).reshape(wrapped.shape), equivalent.reshape(noise_var.shape)
