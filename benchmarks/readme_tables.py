# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of README.md and docs/ from results/*.json: `python benchmarks/readme_tables.py`, or `--check`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from marked_tables import update

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "docs/waveform.md")


def loopback() -> str:
    """The simulated link, every 4 dB."""
    result = json.loads((ROOT / "results" / "loopback.json").read_text())
    lines = [
        "| SNR at Bob | Bob, encrypted | Bob, unencrypted | Eve, encrypted | Eve, unencrypted |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in result["sweep"]:
        if row["snr_db"] % 4 and row["snr_db"] != 10:
            continue
        lines.append(
            f"| {row['bob_snr_db_isometric']:.1f} dB | **{row['bob_psnr_db_isometric']:.2f} dB** "
            f"| {row['bob_psnr_db_none']:.2f} dB "
            f"| {row['eve_psnr_db_isometric']:.1f} dB, SSIM {row['eve_ssim_isometric']:.2f} "
            f"| {row['eve_psnr_db_none']:.1f} dB |"
        )
    lines.append("")
    costs = ", ".join(f"{cost['cost_db']:+.2f} dB at {cost['snr_db']} dB" for cost in result["encryption_cost"])
    error = max(cost["standard_error_db"] for cost in result["encryption_cost"])
    lines += [
        f"Encryption costs Bob {costs} (mean over the picture's eight orientations, standard error {error:.3f} dB).",
        "",
    ]
    for loss in result["packet_loss"]:
        costs = [loss["whole_psnr_db"] - value for value in loss["lost_psnr_db"]]
        lines.append(
            f"Losing {loss['lost_at_once']} of {loss['packets']} packets costs {min(costs):.1f} to {max(costs):.1f} dB "
            f"at {loss['snr_db']:.0f} dB, whichever they are; {costs[0]:.1f} dB with the first among them."
        )
    return "\n".join(lines)


def codec() -> str:
    """Symbol-level noise on the measuring sets."""
    result = json.loads((ROOT / "results" / "codec_quality.json").read_text())
    lines = ["| pictures | rate | PSNR |", "| --- | --- | --- |"]
    names = {"kodak": "Kodak, 12 odd-numbered", "dev_lossless.npz": "CIFAR-10 test, first 423"}
    for row in result["rows"]:
        values = " / ".join(f"{point['psnr_db']:.1f}" for point in row["snr_db"].values())
        lines.append(f"| {names.get(row['images'], row['images'])} | {row['rate']} | {values} |")
    return "\n".join(lines)


def peak_power() -> str:
    """What limits to the peaks bring and cost."""
    result = json.loads((ROOT / "results" / "peak_power.json").read_text())
    profile = result["profiles"]["default"]
    snrs = " / ".join(f"{point['snr_db']:g}" for point in profile["reception"])
    lines = [
        "| limit | error | level exceeded 10^-5 of the time | gained "
        f"| net at {snrs} dB | next channel if the radio clips instead |",
        "| --- | --- | --- | --- | --- | --- |",
        f"| none | | {profile['level_db']:.1f} dB | | | |",
    ]
    for row in reversed(profile["limits"]):
        net = " / ".join(f"{point['net_db']:+.1f}" for point in row["reception"])
        lines.append(
            f"| {row['max_papr_db']:g} dB | {row['band_error_db']:.1f} dB | {row['level_db']:.1f} dB "
            f"| {row['gained_db']:.1f} dB | {net} dB | {row['clipped_by_radio']['adjacent_db']:.0f} dB |"
        )
    return "\n".join(lines)


TABLES = {"loopback": loopback, "codec": codec, "peak_power": peak_power}


if __name__ == "__main__":
    sys.exit(update([ROOT / page for page in PAGES], TABLES, str(__doc__)))
