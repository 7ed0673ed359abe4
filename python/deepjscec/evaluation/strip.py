# SPDX-License-Identifier: GPL-3.0-or-later
"""Example pictures beside the results: one PNG of equal tiles, and where each tile is."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepjscec.evaluation.execution import Task
from deepjscec.evaluation.measure import cropped

COLUMNS = 8


def make_strip(
    tasks: Sequence[Task], results: Mapping[str, Mapping[str, Any]]
) -> tuple[np.ndarray, dict[str, Any]] | None:
    """Sheet uint8[h, w, 3] of all tiles, row by row, and its description; None where nothing is kept.

    The description has the size of a tile, [h, w], the number of columns, and for each tile the scheme ("sent" for the
    original), the SNR and the index of the picture.
    """
    shown = [task for task in tasks if task.cell.kept]
    if not shown:
        return None
    first = shown[0]
    tiles = [cropped(first.pictures.images[i], first.cell.crop) for i in first.cell.kept]
    entries: list[dict[str, Any]] = [{"scheme": "sent", "snr_db": None, "picture": i} for i in first.cell.kept]
    for task in shown:
        for index, text in zip(task.cell.kept, results[task.cell.place]["kept"], strict=True):
            tiles.append(_pixels(text))
            entries.append({"scheme": task.cell.scheme.name, "snr_db": task.cell.snr_db, "picture": index})
    h, w = tiles[0].shape[:2]
    columns = min(COLUMNS, len(tiles))
    sheet = np.full((-(-len(tiles) // columns) * h, columns * w, 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // columns * h, place % columns * w
        sheet[top : top + h, left : left + w] = tile
    return sheet, {"tile": [h, w], "columns": columns, "rate": first.cell.rate, "tiles": entries}


def tile_of(sheet: np.ndarray, strip: Mapping[str, Any], place: int) -> np.ndarray:
    """The tile number `place` of a sheet."""
    (h, w), columns = strip["tile"], strip["columns"]
    top, left = place // columns * h, place % columns * w
    return sheet[top : top + h, left : left + w]


def _pixels(text: str) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))
