# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures in the telemetry: without loss, bounded, and nothing unpacked that is not what was said."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from deepjscec.telemetry import Picture, decode_picture, encode_picture
from deepjscec.telemetry.pictures import MAX_PIXELS, is_exact
from deepjscec.telemetry.wire import MAX_BLOB


def noise(height, width, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def message(height, width, blob, reduced=1):
    return Picture("bob", 0, height, width, 0, blob, reduced)


@pytest.mark.parametrize("shape", [(1, 1), (32, 48), (512, 768)])
def test_pixels_survive(shape):
    pixels = noise(*shape)
    blob, reduced = encode_picture(pixels)
    picture = message(*shape, blob, reduced)
    np.testing.assert_array_equal(decode_picture(picture), pixels)
    assert is_exact(picture)


@pytest.mark.parametrize("shape", [(1449, 1448), (3000, 2001), (4001, 601)])
def test_large_picture_of_noise_is_reduced_and_still_fits_a_message(shape):
    pixels = noise(*shape)
    blob, reduced = encode_picture(pixels)
    assert reduced > 1 and len(blob) <= MAX_BLOB
    picture = message(*shape, blob, reduced)
    small = decode_picture(picture)
    assert small.shape[:2] == tuple(-(-side // reduced) for side in shape)
    assert small.shape[0] * small.shape[1] <= MAX_PIXELS
    assert small[0, 0] == pytest.approx(pixels[:reduced, :reduced].mean(axis=(0, 1)), abs=0.6), "means of squares"
    assert not is_exact(picture)


def test_jpeg_of_another_publisher_is_shown_but_never_measured():
    buffer = io.BytesIO()
    Image.fromarray(noise(40, 60)).save(buffer, "JPEG")
    picture = message(40, 60, buffer.getvalue())
    assert decode_picture(picture).shape == (40, 60, 3)
    assert not is_exact(picture)


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_picture_is_refused(array):
    with pytest.raises(ValueError, match="uint8"):
        encode_picture(array)


def saved(mode, kind):
    buffer = io.BytesIO()
    Image.new(mode, (60, 40)).save(buffer, kind)
    return buffer.getvalue()


def bomb():
    """A PNG that says 30000 x 30000 pixels and is a few bytes."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = b""
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")):
        chunks += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunks


GOOD = encode_picture(noise(40, 60))[0]


@pytest.mark.parametrize(
    "picture",
    [
        message(40, 60, b""),
        message(40, 60, b"\x89PNG\r\n\x1a\n"),
        message(40, 60, GOOD[: len(GOOD) // 2]),
        message(40, 60, saved("RGB", "GIF")),
        message(40, 60, saved("RGB", "TIFF")),
        message(40, 60, saved("RGBA", "PNG")),
        message(60, 40, GOOD),
        message(40, 60, GOOD, 2),
        message(40, 60, bomb()),
        message(30_000, 30_000, bomb()),
    ],
    ids=["empty", "head", "half", "gif", "tiff", "alpha", "turned", "reduced", "bomb", "announced bomb"],
)
def test_file_that_is_not_what_was_said_is_refused(picture):
    with pytest.raises(ValueError, match="picture"):
        decode_picture(picture)


def test_damaged_files_are_value_errors_or_pictures():
    rng = np.random.default_rng(2)
    outcomes = set()
    for _ in range(300):
        blob = bytearray(GOOD)
        for at in rng.integers(0, len(blob), 3):
            blob[at] = rng.integers(256)
        try:
            assert decode_picture(message(40, 60, bytes(blob))).shape == (40, 60, 3)
            outcomes.add("picture")
        except ValueError:
            outcomes.add("refused")
    assert "refused" in outcomes
