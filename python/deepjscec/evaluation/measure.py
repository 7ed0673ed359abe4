# SPDX-License-Identifier: GPL-3.0-or-later
"""What one cell gives: figures of every picture, and the pixels of those that are kept."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec.evaluation.burst_channel import BurstChannel
from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.configuration import Ideal, Learned, Separate
from deepjscec.evaluation.outcome import Outcome, System
from deepjscec.evaluation.picture_set import PictureSet, batch_indices
from deepjscec.evaluation.quality import ms_ssim, psnr_db
from deepjscec.evaluation.symbol_channel import SymbolChannel
from deepjscec.evaluation.versions import check_versions


def measure(
    cell: Cell, pictures: PictureSet, train: PictureSet | None = None, cache: Path | None = None
) -> dict[str, Any]:
    """Send every picture `cell.repeats` times; the same for the same cell, whatever the machine does beside it.

    `train`: what Bob knows beforehand; `cache`: where source coders keep what they coded. Returns JSON: lists over
    pictures of means over the repeats ("psnr_db", "ms_ssim" or None where pictures are too small; "correct" and
    "confidence" of classifiers; "failed"), "channel_uses" per source sample, and
    "true_snr_db" of the noise drawn (None for a scheme without a channel). "kept": PNG files as base64. Raises
    `ValueError` where this machine's libraries or models are not those of `cell.inputs`.
    """
    from threadpoolctl import threadpool_limits

    check_versions(cell.inputs)

    found: dict[str, np.ndarray] = {}
    uses, samples, true_snr = 0, 0, []
    kept: dict[int, np.ndarray] = {}
    with threadpool_limits(1):  # sums in another order would round another way
        for repeat in range(cell.repeats):
            channel, system = _system(cell, train, cache, repeat)
            for indices in batch_indices(pictures.images):
                images = np.stack([pictures.images[i] for i in indices])
                outcome = system.transmit(images)
                labels = None if pictures.labels is None else pictures.labels[indices]
                for key, values in _figures(images, labels, outcome).items():
                    found.setdefault(key, np.zeros(len(pictures.images)))[indices] += values / cell.repeats
                samples += images.size
                if repeat == 0 and outcome.pictures is not None:
                    kept.update({i: p for i, p in zip(indices, outcome.pictures) if i in cell.kept})
            uses += system.channel_uses
            true_snr += [] if channel is None else [channel.true_snr_db]
    return {
        **{key: None if np.isnan(values).any() else values.tolist() for key, values in found.items()},
        "channel_uses": uses / samples,
        "true_snr_db": float(np.mean(true_snr)) if true_snr else None,
        "kept": [base64.b64encode(png_bytes(cropped(kept[i], cell.crop))).decode() for i in cell.kept],
    }


def _system(
    cell: Cell, train: PictureSet | None, cache: Path | None, repeat: int
) -> tuple[SymbolChannel | BurstChannel | None, System]:
    scheme = cell.scheme
    if isinstance(scheme, Ideal):
        from deepjscec.evaluation.ideal import IdealSystem

        assert train is not None
        return None, IdealSystem(cell, scheme, train, cache)
    rng, noise = cell.own_numbers(repeat), cell.channel_numbers(repeat)
    channel: SymbolChannel | BurstChannel
    if cell.channel.kind == "waveform":
        from deepjscec.phy import Profile

        channel = BurstChannel(Profile.named(cell.channel.profile), cell.snr_db, cell.channel.offset_hz, noise)
    else:
        channel = SymbolChannel(cell.snr_db, noise, fading=cell.channel.kind == "rayleigh")
    if isinstance(scheme, Separate):
        from deepjscec.evaluation.separate import SeparateSystem

        assert train is not None
        return channel, SeparateSystem(cell, scheme, train, cache, channel, rng)
    assert isinstance(scheme, Learned)
    from deepjscec.evaluation.learned import LearnedSystem

    return channel, LearnedSystem(cell, scheme, channel, rng)


def _figures(images: np.ndarray, labels: np.ndarray | None, outcome: Outcome) -> dict[str, np.ndarray]:
    figures = {"failed": outcome.failed.astype(np.float64)}
    if outcome.pictures is not None:
        pairs = list(zip(images, outcome.pictures, strict=True))
        figures["psnr_db"] = np.array([psnr_db(*pair) for pair in pairs])
        figures["ms_ssim"] = np.array([ms_ssim(*pair) for pair in pairs])
    if outcome.classes is not None:
        assert labels is not None
        figures["correct"] = (outcome.classes.argmax(axis=1) == labels).astype(np.float64)
        figures["confidence"] = outcome.classes.max(axis=1).astype(np.float64)
    return figures


def cropped(picture: np.ndarray, crop: tuple[int, ...]) -> np.ndarray:
    """The part at top, left, height, width of a picture; all of it without a `crop`."""
    if not crop:
        return picture
    top, left, height, width = crop
    return picture[top : top + height, left : left + width]


def png_bytes(picture: np.ndarray) -> bytes:
    """uint8[H, W, 3] as a PNG file."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
