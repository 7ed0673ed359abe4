# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of `deepjscec attack`, as SVG text."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

CIPHER_COLOUR, CONTROL_COLOUR = "#0b6bcb", "#c2410c"


def _figure(width: float, height: float) -> Any:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    matplotlib.rcParams["svg.hashsalt"] = "deepjscec"  # ids inside the SVG are then the same each time
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure


def _svg(figure: Any) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def distinguisher_figure(results: dict[str, Any]) -> str:
    """Accuracy of the chosen-plaintext distinguisher on every pair of pictures, with its 99 % interval."""
    names = list(results["ciphers"])
    figure = _figure(8, 0.45 * len(names) + 1.2)
    axes = figure.add_subplot()
    lowest = min(one["interval"][0] for found in results["ciphers"].values() for one in found["distinguisher"].values())
    for row, name in enumerate(names):
        attacks = results["ciphers"][name]
        colour = CONTROL_COLOUR if attacks["control"] else CIPHER_COLOUR
        told = list(attacks["distinguisher"].values())
        for offset, one in zip(np.linspace(-0.22, 0.22, len(told)), told):
            low, high = one["interval"]
            axes.plot([low, high], [row + offset] * 2, color=colour, linewidth=2)
            axes.plot(one["accuracy"], row + offset, "o", color=colour, markersize=4)
    for label, colour in (("cipher", CIPHER_COLOUR), ("control", CONTROL_COLOUR)):
        axes.plot([], [], "o-", color=colour, markersize=4, label=label)
    axes.legend(fontsize=8, frameon=False, loc="center")
    axes.axvline(0.5, color="#56626f", linewidth=1, linestyle="--")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(min(0.45, lowest - 0.02), 1.02)
    axes.set_xlabel("ciphertexts told apart (0.5 is guessing), with 99 % intervals; pairs of pictures as in the table")
    axes.spines[["top", "right"]].set_visible(False)
    return _svg(figure)


def quality_figure(results: dict[str, Any]) -> str:
    """PSNR of every attack on every cipher, between guessing and Bob."""
    names = list(results["ciphers"])
    attacks = psnr_of_attacks(results)
    figure = _figure(9, 4)
    axes = figure.add_subplot()
    width = 0.8 / len(attacks)
    for index, (attack, values) in enumerate(attacks.items()):
        places = np.arange(len(names)) - 0.4 + width * (index + 0.5)
        heights = [np.nan if values.get(name) is None else values[name] for name in names]
        axes.bar(places, heights, width, label=attack)
    for level, what in ((results["bob_db"], "Bob"), (results["guess"]["mean_picture_db"], "guess of the mean picture")):
        axes.axhline(level, color="#1d2733", linewidth=1, linestyle="--")
        axes.annotate(
            what, (len(names) - 0.5, level), textcoords="offset points", xytext=(4, 0), va="center", fontsize=8
        )
    axes.set_xticks(range(len(names)), [name.replace("_", "\n") for name in names], fontsize=8)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylabel("PSNR, dB")
    axes.legend(fontsize=8, ncols=len(attacks), loc="upper center", bbox_to_anchor=(0.5, 1.14), frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return _svg(figure)


def psnr_of_attacks(results: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """PSNR in dB by attack and cipher; None where an attack was not made."""
    table: dict[str, dict[str, float | None]] = {}
    for name, found in results["ciphers"].items():
        averaged = found["averaging"][0]
        for attack, value in {
            "as if unencrypted": found["as_if_unencrypted"]["psnr_db"],
            "wrong key": found.get("wrong_key", {}).get("wrong_key_db"),
            "known plaintext": found["known_plaintext"]["psnr_db"],
            f"mean of {averaged['repeats'][-1]}": max(averaged["direct_db"][-1], averaged["regressed_db"][-1]),
            "trained network": found.get("trained", {}).get("psnr_db"),
        }.items():
            table.setdefault(attack, {})[name] = value
    return {attack: values for attack, values in table.items() if any(v is not None for v in values.values())}
