# SPDX-License-Identifier: GPL-3.0-or-later
"""Ladders kept on disk: coding a test set at every quantiser takes minutes, reading it back a moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from joblib import Memory

from .source import Rung, SourceCoder


class CachedCoder:
    """A source coder that keeps its ladders in `folder`, by coder, settings, variant and the pictures' content.

    The files are pickles: use a folder that nobody else writes.
    """

    def __init__(self, coder: SourceCoder, folder: Path) -> None:
        self._coder = coder
        self.name, self.variants = coder.name, coder.variants
        self._ladder = Memory(folder, verbose=0).cache(_ladder, ignore=["coder"])

    @property
    def identity(self) -> str:
        return self._coder.identity

    def ladder(self, images: np.ndarray, variant: str) -> list[list[Rung]]:
        return self._ladder(self._coder, self.identity, images, variant)

    def decode(self, payloads: list[bytes], shape: tuple[int, int], variant: str) -> np.ndarray:
        return self._coder.decode(payloads, shape, variant)


def _ladder(coder: SourceCoder, identity: str, images: np.ndarray, variant: str) -> list[list[Rung]]:
    return coder.ladder(images, variant)  # `identity` is part of the key
