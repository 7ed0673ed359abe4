# SPDX-License-Identifier: GPL-3.0-or-later
"""Unequal shares of a codeword: busy areas of a picture send more tiers, smooth ones fewer.

The number of blocks is that of equal shares, and so is each block's energy: neither tells anything about the picture.
Which area sends how much is a plan in the codeword's first blocks (`deepjscec.codec.plan`), encrypted like all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

MIN_AREAS = 16  # a smaller picture's plan costs more than unequal shares gain
LEVELS = 4  # to choose from, so that an area's level takes two bits
CELL = 4  # pixels along the side of a cell, whose mean the lowest tiers carry


def check_levels(rate: str, levels: list[int], rates: dict[str, int]) -> None:
    """`ValueError` unless `levels` are that many rising numbers of tiers, the lowest at most that of a known rate."""
    whole = isinstance(levels, list) and all(type(level) is int for level in levels)
    if not whole or len(levels) != LEVELS or sorted(set(levels)) != levels or levels[0] < 1:
        raise ValueError(f"shares {rate}: levels {levels!r} are not {LEVELS} rising numbers of tiers")
    if rate not in rates:
        raise ValueError(f"shares {rate}: not one of the rates {', '.join(rates)}")
    if levels[0] > rates[rate]:
        raise ValueError(f"shares {rate}: the lowest level is above the rate's own {rates[rate]} tiers")


def activity(planes: np.ndarray, pixels: int) -> np.ndarray:
    """What an area has to tell: its mean squared deviation from the means of 4 x 4 pixels, values 0 to 255.

    `planes` uint8[n, 3, H, W], sides multiples of 4; areas of `pixels` x `pixels`, those at the far edges may be
    smaller. Returns float64[n, areas down, areas across].
    """
    n, colours, height, w = planes.shape
    down, across = -(-height // pixels), -(-w // pixels)
    energy = np.zeros((n, down, across))
    for row in range(down):  # bounds the memory that a large picture takes
        strip = planes[:, :, row * pixels : (row + 1) * pixels]
        cells = strip.reshape(n, colours, -1, CELL, w // CELL, CELL).astype(np.float32)
        variance = (cells**2).sum((3, 5)) - cells.sum((3, 5)) ** 2 / CELL**2
        sums = np.add.reduceat(variance.sum((1, 2), dtype=np.float64), np.arange(0, w // CELL, pixels // CELL), axis=1)
        widths = np.minimum(pixels, w - pixels * np.arange(across))
        energy[:, row] = sums / (colours * strip.shape[2] * widths)
    return energy


@dataclass(frozen=True)
class Shares:
    """How pictures of one size share the blocks of a codeword at one rate. Sides in tiles, counts in blocks."""

    rows: int
    columns: int
    area: int  # tiles along the side of an area
    levels: tuple[int, ...]  # tiers that the tiles of an area may send, rising, `LEVELS` of them
    blocks: int  # to share out

    @cached_property
    def tiles(self) -> np.ndarray:
        """Tiles of each area, int[areas down, areas across]."""
        down = np.minimum(self.area, self.rows - np.arange(0, self.rows, self.area))
        across = np.minimum(self.area, self.columns - np.arange(0, self.columns, self.area))
        return down[:, None] * across

    def choose(self, energy: np.ndarray) -> np.ndarray:
        """Level of each area for its `activity`, uint8[areas down, areas across].

        Where an error falls as activity / tiers, a block more is worth activity / (tiers before x tiers after); the
        steps that are worth most are taken while there are blocks.
        """
        levels = np.array(self.levels)
        worth = (energy + 1)[..., None] / (levels[:-1] * levels[1:])
        cost = self.tiles[..., None] * np.diff(levels)
        order = np.argsort(-worth, axis=None, kind="stable")
        left = self.blocks - int(self.tiles.sum()) * levels[0]
        taken = np.cumsum(cost.ravel()[order]) <= left
        chosen = np.zeros(worth.size, np.uint8)
        chosen[order[: int(np.argmin(np.append(taken, False)))]] = 1
        return chosen.reshape(worth.shape).sum(-1, dtype=np.uint8)

    def spread(self, chosen: np.ndarray) -> np.ndarray:
        """Tiers that each tile sends for levels as `choose` returns them, int[rows, columns].

        The few blocks that no area could take go to single tiles, those with least first. Raises `ValueError` where
        the levels take more blocks than there are.
        """
        levels = np.array(self.levels)
        tiles = chosen.astype(np.intp).repeat(self.area, 0).repeat(self.area, 1)[: self.rows, : self.columns].ravel()
        left = self.blocks - int(levels[tiles].sum())
        if left < 0:
            raise ValueError(f"shares of {self.blocks - left} blocks where there are {self.blocks}")
        order = np.argsort(tiles, kind="stable")
        order = order[tiles[order] < LEVELS - 1]
        cost = levels[tiles[order] + 1] - levels[tiles[order]]
        tiles[order[np.cumsum(cost) <= left]] += 1
        return levels[tiles].reshape(self.rows, self.columns)
