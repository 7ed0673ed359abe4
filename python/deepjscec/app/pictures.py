# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures from and to files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deepjscec.codec.codec import MAX_SIDE, MIN_SIDE
from deepjscec.frames import decode_picture

if TYPE_CHECKING:
    from deepjscec.codec import Codec

# These ship inside scikit-image:
DEFAULT_PICTURE = "astronaut"  # NASA's portrait of Eileen Collins, public domain
DEFAULT_CAT = "chelsea"  # by Stefan van der Walt, public domain


def load_picture(path: str | Path) -> np.ndarray:
    """Read a picture file as uint8[H, W, 3], upright, RGB.

    Raises `ValueError` that names the file when it is missing, no picture, damaged or smaller than 32 x 32.
    """
    pixels = decode_picture(path)
    h, w = pixels.shape[:2]
    if min(h, w) < MIN_SIDE or max(h, w) > MAX_SIDE:
        raise ValueError(f"image {path}: {w} x {h} pixels, but sides must be {MIN_SIDE} to {MAX_SIDE}")
    return pixels


def default_picture() -> np.ndarray:
    """The demo's photograph, uint8[512, 512, 3]."""
    from skimage.data import astronaut

    return astronaut()


def default_cat() -> np.ndarray:
    """What a classifier is shown instead, a cat's face, uint8[300, 300, 3]."""
    from skimage.data import cat

    return cat()[:, 75:375]


def pictures_for(codec: Codec, paths: Sequence[Path]) -> list[np.ndarray]:
    """The pictures at `paths`, or the demo's own, as the model takes them: uint8[H, W, 3] each.

    Raises `ValueError` as `load_picture` does.
    """
    pictures = [load_picture(path) for path in paths] or [default_cat() if codec.classes else default_picture()]
    return [fitted(picture, codec.card.picture) for picture in pictures] if codec.card.picture else pictures


def png_bytes(pixels: np.ndarray) -> bytes:
    """uint8[H, W, 3] as a PNG file's bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


SMALL = 100  # pixels; pictures below are shown enlarged


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """A thumbnail with every pixel several times as large, uint8[H, W, 3]; larger pictures as they are."""
    factor = 2 * SMALL // max(pixels.shape[:2]) if max(pixels.shape[:2]) < SMALL else 1
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def fitted(pixels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The middle of a picture, scaled to `shape` (H, W), for classifiers of small pictures."""
    from PIL import ImageOps

    h, w = shape
    return pixels if pixels.shape[:2] == shape else np.array(ImageOps.fit(Image.fromarray(pixels), (w, h)))


def side_by_side(pictures: list[tuple[str, str, np.ndarray]]) -> np.ndarray:
    """Pictures in a row, each (title, caption, uint8[H, W, 3]) with both lines below it."""
    margin, line = 12, 22
    h, w = (max(pixels.shape[axis] for _, _, pixels in pictures) for axis in (0, 1))
    cell = max(w, 220)
    canvas = Image.new("RGB", (margin + len(pictures) * (cell + margin), h + 2 * margin + 2 * line), "white")
    draw = ImageDraw.Draw(canvas)
    title_font, caption_font = ImageFont.load_default(17), ImageFont.load_default(14)
    for slot, (title, caption, pixels) in enumerate(pictures):
        x = margin + slot * (cell + margin)
        top, left = (h - pixels.shape[0]) // 2, (cell - pixels.shape[1]) // 2
        canvas.paste(Image.fromarray(pixels), (x + left, margin + top))
        draw.text((x + cell / 2, h + margin + line // 2 + 3), title, "black", title_font, anchor="mm")
        draw.text((x + cell / 2, h + margin + line + line // 2 + 2), caption, "#444444", caption_font, anchor="mm")
    return np.array(canvas)
