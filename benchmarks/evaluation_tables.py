# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of docs/results.md and of the README, from results/evaluation/*.json."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from marked_tables import markdown

from deepjscec.evaluation.markdown import UNITS, accounting_table

ROOT = Path(__file__).resolve().parents[1]
Row = dict[str, Any]


def summary(name: str) -> dict[str, Any]:
    """The results of one experiment."""
    return json.loads((ROOT / "results" / "evaluation" / f"{name}.json").read_text())


def titles(found: dict[str, Any]) -> dict[str, str]:
    """How people call each scheme."""
    return {scheme["name"]: scheme["title"] or scheme["name"] for scheme in found["configuration"]["schemes"]}


def curves(name: str, figure: str, snrs: Iterable[float], channel: str | None = None) -> str:
    """A line for each rate and scheme, in the order of the configuration."""
    found = summary(name)
    _, digits, factor = UNITS.get(figure, ("", 1, 100))
    rows = [row for row in found["rows"] if figure in row and channel in (None, row["channel"])]
    return _lines(rows, titles(found), list(snrs), lambda row: f"{row[figure] * factor:.{digits}f}")


def paired(name: str, figure: str, snrs: Iterable[float], channel: str | None = None) -> str:
    """Mean differences over the same pictures and half of their 95 % intervals."""
    found = summary(name)
    _, digits, factor = UNITS[figure]
    known = titles(found)

    def text(row: Row) -> str:
        half = (row["interval"][1] - row["interval"][0]) / 2 * factor
        return f"{row['difference'] * factor:+.{digits}f} ± {half:.{digits}f}"

    rows = [
        {**row, "scheme": f"{known[row['scheme']]}, less {known[row['against']]}"}
        for row in found["differences"]
        if row["figure"] == figure and channel in (None, row["channel"])
    ]
    return _lines(rows, {row["scheme"]: row["scheme"] for row in rows}, list(snrs), text)


def _lines(rows: list[Row], known: dict[str, str], snrs: list[float], text: Callable[[Row], str]) -> str:
    lines: dict[tuple[str, str], dict[float, str]] = {}
    for row in rows:
        lines.setdefault((row["rate"], known[row["scheme"]]), {})[row["snr_db"]] = text(row)
    rates = list(dict.fromkeys(rate for rate, _ in lines))
    ordered = sorted(lines.items(), key=lambda item: rates.index(item[0][0]))
    cells = [[*key, *(points.get(snr, "") for snr in snrs)] for key, points in ordered if points.keys() & set(snrs)]
    return markdown(["rate", "scheme", *(f"{snr:g} dB" for snr in snrs)], cells)


def accounting(name: str) -> str:
    """What each scheme puts on the air."""
    return accounting_table(summary(name))


def block_errors() -> str:
    """Curves of the channel code: blocks that failed, over the SNR beyond the normal approximation's 10 %."""
    curves = json.loads((ROOT / "results" / "ldpc_bler.json").read_text())["curves"]
    steps = sorted({round(p["snr_db"] - c["points"][0]["snr_db"], 1) for c in curves for p in c["points"]})
    cells = []
    for curve in curves:
        name = f"{curve['modulation']}, {curve['rate']:.2f}"
        start, points = curve["points"][0]["snr_db"], [f"{p['bler']:.1%}" for p in curve["points"]]
        points += [""] * (len(steps) - len(points))
        cells.append([name, f"{start:.2f} dB", str(curve["iterations"]), *points])
    heading = ["modulation, code rate", "approximation's 10 %", "iterations", *(f"+{step:g} dB" for step in steps)]
    return markdown(heading, cells)


def published_block_errors() -> str:
    """AFF3CT's curves of the same codes and ours."""
    rows = json.loads((ROOT / "results" / "ldpc_bler.json").read_text())["published"]
    cells = [
        [
            f"{row['info_bits']} of {row['coded_bits']}",
            f"{row['snr_db']:g} dB",
            f"{row['published']:.1%}",
            "{:.1%} ({:.1%} to {:.1%})".format(row["bler"], *row["interval"]),
        ]
        for row in rows
    ]
    return markdown(["information bits", "SNR", "AFF3CT", "here"], cells)


def source_coding() -> str:
    """Of each source coder the variant that is best at an SNR, 1.5 dB from capacity."""
    best: dict[tuple[str, str, str], dict[float, float]] = {}
    for result in json.loads((ROOT / "results" / "source_coding.json").read_text())["results"]:
        for row in result["rows"]:
            points = best.setdefault((f"{result['images']}, {result['count']}", row["rate"], result["coder"]), {})
            points[row["snr_db"]] = max(row["psnr_db"], points.get(row["snr_db"], -math.inf))
    snrs = list(next(iter(best.values())))
    cells = [[*key, *(f"{points[snr]:.2f}" for snr in snrs)] for key, points in sorted(best.items())]
    return markdown(["pictures", "rate", "source coder", *(f"{snr:g} dB" for snr in snrs)], cells)


def few_bytes() -> str:
    """The transform coder's best payload at each SNR, beside the same pictures of `cifar_awgn`."""
    found = summary("cifar_awgn")
    mean = {(row["scheme"], row["rate"], row["snr_db"]): row["psnr_db"] for row in found["rows"]}
    best: dict[tuple[str, float, int], dict[str, Any]] = {}
    for row in json.loads((ROOT / "results" / "few_bytes.json").read_text())["rows"]:
        key = f"1/{3072 // row['channel_uses']}", row["snr_db"], row["train"]
        best[key] = max(row, best.get(key, row), key=lambda item: item["psnr_db"])
    counts = sorted({train for _, _, train in best})
    cells = []
    for rate, snr in sorted({key[:2] for key in best}, key=lambda item: (Fraction(item[0]), item[1])):
        points = [best[rate, snr, train] for train in counts]
        cells.append(
            [
                rate,
                f"{snr:g} dB",
                *(f"{p['psnr_db']:.2f} ({p['bytes']} bytes, {p['failed']:.1%} failed)" for p in points),
                f"{mean['hevc', rate, snr]:.2f}",
                f"{mean['isometric', rate, snr]:.2f}",
            ]
        )
    trained = [f"transform coder of {count} pictures + LDPC" for count in counts]
    return markdown(["rate", "SNR", *trained, "HEVC + AES + LDPC", "cifar, isometric cipher"], cells)


WIDE = (-5, 0, 5, 10, 15, 20, 25)
TABLES: dict[str, Callable[[], str]] = {
    "block_errors": block_errors,
    "published_block_errors": published_block_errors,
    "source_coding": source_coding,
    "few_bytes": few_bytes,
    "awgn": partial(curves, "cifar_awgn", "psnr_db", WIDE),
    "awgn_failed": partial(curves, "cifar_awgn", "failed", WIDE),
    "awgn_paired": partial(paired, "cifar_awgn", "psnr_db", WIDE),
    "kodak": partial(curves, "kodak", "psnr_db", WIDE),
    "kodak_failed": partial(curves, "kodak", "failed", WIDE),
    "kodak_similarity": partial(curves, "kodak", "ms_ssim", WIDE),
    "kodak_paired": partial(paired, "kodak", "psnr_db", WIDE),
    "fading": partial(curves, "cifar_rayleigh", "psnr_db", (0, 5, 10, 15, 20, 25)),
    "fading_paired": partial(paired, "cifar_rayleigh", "psnr_db", (0, 5, 10, 15, 20, 25)),
    "waveform": partial(curves, "cifar_waveform", "psnr_db", (0, 5, 10, 15, 20)),
    "waveform_paired": partial(paired, "cifar_waveform", "psnr_db", (0, 5, 10, 15, 20)),
    "waveform_accounting": partial(accounting, "cifar_waveform"),
    "paper": partial(curves, "cifar_paper", "psnr_db", (2, 4, 6, 8, 10, 12, 14, 16)),
    "paper_accounting": partial(accounting, "cifar_paper"),
    "accuracy": partial(curves, "classification", "accuracy", (-5, 0, 5, 10, 15, 20), "awgn"),
    "accuracy_paired": partial(paired, "classification", "accuracy", (-5, 0, 5, 10, 15, 20), "awgn"),
}
