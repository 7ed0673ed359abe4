# SPDX-License-Identifier: GPL-3.0-or-later
"""How a latent becomes a codeword: blocks of one tier and one tile, each with the energy of its length.

Latents are `float32[n, 2 C, h, w]`, ordered tier by tier, within a tier first real then imaginary parts. Blocks are
`complex64[n, tiers, rows, columns, block_size]`.
"""

from __future__ import annotations

import numpy as np

from deepjscec.codec.card import ModelCard


def latent_to_blocks(card: ModelCard, latent: np.ndarray, tiers: int) -> np.ndarray:
    """The first `tiers` tiers as complex64[n, tiers, rows, columns, block_size], every block normalised to that energy.

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
    return blocks.astype(np.complex64).reshape(n, tiers, h // t, w // t, card.block_size)


def blocks_to_latent(card: ModelCard, blocks: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Received blocks and their variances, both [n, tiers, rows, columns, block_size], as decoder inputs.

    Returns float32[n, 2 C, h, w] and float32[n, C, h, w]. Tiers above those given are erased, as is every symbol with
    an infinite variance or a value that is not finite.
    """
    n, tiers, rows, columns, _ = blocks.shape
    c, t = card.tier_channels, card.tile
    h, w = rows * t, columns * t
    erased = ~(np.isfinite(blocks) & np.isfinite(noise_var))
    split = (n, tiers, rows, columns, c, t, t)
    values = np.where(erased, 0, blocks).reshape(split).transpose(0, 1, 4, 2, 5, 3, 6).reshape(n, tiers, c, h, w)
    latent = np.zeros((n, card.tiers, 2, c, h, w), np.float32)
    latent[:, :tiers, 0], latent[:, :tiers, 1] = values.real, values.imag
    variance = np.full((n, card.tiers, c, h, w), np.inf, np.float32)
    variance[:, :tiers] = (
        np.where(erased, np.inf, noise_var).reshape(split).transpose(0, 1, 4, 2, 5, 3, 6).reshape(n, tiers, c, h, w)
    )
    return latent.reshape(n, -1, h, w), variance.reshape(n, -1, h, w)


def sent_blocks(sent: np.ndarray, tiers: int) -> np.ndarray:
    """Which blocks a codeword is made of: int[rows, columns] tiers sent by each tile -> bool[tiers, rows, columns]."""
    return np.arange(tiers)[:, None, None] < sent
