# SPDX-License-Identifier: GPL-3.0-or-later
"""Example pictures: a row for each scheme, columns over the SNR with the original in front, picture by picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from deepjscec.evaluation.strip import tile_of
from deepjscec.evaluation.style import INK, WIDTH, new_figure

LABEL_WIDTH, TITLE_HEIGHT = 1.4, 0.25  # inches
WIDEST_TILE = 1.5
GAP = 0.02


def strip_figure(summary: Mapping[str, Any], sheet: np.ndarray) -> Any:
    """Draw a sheet of tiles uint8[h, w, 3] as `summary["strip"]` describes it."""
    strip = summary["strip"]
    titles = {item["name"]: item["title"] or item["name"] for item in summary["configuration"]["schemes"]}
    tiles = {(t["scheme"], t["snr_db"], t["picture"]): i for i, t in enumerate(strip["tiles"])}
    schemes = list(dict.fromkeys(t["scheme"] for t in strip["tiles"] if t["scheme"] != "sent"))
    snrs = sorted({t["snr_db"] for t in strip["tiles"] if t["snr_db"] is not None})
    columns = [(t["picture"], snr) for t in strip["tiles"] if t["scheme"] == "sent" for snr in (None, *snrs)]
    h, w = strip["tile"]
    side = min(WIDEST_TILE, (WIDTH - LABEL_WIDTH) / len(columns))
    drawing = new_figure(len(schemes) * (side - GAP) * h / w + TITLE_HEIGHT + GAP)
    drawing.set_figwidth(LABEL_WIDTH + side * len(columns))
    drawing.get_layout_engine().set(w_pad=GAP / 2, h_pad=GAP / 2, wspace=0, hspace=0)
    panels = drawing.subplots(len(schemes), len(columns), squeeze=False)
    for line, scheme in enumerate(schemes):
        for axes, (picture, snr) in zip(panels[line], columns):
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
            wanted = ("sent", None, picture) if snr is None else (scheme, snr, picture)
            if wanted in tiles and (snr is not None or line == 0):  # one original is enough
                axes.imshow(tile_of(sheet, strip, tiles[wanted]), interpolation="nearest")
            else:
                axes.set_facecolor("none")
            if line == 0:
                axes.set_title("sent" if snr is None else f"{snr:g} dB", fontsize=9, color=INK)
        panels[line][0].set_ylabel(titles[scheme], fontsize=8, color=INK, rotation=0, ha="right", va="center")
    return drawing
