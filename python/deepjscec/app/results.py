# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a run: pictures, `metrics.json` and `report.html`, all of them or none."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec.app.labels import picture_of
from deepjscec.app.pictures import enlarged, png_bytes, side_by_side
from deepjscec.app.quality import mean_colour_psnr_db, psnr_db, ssim

RESULT_NAME = re.compile(r"(\d{3,}_)?(sent|bob|eve|comparison)\.png|metrics\.json|attack\.json|report\.html")


@contextmanager
def result_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder inside `folder` whose files move there on success and vanish on failure.

    Raises `ValueError` at once where `folder` cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
    except OSError as error:
        raise ValueError(f"output folder {folder}: {error.strerror}") from None
    try:
        yield partial
        _move(partial, folder)
    except OSError as error:
        if error.strerror is None:  # of another file, and with its own message
            raise
        raise ValueError(f"output folder {folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _move(partial: Path, folder: Path) -> None:
    """Put new files in place of an earlier run's, which would otherwise pass for this one's."""
    new = {path.name for path in partial.iterdir()}
    for name in sorted(new):
        if (folder / name).is_dir():
            raise ValueError(f"output folder {folder}: {name} is a folder there")
    for path in folder.iterdir():
        if RESULT_NAME.fullmatch(path.name) and path.name not in new and path.is_file():
            path.unlink()
    for name in sorted(new):
        os.replace(partial / name, folder / name)


Received = tuple[dict[str, Any], np.ndarray] | None


def compare(sent: np.ndarray, bob: Received, eve: Received) -> dict[str, Any]:
    """Figures of one picture: what was sent, uint8[H, W, 3], and what Bob and Eve made of it, each its metadata and
    uint8[H, W, 3], or the probabilities of a classifier, float32[classes]."""
    return {
        "height": sent.shape[0],
        "width": sent.shape[1],
        "mean_colour_psnr_db": mean_colour_psnr_db(sent),
        "bob": _figures(sent, bob),
        "eve": _figures(sent, eve),
    }


def _figures(sent: np.ndarray, received: Received) -> dict[str, Any] | None:
    if received is None:
        return None
    meta, result = received
    if "label" in meta:
        quality = {"label": meta["label"], "confidence": meta["confidence"]}
    else:
        quality = {"psnr_db": psnr_db(sent, result), "ssim": ssim(sent, result)}
    return {
        **quality,
        "snr_db": meta["snr_db"],
        "packets_received": meta["packets_received"],
        "packets_sent": meta["packets_sent"],
    }


def caption(figures: dict[str, Any] | None) -> str:
    """PSNR, SSIM and SNR in a line; or label, confidence and SNR."""
    if figures is None:
        return "no picture"
    if "label" in figures:
        return f"{figures['label']}, {figures['confidence']:.0%}, at {figures['snr_db']:.1f} dB SNR"
    return f"PSNR {figures['psnr_db']:.1f} dB, SSIM {figures['ssim']:.2f}, at {figures['snr_db']:.1f} dB SNR"


def write_pictures(
    folder: Path, prefix: str, sent: np.ndarray, bob: Received, eve: Received, figures: dict[str, Any]
) -> dict[str, str]:
    """Write one set of PNG files; returns their names by role."""
    shown = {role: picture_of(*received) if received else None for role, received in (("bob", bob), ("eve", eve))}
    grey = np.full_like(sent, 160)
    strip = side_by_side(
        [
            ("Alice sends", f"{sent.shape[1]} x {sent.shape[0]}", enlarged(sent)),
            ("Bob, with the key", caption(figures["bob"]), enlarged(grey if shown["bob"] is None else shown["bob"])),
            ("Eve, without", caption(figures["eve"]), enlarged(grey if shown["eve"] is None else shown["eve"])),
        ]
    )
    pictures = {"sent": sent, **shown, "comparison": strip}
    names = {}
    for role, pixels in pictures.items():
        if pixels is not None:
            names[role] = f"{prefix}{role}.png"
            (folder / names[role]).write_bytes(png_bytes(pixels))
    return names


def write_json(path: Path, value: Any) -> None:
    """JSON that any parser reads: numbers that are not finite become null."""
    path.write_text(json.dumps(_finite(value), indent=2, allow_nan=False) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
