# SPDX-License-Identifier: GPL-3.0-or-later
"""Encoded pictures to pixels."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError


def decode_picture(file: str | Path | BinaryIO, name: str | None = None) -> np.ndarray:
    """A PNG, JPEG or other picture, upright, as uint8[H, W, 3], RGB.

    `file`: a path or an open file. Raises `ValueError` with `name` (by default the path) where there is no file, where
    it is no picture, damaged, or so large that Pillow takes it for an attack.
    """
    name = name or f"image {file}"
    if isinstance(file, str | Path) and Path(file).exists() and not Path(file).is_file():
        raise ValueError(f"{name}: not a file")  # opening a pipe would wait for ever
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                image.load()
                return _to_rgb(image)
    except FileNotFoundError:
        raise ValueError(f"{name}: no such file") from None
    except UnidentifiedImageError:
        raise ValueError(f"{name}: not a picture that can be read") from None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError, Warning) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ValueError(f"{name}: {reason}") from None


def _to_rgb(image: Image.Image) -> np.ndarray:
    image = ImageOps.exif_transpose(image)
    if image.mode == "F":
        raise ValueError("floating-point pictures have no defined range; save it with 8 or 16 bits")
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip and not scale
        values = np.asarray(image).astype(np.int64)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError("values are not those of a 16-bit picture")
        return np.repeat((values >> 8).astype(np.uint8)[:, :, None], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return np.array(image.convert("RGB"))
