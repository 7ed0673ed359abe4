# SPDX-License-Identifier: GPL-3.0-or-later
"""Large pictures piece by piece, so that memory stays bounded, and without seams.

The networks see only so far. A piece is computed together with a halo of that width and only its core is kept, so
every value is the one that the whole picture would have given, up to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CORE_TILES = 20  # side of a piece's core: 640 pixels, some 200 MB of intermediate results


@dataclass(frozen=True)
class Piece:
    """Slices over rows and columns of tiles."""

    core: tuple[slice, slice]  # what is kept, in the whole picture
    whole: tuple[slice, slice]  # what is computed, in the whole picture
    inner: tuple[slice, slice]  # the core, within what is computed


def pieces(rows: int, columns: int, halo: int, core: int = CORE_TILES) -> Iterator[Piece]:
    """Cover `rows` x `columns` tiles by cores of at most `core` x `core` tiles, each with up to `halo` tiles around."""
    for top, left in ((y, x) for y in range(0, rows, core) for x in range(0, columns, core)):
        spans = [_span(top, rows, halo, core), _span(left, columns, halo, core)]
        yield Piece(*(tuple(span[i] for span in spans) for i in range(3)))  # type: ignore[arg-type]


def _span(start: int, total: int, halo: int, core: int) -> tuple[slice, slice, slice]:
    stop = min(start + core, total)
    low, high = max(0, start - halo), min(total, stop + halo)
    return slice(start, stop), slice(low, high), slice(start - low, stop - low)


def scaled(spans: tuple[slice, slice], factor: int) -> tuple[slice, slice]:
    """Slices over tiles as slices over something `factor` times as fine."""
    rows, columns = (slice(span.start * factor, span.stop * factor) for span in spans)
    return rows, columns
