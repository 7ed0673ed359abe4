# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the impairment matrix as text and as Markdown."""

from __future__ import annotations

from typing import Any

HEADING = (
    f"{'case':24} {'SNR dB':>6} {'received':>9} {'95 %':>15} {'false':>5} | {'error dB':>8} {'loss':>6} "
    f"{'reported/true':>17} | {'combined':>8} {'loss':>6} {'reported/true':>17} {'weighted':>8} {'true/rep.':>9}     s"
)
#: A loss whose interval is wider than this, in dB, says nothing: some carriers' response came close to zero, and
#: the mean over a division by it does not settle.
WIDEST_LOSS = 1.0


def text_row(row: dict[str, Any]) -> str:
    """A line under `HEADING`."""
    low, high = row["rate_interval"]
    line = (
        f"{row['case']:24} {row['snr_db']:6.2f} {row['received']:4}/{row['packets']:<4} "
        f"[{low:.4f},{high:.4f}] {row['false_packets']:5} | "
    )
    if row["received"]:
        line += (
            f"{row['mse_db']:8.2f} {_loss(row, 'loss_db'):>6} {_ratio(row, 'reported_over_true'):>17} | "
            f"{row['combined_db']:8.2f} {_loss(row, 'combined_loss_db'):>6} "
            f"{_ratio(row, 'combined_reported_over_true'):>17} "
            f"{row['weighted_reported_over_true']:8.3f} {row['true_over_reported']:9.3f}"
        )
    return f"{line} {row['seconds']:5.0f}"


def markdown(result: dict[str, Any]) -> str:
    """The whole matrix as one table, groups as rows of their own."""
    columns = (
        "impairment | mean SNR, dB | received, % | false | error, dB | loss, dB | reported / true "
        "| combined, dB | loss, dB | reported / true"
    )
    lines = [f"| {columns} |", "|" + " --- |" * (columns.count("|") + 1)]
    group = None
    for row in result["rows"]:
        if row["group"] != group:
            group = row["group"]
            lines.append(f"| **{group}** |" + " |" * columns.count("|"))
        lines.append(_markdown_row(row))
    return "\n".join(lines)


def _markdown_row(row: dict[str, Any]) -> str:
    low, high = (f"{100 * edge:.1f}" for edge in row["rate_interval"])
    cells = [row["says"], f"{row['snr_db']:.1f}", f"{100 * row['rate']:.1f} [{low}, {high}]", str(row["false_packets"])]
    if row["received"]:
        cells += [f"{row['mse_db']:.1f}", _loss(row, "loss_db"), _ratio(row, "reported_over_true")]
        cells += [f"{row['combined_db']:.1f}", _loss(row, "combined_loss_db")]
        cells.append(_ratio(row, "combined_reported_over_true"))
    else:
        cells += [""] * 6
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _loss(row: dict[str, Any], name: str) -> str:
    low, high = row[f"{name}_interval"]
    return f"{row[name]:.2f}" if high - low < WIDEST_LOSS else "-"


def _ratio(row: dict[str, Any], name: str) -> str:
    low, high = row[f"{name}_interval"]
    return f"{row[name]:.2f} [{low:.2f}, {high:.2f}]"
