# SPDX-License-Identifier: GPL-3.0-or-later
"""One look for all figures. Colours tell apart with every kind of colour vision, and lines differ in marker, too.

Source of the colours: Okabe and Ito, "Color universal design", 2008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WIDTH = 8.0  # inches; 120 dots an inch fill the width of a page of documentation
DPI = 120
INK, FAINT = "#1d2733", "#d7dce1"
BLUE, SKY, GREEN, ORANGE, RED, PURPLE = "#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#cc79a7"
GREY = "#a8b0b9"
CIPHER_COLOURS = {"isometric": BLUE, "none": GREY, "modulo": ORANGE}  # LWE in all variants: PURPLE
SOURCE_COLOURS = {"hevc": RED, "av1": GREEN}  # others: INK
MARKERS = "osD^vP*X"
SERIES = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY)
LINE = {"markersize": 3.5, "linewidth": 1.4}


def new_figure(height: float) -> Any:
    """A matplotlib figure of the width of all; no window, no global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def save(figure: Any, path: Path) -> Path:
    """Write a PNG without the date and the version of the program, which would make equal figures differ."""
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    return path


def dress(axes: Any) -> None:
    """Grid, spines and sizes."""
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(labelsize=8, colors=INK)
    for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
        text.set(size=9, color=INK)


def looks(schemes: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Colour, marker and line of each scheme of a configuration, by its name."""
    found: dict[str, dict[str, Any]] = {}
    for number, scheme in enumerate(schemes):
        line = {"jscc": "-", "classifier": "-", "separate": "-", "ideal": "--"}[scheme["kind"]]
        if scheme["receiver"] == "eve":
            line = ":"
        elif scheme["kind"] == "separate" and scheme["design_snr_db"] is not None:
            line = "-."
        found[scheme["name"]] = {
            "color": _colour(scheme),
            "marker": MARKERS[number % len(MARKERS)],
            "linestyle": line,
            **LINE,
            "label": scheme["title"] or scheme["name"],
        }
        if scheme.get("cipher") == "none" and scheme["receiver"] == "bob":  # a broad line, on which others may lie
            found[scheme["name"]] |= {"marker": "", "linewidth": 5, "zorder": 1.5}
    return found


def _colour(scheme: Mapping[str, Any]) -> str:
    if "source" in scheme:
        return SOURCE_COLOURS.get(scheme["source"], INK)
    if scheme["told"]:
        return SKY
    return CIPHER_COLOURS.get(scheme["cipher"], PURPLE)
