# SPDX-License-Identifier: GPL-3.0-or-later
"""A source coder whose bits all arrive: the bound that separate coding may come near to."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.coders import cached_coder
from deepjscec.evaluation.configuration import Ideal
from deepjscec.evaluation.outcome import Outcome
from deepjscec.evaluation.picture_set import PictureSet, batches_of, even, failed_picture
from deepjscec.evaluation.quality import psnr_db

if TYPE_CHECKING:
    from deepjscec.baseline.source import Rung


class IdealSystem:
    """Each picture gets the best coding that fits k log2(1 + SNR / gap) bits; one that none fits counts as failed.

    The coder's variant (chroma format and the like) is chosen once for a rate and SNR, on training pictures; nothing is
    charged for it, as nothing tells it on the air.
    """

    def __init__(self, cell: Cell, scheme: Ideal, train: PictureSet, cache: Path | None) -> None:
        self._coder = cached_coder(scheme.source, cache)
        self._rate, self._train = Fraction(cell.rate), train
        self._bits_per_use = float(np.log2(1 + 10 ** ((cell.snr_db - scheme.gap_db) / 10)))
        self._variant = self._choose()
        self.channel_uses = 0

    def transmit(self, images: np.ndarray) -> Outcome:
        """Code uint8[n, H, W, 3] into as many bits as the capacity allows, and decode."""
        shape = (images.shape[1], images.shape[2])
        chosen = [best_rung(rungs, self._bits(shape)) for rungs in self._coder.ladder(images, self._variant)]
        failed = np.array([rung is None for rung in chosen])
        pictures = np.repeat(failed_picture(self._train, shape)[None], len(images), axis=0)
        if not failed.all():
            payloads = [rung.payload for rung in chosen if rung is not None]
            pictures[~failed] = self._coder.decode(payloads, shape, self._variant)
        self.channel_uses += len(images) * self._uses(shape)
        return Outcome(pictures, None, failed)

    def _uses(self, shape: tuple[int, int]) -> int:
        return int(self._rate * 3 * shape[0] * shape[1])

    def _bits(self, shape: tuple[int, int]) -> int:
        return int(self._uses(shape) * self._bits_per_use)

    def _choose(self) -> str:
        variants = self._coder.variants
        return variants[0] if len(variants) == 1 else max(variants, key=self._quality)

    def _quality(self, variant: str) -> float:
        """Mean PSNR of the training pictures, dB."""
        found = []
        for images in batches_of([even(image) for image in self._train.images]):
            shape = (images.shape[1], images.shape[2])
            fallback = failed_picture(self._train, shape)
            for image, rungs in zip(images, self._coder.ladder(images, variant), strict=True):
                rung = best_rung(rungs, self._bits(shape))
                found.append(psnr_db(image, fallback) if rung is None else rung.psnr_db)
        return float(np.mean(found))


def best_rung(rungs: Sequence[Rung], bits: int) -> Rung | None:
    """The best of a picture's codings (rising in size and PSNR) that fits; None where none does."""
    fitting = [rung for rung in rungs if 8 * len(rung.payload) <= bits]
    return fitting[-1] if fitting else None
