# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of an experiment, with labels where there are any."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

BATCH_PIXELS = 2**19


@dataclass(frozen=True)
class PictureSet:
    """Pictures uint8[H, W, 3], and labels uint8[n] or None."""

    images: list[np.ndarray]
    labels: np.ndarray | None = None

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(H, W) of each."""
        return [(image.shape[0], image.shape[1]) for image in self.images]

    @cached_property
    def digest(self) -> str:
        """Names the content: the start of a SHA-256 over shapes, pixels and labels."""
        state = hashlib.sha256()
        for image in self.images:
            state.update(repr(image.shape).encode())
            state.update(np.ascontiguousarray(image).data)
        if self.labels is not None:
            state.update(np.ascontiguousarray(self.labels).data)
        return state.hexdigest()[:16]


def load_pictures(path: Path, limit: int = 0, classes: Sequence[str] = ()) -> PictureSet:
    """The first `limit` pictures of `path` (0 for all), with labels where `classes` are named.

    Raises `ValueError` where there is no picture, or no label but one is needed.
    """
    stop = limit or None
    if classes:
        from deepjscec.training.labelled import load_labelled

        stacked, labels = load_labelled(path, classes)
        return PictureSet(list(stacked[:stop]), labels[:stop])
    from deepjscec.training.images import load_images

    return PictureSet(load_images(path)[:stop])


def batches_of(images: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Pictures of one size together, in the order of their first, as uint8[n, H, W, 3]."""
    return [np.stack([images[i] for i in indices]) for indices in batch_indices(images)]


def batch_indices(images: Sequence[np.ndarray]) -> list[list[int]]:
    """Which pictures `batches_of` puts together."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for index, image in enumerate(images):
        by_shape.setdefault(image.shape, []).append(index)
    batches = []
    for (h, w, _), group in by_shape.items():
        count = max(1, BATCH_PIXELS // (h * w))
        batches += [group[i : i + count] for i in range(0, len(group), count)]
    return batches


def failed_picture(train: PictureSet, shape: tuple[int, int]) -> np.ndarray:
    """What Bob shows where nothing arrived, uint8[H, W, 3]: he knows the training pictures, and guesses.

    The mean picture where all of them have this `shape`, else the mean colour.
    """
    if {image.shape for image in train.images} == {(*shape, 3)}:
        return np.rint(np.mean(train.images, axis=0)).astype(np.uint8)
    colours = [image.mean(axis=(0, 1)) for image in train.images]
    return np.broadcast_to(np.rint(np.mean(colours, axis=0)).astype(np.uint8), (*shape, 3)).copy()


def even(image: np.ndarray) -> np.ndarray:
    """A picture without a last odd row or column: chroma at half the size needs even sides."""
    return image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
