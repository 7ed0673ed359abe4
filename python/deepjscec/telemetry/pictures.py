# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures to files in a message, and back."""

from __future__ import annotations

import io
import zlib

import numpy as np

from deepjscec.telemetry.wire import Picture

MAX_PIXELS = 1 << 21  # noise of so many takes 6.3 MB as PNG


def encode_picture(pixels: np.ndarray) -> tuple[bytes, int]:
    """uint8[H, W, 3] as a PNG file and how much smaller its picture is, 1 up to two million pixels.

    Lossless, because whoever compares pictures should not measure what a JPEG lost. Raises `ValueError` for other
    arrays.
    """
    from PIL import Image

    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise ValueError(f"a picture is uint8[H, W, 3], not {pixels.dtype}{list(pixels.shape)}")
    reduced = int(np.ceil(np.sqrt(pixels.shape[0] * pixels.shape[1] / MAX_PIXELS)))
    image = Image.fromarray(pixels)
    if reduced > 1:
        image = image.reduce(reduced)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE)  # the least time for a photograph
    return buffer.getvalue(), reduced


def decode_picture(picture: Picture) -> np.ndarray:
    """The pixels of a message, uint8[h, w, 3]. Raises `ValueError` where the file is damaged or not what was said."""
    from PIL import Image

    height, width = (-(-side // picture.reduced) for side in (picture.height, picture.width))
    if height * width > MAX_PIXELS + height + width:  # + ...: reducing rounds up
        raise ValueError(f"a picture of {width} x {height} pixels, more than {MAX_PIXELS}")
    try:
        with Image.open(io.BytesIO(picture.blob), formats=("PNG", "JPEG")) as image:
            if image.size != (width, height) or image.mode != "RGB":  # before anything is unpacked
                raise ValueError(f"{image.size[0]} x {image.size[1]} {image.mode}, not {width} x {height} RGB")
            return np.array(image)
    except Exception as error:  # Pillow has one of its own for each way to be damaged
        raise ValueError(f"picture {picture.image_id} of {picture.role}: {error}") from None


def is_exact(picture: Picture) -> bool:
    """Whether the file shows the pixels as they were: PNG and not reduced."""
    return picture.reduced == 1 and media_type(picture.blob) == "image/png"


def media_type(blob: bytes) -> str:
    """`image/png` or `image/jpeg`."""
    return "image/png" if blob.startswith(b"\x89PNG\r\n\x1a\n") else "image/jpeg"
