# SPDX-License-Identifier: GPL-3.0-or-later
"""RGB pictures as the planes of luma and chroma that video coders take, and back."""

from __future__ import annotations

import numpy as np

# Full range. Rows: luma, first and second chroma plane as H.273 orders them; columns: R, G, B.
BT601 = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])  # H.273, code 5
YCGCO = np.array([[0.25, 0.5, 0.25], [-0.25, 0.5, -0.25], [0.5, 0, -0.5]])  # H.273, code 8

CHROMA_ZERO = 128


def to_planes(images: np.ndarray, matrix: np.ndarray, subsampled: bool) -> list[np.ndarray]:
    """Luma and two chroma planes, uint8[n, H, W] each, of uint8[n, H, W, 3].

    `matrix` is `BT601` or `YCGCO`. `subsampled` (4:2:0) halves the chroma planes' sides by means over 2 x 2 pixels; H
    and W must be even then.
    """
    planes = list(np.moveaxis(images @ matrix.T.astype(np.float32), -1, 0))
    if subsampled:
        n, height, width, _ = images.shape
        planes[1:] = [p.reshape(n, height // 2, 2, width // 2, 2).mean(axis=(2, 4)) for p in planes[1:]]
    return [_as_bytes(planes[0]), *(_as_bytes(p + CHROMA_ZERO) for p in planes[1:])]


def from_planes(planes: list[np.ndarray], matrix: np.ndarray) -> np.ndarray:
    """The inverse of `to_planes`, uint8[n, H, W, 3]; subsampled chroma is interpolated linearly between its samples."""
    luma, *chroma = (p.astype(np.float32) for p in planes)
    chroma = [p - CHROMA_ZERO for p in chroma]
    if chroma[0].shape != luma.shape:
        chroma = [_doubled(_doubled(p, 1), 2) for p in chroma]
    return _as_bytes(np.stack([luma, *chroma], axis=-1) @ np.linalg.inv(matrix).T.astype(np.float32))


def _as_bytes(values: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _doubled(plane: np.ndarray, axis: int) -> np.ndarray:
    """Twice the samples along `axis`; a sample of the coarse grid lies between two of the fine one (chroma centred)."""
    rows = np.moveaxis(plane, axis, -1)
    before = np.concatenate([rows[..., :1], rows[..., :-1]], axis=-1)
    after = np.concatenate([rows[..., 1:], rows[..., -1:]], axis=-1)
    pairs = np.stack([0.75 * rows + 0.25 * before, 0.75 * rows + 0.25 * after], axis=-1)
    return np.moveaxis(pairs.reshape(*rows.shape[:-1], -1), -1, axis)
