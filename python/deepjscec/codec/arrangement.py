# SPDX-License-Identifier: GPL-3.0-or-later
"""Which blocks make a codeword, and in which order.

Tier after tier, within a tier the tiles that send it, in raster order. With unequal shares the plan comes first, and
blocks that nobody could use come last. The first tiers, which every tile sends, stand at the same places whatever the
plan says, so they are understood even where the plan was not.
"""

from __future__ import annotations

import numpy as np

from deepjscec.codec.card import ModelCard
from deepjscec.codec.layout import sent_blocks
from deepjscec.codec.plan import decode_plan, encode_plan
from deepjscec.codec.shares import activity


class Arrangement:
    """Of codewords of pictures of one size at one rate."""

    def __init__(self, card: ModelCard, shape: tuple[int, int], rate_index: int) -> None:
        """`shape` (H, W) in pixels; `rate_index` into `card.rates`."""
        self._card = card
        height, width = card.padded_shape(shape)
        self.tiles = height // card.unit, width // card.unit
        self.mean = card.rates[rate_index][1]
        self.length = card.codeword_length(shape, rate_index)
        self.shares = card.shares(shape, rate_index)
        self._plan_blocks = self.length // card.block_size - self.shares.blocks if self.shares else 0

    def plan(self, images: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """Share out for uint8[n, H, W, 3]: int[n, rows, columns] tiers that each tile sends, and the plans' symbols."""
        if not self.shares:
            return np.full((len(images), *self.tiles), self.mean), [np.empty(0, np.complex64)] * len(images)
        rows, columns = (count * self._card.unit for count in self.tiles)
        padding = (0, rows - images.shape[1]), (0, columns - images.shape[2])
        padded = np.pad(images, ((0, 0), *padding, (0, 0)), mode="edge") if any(map(any, padding)) else images
        planes = padded.transpose(0, 3, 1, 2)
        chosen = [self.shares.choose(energy) for energy in activity(planes, self._card.unit * self.shares.area)]
        sent = np.stack([self.shares.spread(levels) for levels in chosen])
        return sent, [encode_plan(levels.ravel(), self._card.block_size) for levels in chosen]

    def gather(self, blocks: np.ndarray, sent: np.ndarray, plans: list[np.ndarray]) -> np.ndarray:
        """Codewords complex64[n, k] of complex64[n, tiers, rows, columns, block_size]."""
        codewords = np.ones((len(blocks), self.length), np.complex64)
        for codeword, own, tiers, plan in zip(codewords, blocks, sent, plans, strict=True):
            symbols = own[sent_blocks(tiers, blocks.shape[1])].ravel()
            codeword[: plan.size] = plan
            codeword[plan.size : plan.size + symbols.size] = symbols
        return codewords

    def read_plan(self, symbols: np.ndarray, noise_var: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a codeword complex64[k], or its first blocks, sends: int[rows, columns] tiers of each tile, and how many
        of these stand at a known place: all, or where the plan was not understood, those that every tile sends."""
        equal = np.full(self.tiles, self.mean)
        if not self.shares:
            return equal, equal
        length = self._plan_blocks * self._card.block_size
        levels = decode_plan(symbols[:length], noise_var[:length], self.shares.tiles.size, self._card.block_size)
        try:
            if levels is not None:
                sent = self.shares.spread(levels.reshape(self.shares.tiles.shape))
                return sent, sent
        except ValueError:  # a checksum that fits by chance
            pass
        return equal, np.full(self.tiles, self.shares.levels[0])

    def place(self, symbols: np.ndarray, noise_var: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Codewords [n, k], or their first blocks, at their tiers and tiles; erased where nothing is.

        `known` int[n, rows, columns] as `read_plan` gives it. Returns complex64 and float32 [n, tiers, rows, columns,
        block_size].
        """
        m = self._card.block_size
        shape = (len(symbols), int(known.max()), *self.tiles, m)
        received, variances = np.zeros(shape, np.complex64), np.full(shape, np.inf, np.float32)
        for i, tiers in enumerate(known):
            index = np.nonzero(sent_blocks(tiers, shape[1]))
            blocks = symbols[i].reshape(-1, m)[self._plan_blocks :][: len(index[0])]
            at = tuple(axis[: len(blocks)] for axis in index)
            received[i][at] = blocks
            variances[i][at] = noise_var[i].reshape(-1, m)[self._plan_blocks :][: len(blocks)]
        return received, variances
