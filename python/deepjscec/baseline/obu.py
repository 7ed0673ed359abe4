# SPDX-License-Identifier: GPL-3.0-or-later
"""Open bitstream units of AV1 (AV1 Bitstream & Decoding Process Specification, 5.3) and where AVIF files have them."""

from __future__ import annotations

SEQUENCE_HEADER = 1
TEMPORAL_DELIMITER = 2
FRAME = 6
HAS_SIZE = 2  # flag in the unit's header byte


def media_data(file: bytes) -> bytes:
    """The contents of the `mdat` boxes of an ISO base media file (ISO/IEC 14496-12); ValueError where it is cut."""
    contents, position = b"", 0
    while position < len(file):
        size = int.from_bytes(file[position : position + 4])
        if size < 8 or position + size > len(file):
            raise ValueError(f"box of {size} bytes at {position} in a file of {len(file)}")
        if file[position + 4 : position + 8] == b"mdat":
            contents += file[position + 8 : position + size]
        position += size
    return contents


def split_units(stream: bytes) -> list[tuple[int, bytes]]:
    """(type, payload) of every unit in `stream`, all of which must carry their size and no extension."""
    units, position = [], 0
    while position < len(stream):
        header, position = stream[position], position + 1
        size = shift = 0
        while True:
            byte, position = stream[position], position + 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        units.append((header >> 3, stream[position : position + size]))
        position += size
    return units


def unit(kind: int, payload: bytes) -> bytes:
    """The unit of type `kind` with its size (leb128) before `payload`."""
    size, rest = bytearray(), len(payload)
    while rest >= 128:
        size.append(rest & 127 | 128)
        rest >>= 7
    return bytes([kind << 3 | HAS_SIZE, *size, rest]) + payload
