# SPDX-License-Identifier: GPL-3.0-or-later
"""All figures of a folder of results, drawn from its files alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepjscec.evaluation.curves import LABELS, differences, over_rate, over_snr
from deepjscec.evaluation.strip_figure import strip_figure
from deepjscec.evaluation.style import save


def draw_figures(results: Path, out: Path, names: Sequence[str] | None = None) -> Iterator[Path]:
    """Draw the results of experiments `names`, by default of all in the folder; gives each file's path once written.

    Over the SNR: NAME_psnr_db.png, NAME_ms_ssim.png, NAME_accuracy.png; with _rate over what is on the air, with
    _difference between schemes; and NAME_strip.png. Raises `ValueError` where there are no results, or a file is none.
    """
    files = sorted(results.glob("*.json")) if names is None else [results / f"{name}.json" for name in names]
    if not files:
        raise ValueError(f"{results}: no results of deepjscec evaluate")
    summaries = [(file, _read(file)) for file in files]
    out.mkdir(parents=True, exist_ok=True)
    for file, summary in summaries:
        for name, drawing in _figures(file.parent, summary):
            yield save(drawing, out / f"{summary['experiment']}_{name}.png")


def _figures(folder: Path, summary: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for figure in LABELS:
        if any(figure in row for row in summary["rows"]):
            yield figure, over_snr(summary, figure)
            if (drawing := over_rate(summary, figure)) is not None:
                yield f"{figure}_rate", drawing
            if (drawing := differences(summary, figure)) is not None:
                yield f"{figure}_difference", drawing
    if "strip" in summary:
        from PIL import Image

        with Image.open(folder / summary["strip"]["file"]) as sheet:
            yield "strip", strip_figure(summary, np.asarray(sheet.convert("RGB")))


def _read(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text())
        if not {"experiment", "configuration", "rows", "differences", "accounting"} <= set(summary):
            raise ValueError
    except (ValueError, TypeError):
        raise ValueError(f"{path}: no results of deepjscec evaluate") from None
    return summary
