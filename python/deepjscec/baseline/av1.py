# SPDX-License-Identifier: GPL-3.0-or-later
"""AV1 intra coding as AVIF has it: every picture a still picture of libaom, tuned for PSNR.

Charged is the payload of the frame's OBU: frame header and tile data. Not charged, because both sides know it
beforehand: the AVIF container, temporal delimiter, sequence header, and the OBU's own header and size. The receiver
makes the sequence header by coding a black picture of the same size, so both sides need the same libaom.

The frame header is longer than HEVC's slice header: no picture takes less than 11 bytes, where HEVC gets down to 6.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import av
import numpy as np
from PIL import Image, features

from .colour import BT601, from_planes
from .frames import decode_pictures
from .obu import FRAME, SEQUENCE_HEADER, TEMPORAL_DELIMITER, media_data, split_units, unit
from .source import Rung, check_request, climb

QUALITIES = range(0, 98, 2)  # libavif maps 0 ... 100 onto AV1's base_q_idx; above this only lossless is left
SPEED = 4  # 0 gains 0.3 dB on pictures of 32 x 32 and takes six times as long
ADVANCED = {"tune": "psnr"}  # libavif's default, for the eye, loses up to 5 dB on pictures of 32 x 32

VARIANTS = {"yuv420": "4:2:0", "yuv444": "4:4:4"}


class Av1Coder:
    """AV1 intra coding of pictures by libaom, decoding by dav1d; a `SourceCoder`. Variants: `VARIANTS`, BT.601."""

    name = "av1"
    variants = tuple(VARIANTS)

    @property
    def identity(self) -> str:
        grid = [QUALITIES, SPEED, ADVANCED]
        return f"av1: libavif {features.version('avif')}, PyAV {av.__version__}, {grid}"

    def ladder(self, images: np.ndarray, variant: str) -> list[list[Rung]]:
        check_request(self, variant, images)
        qualities = QUALITIES if len(images) else ()
        codings = ([_encode(image, variant, quality)[1] for image in images] for quality in qualities)
        return climb(self, images, variant, codings)

    def decode(self, payloads: list[bytes], shape: tuple[int, int], variant: str) -> np.ndarray:
        check_request(self, variant)
        if not payloads:
            return np.zeros((0, *shape, 3), np.uint8)
        prefix = unit(TEMPORAL_DELIMITER, b"") + unit(SEQUENCE_HEADER, sequence_header(shape, variant))
        planes = decode_pictures("libdav1d", [prefix + unit(FRAME, p) for p in payloads], shape)
        return from_planes(planes, BT601)


@lru_cache(maxsize=64)
def sequence_header(shape: tuple[int, int], variant: str) -> bytes:
    """The payload of the sequence header's OBU for pictures of the size (H, W)."""
    if not 1 <= min(shape) <= max(shape) <= 8192:
        raise ValueError(f"av1: pictures of 1 to 8192 pixels a side, not {shape[0]} x {shape[1]}")
    return _encode(np.zeros((*shape, 3), np.uint8), variant, QUALITIES[0])[0]


def _encode(image: np.ndarray, variant: str, quality: int) -> tuple[bytes, bytes]:
    """Payloads of sequence header and frame of uint8[H, W, 3]."""
    file = BytesIO()
    Image.fromarray(image).save(
        file,
        "AVIF",
        quality=quality,
        subsampling=VARIANTS[variant],
        speed=SPEED,
        range="full",
        codec="aom",
        max_threads=1,
        autotiling=False,
        advanced=ADVANCED,
    )
    units = dict(split_units(media_data(file.getvalue())))
    return units[SEQUENCE_HEADER], units[FRAME]
