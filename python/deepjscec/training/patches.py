# SPDX-License-Identifier: GPL-3.0-or-later
"""Random patches out of pictures: crop, scale, flip and turn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F


class PatchSource:
    """Draws batches of square patches. Pictures are scaled once, at the start, so that a draw is only a copy."""

    def __init__(self, images: Sequence[np.ndarray], patch: int, scales: Sequence[float] = (1.0,)) -> None:
        """`images` uint8[H, W, 3]; `patch` side in pixels; `scales`, the sizes at which each is offered.

        A scale of 1.3 makes pictures that were scaled down far as soft as what cameras deliver.
        """
        self.patch = patch
        self.images: list[np.ndarray] = []
        for image in images:
            for scale in scales:
                scaled = image if scale == 1 else _resize(image, scale)
                if min(scaled.shape[:2]) >= patch:
                    self.images.append(scaled)
        if not self.images:
            raise ValueError(f"no picture is at least {patch} x {patch} pixels")
        # a large picture holds more to learn than a small one
        area = np.array([image.shape[0] * image.shape[1] for image in self.images], np.float64)
        self._cumulative = np.cumsum(area / area.sum())

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """`count` patches as uint8[count, 3, patch, patch]."""
        size = self.patch
        batch = np.empty((count, 3, size, size), np.uint8)
        chosen = np.searchsorted(self._cumulative, rng.random(count)).clip(max=len(self.images) - 1)
        for slot, index in enumerate(chosen):
            image = self.images[index]
            y = rng.integers(image.shape[0] - size + 1)
            x = rng.integers(image.shape[1] - size + 1)
            crop = image[y : y + size, x : x + size]
            if rng.random() < 0.5:
                crop = crop[:, ::-1]
            if size > 32 and rng.random() < 0.5:  # thumbnails (CIFAR-10) have an up and a down that help
                crop = crop.transpose(1, 0, 2)
            batch[slot] = crop.transpose(2, 0, 1)
        return batch


def _resize(image: np.ndarray, scale: float) -> np.ndarray:
    size = [round(side * scale) for side in image.shape[:2]]
    tensor = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].float()
    tensor = F.interpolate(tensor, size=size, mode="bicubic", antialias=True, align_corners=False)
    return tensor[0].clamp(0, 255).round().byte().permute(1, 2, 0).numpy()
