# SPDX-License-Identifier: GPL-3.0-or-later
"""How a latent becomes a codeword: blocks of one tier and one tile, each with the energy of its length.

Latents are `float32[n, 2 C, h, w]`, ordered tier by tier, within a tier first real then imaginary parts. A codeword is
`complex64[n, k]`, tier after tier, within a tier tile after tile in raster order: a lower rate is a shorter prefix.
"""

from __future__ import annotations

import numpy as np

from deepjscec.codec.card import ModelCard


def latent_to_codeword(card: ModelCard, latent: np.ndarray, tiers: int) -> np.ndarray:
    """float32[n, 2 C, h, w] -> complex64[n, k], every block of `block_size` symbols normalised to that energy.

    A block without energy becomes the constant 1, so that no picture, a flat black one included, shows in the energy
    on the air. Raises `ValueError` on values that are not finite.
    """
    n, _, h, w = latent.shape
    c, t = card.tier_channels, card.tile
    parts = latent[:, : 2 * c * tiers].astype(np.float64).reshape(n, tiers, 2, c, h // t, t, w // t, t)
    blocks = (parts[:, :, 0] + 1j * parts[:, :, 1]).transpose(0, 1, 3, 5, 2, 4, 6).reshape(-1, card.block_size)
    if not np.isfinite(blocks).all():
        raise ValueError(f"model {card.name!r}: the encoder's output is not finite")
    energy = np.einsum("ij,ij->i", blocks, blocks.conj()).real
    blocks[energy < 1e-20] = 1
    energy[energy < 1e-20] = card.block_size
    blocks *= np.sqrt(card.block_size / energy)[:, None]
    return blocks.astype(np.complex64).reshape(n, -1)


def codeword_to_latent(
    card: ModelCard, symbols: np.ndarray, noise_var: np.ndarray, shape: tuple[int, int], tiers: int
) -> tuple[np.ndarray, np.ndarray]:
    """What arrived, complex64[n, k] with float32[n, k], as decoder inputs float32[n, 2 C, h, w], float32[n, C, h, w].

    Tiers that were not sent are erased, as is every symbol with an infinite variance or a value that is not finite.
    """
    n = len(symbols)
    c, t = card.tier_channels, card.tile
    h, w = (side // card.downscaling for side in card.padded_shape(shape))
    erased = ~(np.isfinite(symbols) & np.isfinite(noise_var))
    split = (n, tiers, h // t, w // t, c, t, t)
    values = np.where(erased, 0, symbols).reshape(split).transpose(0, 1, 4, 2, 5, 3, 6).reshape(n, tiers, c, h, w)
    latent = np.zeros((n, card.tiers, 2, c, h, w), np.float32)
    latent[:, :tiers, 0], latent[:, :tiers, 1] = values.real, values.imag
    variance = np.full((n, card.tiers, c, h, w), np.inf, np.float32)
    variance[:, :tiers] = (
        np.where(erased, np.inf, noise_var).reshape(split).transpose(0, 1, 4, 2, 5, 3, 6).reshape(n, tiers, c, h, w)
    )
    return latent.reshape(n, -1, h, w), variance.reshape(n, -1, h, w)
