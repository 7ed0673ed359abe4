# SPDX-License-Identifier: GPL-3.0-or-later
"""Source coders of the baseline, whose ladders are made once: the same serves all rates, SNRs and channels."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deepjscec.baseline.source import Rung, SourceCoder


class RememberingCoder:
    """A source coder that keeps its ladders in memory, by variant and the pictures' content."""

    def __init__(self, coder: SourceCoder) -> None:
        self._coder = coder
        self._ladders: dict[tuple[str, str], list[list[Rung]]] = {}
        self.name, self.variants, self.identity = coder.name, coder.variants, coder.identity

    def ladder(self, images: np.ndarray, variant: str) -> list[list[Rung]]:
        """See `SourceCoder`."""
        content = repr(images.shape).encode() + np.ascontiguousarray(images).data
        key = variant, hashlib.sha256(content).hexdigest()
        if key not in self._ladders:
            self._ladders[key] = self._coder.ladder(images, variant)
        return self._ladders[key]

    def decode(self, payloads: list[bytes], shape: tuple[int, int], variant: str) -> np.ndarray:
        """See `SourceCoder`."""
        return self._coder.decode(payloads, shape, variant)


@lru_cache(maxsize=4)
def cached_coder(name: str, cache: Path | None = None) -> RememberingCoder:
    """The source coder called `name`, whose ladders are also kept in the folder `cache`.

    Raises `ValueError` for an unknown name, or where what it needs is not installed.
    """
    from deepjscec.baseline.source import make_source_coder

    return RememberingCoder(make_source_coder(name, cache))
