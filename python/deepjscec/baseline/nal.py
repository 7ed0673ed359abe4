# SPDX-License-Identifier: GPL-3.0-or-later
"""NAL units of an HEVC byte stream (ITU-T H.265, 7.3.1 and Annex B)."""

from __future__ import annotations

import re

START_CODE = b"\0\0\0\1"
HEADER_BYTES = 2


def split_stream(stream: bytes) -> list[bytes]:
    """The NAL units, with their headers, of a byte stream with start codes."""
    return [unit for unit in re.split(b"\0\0\0?\1", stream) if unit]


def unit_type(unit: bytes) -> int:
    """`nal_unit_type` of a NAL unit (H.265, table 7-1)."""
    return (unit[0] >> 1) & 63


def without_emulation_prevention(body: bytes) -> bytes:
    """The raw payload of a NAL unit's `body`: the 3 goes that keeps two zero bytes from looking like a start code."""
    return body.replace(b"\0\0\3", b"\0\0")


def with_emulation_prevention(payload: bytes) -> bytes:
    """The inverse of `without_emulation_prevention`; nothing that looks like a start code is left, whatever came in."""
    return re.sub(b"\0\0(?=[\0-\3])", b"\0\0\3", payload)
