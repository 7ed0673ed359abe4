# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that differ from others in some bytes: the difference of each byte modulo 256, compressed.

Where some weights of a network were tuned, each by little, the upper bytes of most stay: a patch takes less than
those weights themselves.
"""

from __future__ import annotations

import lzma

import numpy as np

MOST_MEMORY = 2**25  # bytes that a decompressor may take; what `make_patch` writes takes a third


def make_patch(old: bytes, new: bytes) -> bytes:
    """What turns `old` into `new`; `ValueError` where their lengths differ."""
    if len(old) != len(new):
        raise ValueError(f"{len(new)} bytes are no patch of {len(old)}")
    difference = np.frombuffer(new, np.uint8) - np.frombuffer(old, np.uint8)
    return lzma.compress(difference.tobytes())


def apply_patch(old: bytes, patch: bytes) -> bytes:
    """The file that `make_patch` was given as `new`. `ValueError` for a patch that is none of a file of this length."""
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)
    try:
        difference = decompressor.decompress(patch, max_length=len(old) + 1)
    except (lzma.LZMAError, EOFError) as error:
        raise ValueError(f"no patch of a file ({error})") from None
    if len(difference) != len(old) or not decompressor.eof:
        raise ValueError(f"no patch of a file of {len(old)} bytes, or one cut short")
    return (np.frombuffer(old, np.uint8) + np.frombuffer(difference, np.uint8)).tobytes()
