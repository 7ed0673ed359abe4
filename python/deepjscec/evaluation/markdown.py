# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as tables that people read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

PARTS = ("data", "reference", "cipher", "padding", "pilots", "guard", "prefix", "preamble", "header", "opening")
UNITS = {"psnr_db": ("PSNR, dB", 2, 1), "ms_ssim": ("MS-SSIM", 4, 1), "accuracy": ("accuracy, %", 1, 100)}

Row = Mapping[str, Any]


def page(summary: Mapping[str, Any]) -> str:
    """All tables of one experiment."""
    parts = [f"# {summary['configuration']['title']}", ""]
    for figure, (title, _, _) in UNITS.items():
        if any(figure in row for row in summary["rows"]):
            parts += [f"## {title}, over the SNR in dB", "", quality_table(summary, figure), ""]
    if any(row.get("failed") for row in summary["rows"]):
        parts += ["## Pictures that failed, %", "", quality_table(summary, "failed"), ""]
    for figure, (title, _, _) in UNITS.items():
        if any(row["figure"] == figure for row in summary["differences"]):
            parts += [
                f"## Differences, paired by picture: {title}, with 95 % intervals, over the SNR in dB",
                "",
                difference_table(summary, figure),
                "",
            ]
    if summary["accounting"]:
        parts += ["## Samples on the air per source sample, in thousandths", "", accounting_table(summary), ""]
    return "\n".join(parts)


def quality_table(summary: Mapping[str, Any], figure: str) -> str:
    """A line for each scheme, pictures, channel and rate; a column for each SNR."""
    _, digits, factor = UNITS.get(figure, ("", 1, 100))
    rows = [row for row in summary["rows"] if figure in row]
    return _over_snr(rows, ["scheme"], lambda row: f"{row[figure] * factor:.{digits}f}")


def difference_table(summary: Mapping[str, Any], figure: str) -> str:
    """The same for differences: mean, and how far the interval reaches to either side."""
    _, digits, factor = UNITS[figure]

    def text(row: Row) -> str:
        value = f"{row['difference'] * factor:+.{digits}f}"
        if row["interval"] is None:
            return value
        half = (row["interval"][1] - row["interval"][0]) / 2 * factor
        return f"{value} ± {half:.{digits}f}"

    return _over_snr([row for row in summary["differences"] if row["figure"] == figure], ["scheme", "against"], text)


def accounting_table(summary: Mapping[str, Any]) -> str:
    """Net and gross rate, and what each part of the waveform and the link takes."""
    heading = ["scheme", "pictures", "rate", "pictures in packets", "net", "gross", *PARTS, "AES tag, bytes"]
    lines = [
        [
            row["scheme"],
            row["pictures"],
            row["rate"],
            f"{row['pictures_per_group']} in {row['packets_per_group']}",
            *(f"{1000 * value:.1f}" for value in (row["net"], row["gross"], *(row["samples"][p] for p in PARTS))),
            str(row["tag_bytes"]),
        ]
        for row in summary["accounting"]
    ]
    return table(heading, lines)


def table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    rows = [heading, ["---"] * len(heading), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _over_snr(rows: Sequence[Row], names: Sequence[str], text: Any) -> str:
    snrs = sorted({row["snr_db"] for row in rows})
    keys = [*names, *(key for key in ("pictures", "channel", "rate") if len({row[key] for row in rows}) > 1)]
    lines: dict[tuple[str, ...], dict[float, str]] = {}
    for row in rows:
        lines.setdefault(tuple(row[key] for key in keys), {})[row["snr_db"]] = text(row)
    return table(
        [*keys, *(f"{snr:g}" for snr in snrs)],
        [[*key, *(cells.get(snr, "") for snr in snrs)] for key, cells in lines.items()],
    )
