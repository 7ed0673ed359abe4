# SPDX-License-Identifier: GPL-3.0-or-later
"""HEVC intra coding as BPG uses it: every picture an IDR picture of x265, tuned for PSNR.

Charged is the raw payload of the picture's one slice: slice header (about two bytes; it holds the quantiser) and slice
data. Not charged, because both sides know it beforehand: VPS, SPS and PPS, which the receiver makes by coding a black
picture of the same size, start code, NAL header and emulation prevention bytes. So both sides need the same x265.

Quantisers are coarse for small pictures: a step is some 10 % of the bytes. Therefore each quantiser also runs with
other Lagrange multipliers than x265's own, which spend more or fewer bytes on the same step size. On CIFAR-10 at rate
1/6 this fills a budget better by 0.2 dB at 5 to 20 dB; the YCgCo matrix of H.273 gains 0.1 to 0.3 dB over BT.601.

The payload depends on a picture's place in a call by one flag without effect on pictures of one slice
(`slice_loop_filter_across_slices_enabled_flag`, x265 counts with it); length and decoded picture do not.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from .colour import BT601, YCGCO, from_planes, to_planes
from .frames import decode_pictures, frame_of
from .nal import (
    HEADER_BYTES,
    START_CODE,
    split_stream,
    unit_type,
    with_emulation_prevention,
    without_emulation_prevention,
)
from .source import Rung, check_request, climb

QUANTISERS = range(8, 52)
# Lagrange multipliers, relative to x265's own.
MULTIPLIERS_SMALL = (0.7, 1.1, 1.7, 2.6)
MULTIPLIERS_LARGE = (1.0,)  # a quantiser's step is fine enough
MULTIPLIERS_COARSEST = (3.7, 5.0, 7.0, 10.0, 20.0, 40.0)  # with the coarsest quantiser: down to 6 bytes
SMALL_PIXELS = 128 * 128

PRESET = "slow"  # as good on pictures of 32 x 32 as the slower ones, in half of their time
PARAMETERS = {
    "pools": "none",
    "frame-threads": 1,
    "wpp": 0,  # entry points would be charged
    "keyint": 1,
    "bframes": 0,
    "scenecut": 0,
    "rc-lookahead": 0,
    "psy-rd": 0,
    "psy-rdoq": 0,
    "aq-mode": 0,
    "cutree": 0,
    "ip-ratio": 1,
    "info": 0,
    "log-level": "none",
}

IDR_N_LP = 20  # nal_unit_type of an IDR picture that no other follows
SLICE_HEADER = bytes([IDR_N_LP << 1, 1])  # layer 0, temporal layer 0

_ENCODER = threading.Lock()  # x265 keeps its Lagrange multipliers in globals


@dataclass(frozen=True)
class Variant:
    pixel_format: str
    matrix: np.ndarray

    @property
    def subsampled(self) -> bool:
        return self.pixel_format == "yuv420p"


VARIANTS = {
    "yuv420": Variant("yuv420p", BT601),
    "yuv444": Variant("yuv444p", BT601),
    "ycgco444": Variant("yuv444p", YCGCO),
}


class HevcCoder:
    """HEVC intra coding of pictures by x265, decoding by FFmpeg; a `SourceCoder`. Variants: `VARIANTS`."""

    name = "hevc"
    variants = tuple(VARIANTS)

    @property
    def identity(self) -> str:
        codec = av.library_versions["libavcodec"]
        grid = [QUANTISERS, MULTIPLIERS_SMALL, MULTIPLIERS_LARGE, MULTIPLIERS_COARSEST, SMALL_PIXELS]
        return f"hevc: PyAV {av.__version__}, libavcodec {codec}, {PRESET}, {PARAMETERS}, {grid}"

    def ladder(self, images: np.ndarray, variant: str) -> list[list[Rung]]:
        check_request(self, variant, images)
        n, height, width = images.shape[:3]
        if not n:
            return []
        _check_size((height, width), variant)
        planes = to_planes(images, VARIANTS[variant].matrix, VARIANTS[variant].subsampled)
        codings = ([_payload(p) for p in _encode(planes, variant, *setting)] for setting in _settings(height * width))
        return climb(self, images, variant, codings)

    def decode(self, payloads: list[bytes], shape: tuple[int, int], variant: str) -> np.ndarray:
        check_request(self, variant)
        _check_size(shape, variant)
        if not payloads:
            return np.zeros((0, *shape, 3), np.uint8)
        prefix = parameter_sets(shape, variant) + START_CODE + SLICE_HEADER
        planes = decode_pictures("hevc", [prefix + with_emulation_prevention(p) for p in payloads], shape)
        return from_planes(planes, VARIANTS[variant].matrix)


def _settings(pixels: int) -> list[tuple[int, float]]:
    """(quantiser, multiplier) of all codings that are tried for a picture of so many pixels."""
    multipliers = MULTIPLIERS_SMALL if pixels <= SMALL_PIXELS else MULTIPLIERS_LARGE
    usual = [(quantiser, multiplier) for quantiser in QUANTISERS for multiplier in multipliers]
    return usual + [(QUANTISERS[-1], multiplier) for multiplier in MULTIPLIERS_COARSEST]


@lru_cache(maxsize=64)
def parameter_sets(shape: tuple[int, int], variant: str) -> bytes:
    """VPS, SPS and PPS with start codes for pictures of the size (H, W)."""
    black = np.zeros((1, *shape, 3), np.uint8)
    planes = to_planes(black, VARIANTS[variant].matrix, VARIANTS[variant].subsampled)
    units = split_stream(_encode(planes, variant, QUANTISERS[-1], 1.0)[0])
    return b"".join(START_CODE + unit for unit in units if unit_type(unit) != IDR_N_LP)


def _check_size(shape: tuple[int, int], variant: str) -> None:
    height, width = shape
    if min(shape) < 16 or max(shape) > 8192:
        raise ValueError(f"hevc: pictures of 16 to 8192 pixels a side, not {height} x {width}")
    if VARIANTS[variant].subsampled and (height % 2 or width % 2):
        raise ValueError(f"hevc: {variant} takes even sides, not {height} x {width}")


def _encode(planes: list[np.ndarray], variant: str, quantiser: int, multiplier: float) -> list[bytes]:
    """One byte stream a picture, each with its parameter sets, from uint8[n, H, W] planes."""
    n, height, width = planes[0].shape
    with _ENCODER, TemporaryDirectory() as folder:
        lambda_file = Path(folder) / "lambda"
        lambda_file.write_text(_lagrange_multipliers(multiplier))
        parameters = {**PARAMETERS, "qp": quantiser, "lambda-file": lambda_file}
        encoder = av.VideoCodecContext.create("libx265", "w")
        encoder.width, encoder.height = width, height
        encoder.pix_fmt = VARIANTS[variant].pixel_format
        encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
        encoder.options = {"preset": PRESET, "x265-params": ":".join(f"{k}={v}" for k, v in parameters.items())}
        packets = []
        for i in range(n):
            frame = frame_of([plane[i] for plane in planes], VARIANTS[variant].pixel_format)
            frame.pts = i
            packets += encoder.encode(frame)
        packets += encoder.encode(None)
    return [bytes(packet) for packet in packets]


def _lagrange_multipliers(factor: float) -> str:
    """x265's own multipliers for squared errors (constants.cpp, 8 bit) times `factor`, as its file format has them."""
    quantiser = np.arange(70)
    of_absolute_errors = np.sqrt(factor) * 2 ** ((quantiser - 12) / 6)
    of_squared_errors = factor * 0.038 * np.exp(0.234 * quantiser)
    return "\n".join(", ".join(f"{x:.6f}" for x in table) for table in (of_absolute_errors, of_squared_errors))


def _payload(stream: bytes) -> bytes:
    (unit,) = (u for u in split_stream(stream) if unit_type(u) == IDR_N_LP)
    return without_emulation_prevention(unit[HEADER_BYTES:])
