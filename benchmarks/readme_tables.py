# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of README.md and docs/ from results/*.json: `python benchmarks/readme_tables.py`, or `--check`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import evaluation_tables
import real_time_tables
import security_tables
from marked_tables import markdown, update

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", *(f"docs/{name}.md" for name in ("waveform", "codec", "security", "results", "real_time")))


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


SETS = {"kodak": "Kodak, 12 odd-numbered", "dev_lossless.npz": "CIFAR-10 test, first 423"}


def codec_rows(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows of `deepjscec evaluate`, each with its model's name."""
    rows = []
    for name in names:
        result = json.loads((ROOT / "results" / "codec" / f"{name}.json").read_text())
        rows += [{"model": name, **row} for row in result["rows"]]
    return rows


def quality_table(rows: list[dict[str, Any]], snrs: tuple[float, ...]) -> str:
    """A line for each model, set, rate and kind of encoder: PSNR over `snrs`."""
    lines: dict[tuple[str, ...], dict[float, dict[str, Any]]] = {}
    for row in rows:
        if not row["erased"]:
            key = (row["model"], SETS.get(row["images"], row["images"]), row["rate"], "yes" if row["told"] else "")
            lines.setdefault(key, {})[row["snr_db"]] = row
    cells = [
        [*key, *(f"{points[snr]['psnr_db']:.1f}" for snr in snrs)]
        for key, points in lines.items()
        if all(snr in points for snr in snrs)
    ]
    heading = ["model", "pictures", "rate", "told the SNR", *(f"{snr:g} dB" for snr in snrs)]
    if not any(row["told"] for row in rows):
        heading, *cells = ([*line[:3], *line[4:]] for line in (heading, *cells))
    return markdown(heading, cells)


def quality() -> str:
    """The same for all models."""
    return quality_table(codec_rows(("photo", "cifar", "lite")), (0, 5, 10, 15, 20))


def erasures() -> str:
    """What lost blocks cost."""
    rows = codec_rows(("photo", "lite", "cifar"))
    whole = {(r["model"], r["rate"], r["snr_db"]): r["psnr_db"] for r in rows if not r["erased"] and not r["told"]}
    lines: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if row["erased"] and not row["told"]:
            loss = whole[row["model"], row["rate"], row["snr_db"]] - row["psnr_db"]
            lines.setdefault((row["model"], row["rate"], f"{row['erased']:.0%}"), []).append(f"{loss:.1f}")
    snrs = sorted({row["snr_db"] for row in rows if row["erased"]})
    heading = ["model", "rate", "blocks lost", *(f"PSNR lost at {snr:g} dB" for snr in snrs)]
    return markdown(heading, [[*key, *values] for key, values in lines.items()])


def penalties() -> str:
    """What one model for all SNRs costs, and equal block energies; a single-SNR network counts at its own only."""
    rows = json.loads((ROOT / "results" / "codec_penalties.json").read_text())["rows"]
    cells = []
    for row in rows:
        if " blocks of " in row["case"]:
            continue
        alone = row["case"].partition(" dB alone")
        values = [
            f"{value:.2f}" if not alone[1] or float(alone[0]) == float(key.split()[-2]) else ""
            for key, value in row.items()
            if key != "case"
        ]
        cells.append([row["case"], *values])
    return markdown(["network trained for", *(" ".join(key.split()[-2:]) for key in rows[0] if key != "case")], cells)


def shares() -> str:
    """What unequal shares gain."""
    rows = json.loads((ROOT / "results" / "codec_shares.json").read_text())["rows"]
    points = {(row["rate"], row["snr_db"], row["shares"]): row["psnr_db"] for row in rows}
    snrs = sorted({row["snr_db"] for row in rows})
    cells = [
        [rate, kind, *(f"{points[rate, snr, kind]:.2f}" for snr in snrs)]
        for rate in dict.fromkeys(row["rate"] for row in rows)
        for kind in ("equal", "unequal")
    ]
    return markdown(["rate", "shares", *(f"{snr:g} dB" for snr in snrs)], cells)


def blocks() -> str:
    """What the size of an encryption block costs, in quality and in time."""
    rows = json.loads((ROOT / "results" / "codec_penalties.json").read_text())["rows"]
    speeds = json.loads((ROOT / "results" / "crypto_speed.json").read_text())["rows"]
    encrypt = {row["block_size"]: row["encrypt_per_cpu_second"] for row in speeds}
    by_size = {size: row for row in rows if (size := block_size(row["case"]))}
    cells = [
        [str(m), *(f"{value:.2f}" for key, value in row.items() if key != "case"), f"{encrypt[m] / 1e6:.1f}"]
        for m, row in sorted(by_size.items())
    ]
    heading = ["*m*", *(" ".join(key.split()[-2:]) for key in rows[0] if key != "case"), "million symbols a second"]
    return markdown(heading, cells)


BLOCK_ENERGIES = "all SNRs, block energies equal"


def block_size(case: str) -> int:
    """Symbols of a block, 0 for a case that is not about it."""
    if case == BLOCK_ENERGIES:
        return 64
    return int(case.rpartition(" blocks of ")[2]) if " blocks of " in case else 0


def wrapped() -> str:
    """What a decoder tuned for wrapped symbols gains, both over the modulo cipher."""
    models = ("cifar", "cifar-wrapped")
    points: dict[tuple[str, str], dict[float, float]] = {}
    for name in models:
        rows = json.loads((ROOT / "results" / "ciphers" / f"{name}_modulo.json").read_text())["rows"]
        for row in rows:
            points.setdefault((row["rate"], name), {})[row["snr_db"]] = row["psnr_db"]
    rates = list(dict.fromkeys(rate for rate, _ in points))
    snrs = sorted(next(iter(points.values())))
    cells = [[rate, name, *(f"{points[rate, name][snr]:.2f}" for snr in snrs)] for rate in rates for name in models]
    return markdown(["rate", "decoder", *(f"{snr:g} dB" for snr in snrs)], cells)


def classification() -> str:
    """Accuracy over the simulated link, Bob's and Eve's."""
    result = json.loads((ROOT / "results" / "classification.json").read_text())
    cells = [
        [f"{row['true_snr_db']:.1f} dB", row["cipher"], share(row["bob"]), share(row["eve"])]
        for row in result["flowgraph"]
    ]
    return markdown(["SNR at Bob", "cipher", "Bob", "Eve, Bob's decoder"], cells)


def classification_eve() -> str:
    """Accuracy of a network that Eve trained on ciphertexts."""
    rows = json.loads((ROOT / "results" / "classification.json").read_text())["trained_eve"]
    heading = ["cipher", "ciphertexts of known class", "a network that Eve trained on them, no noise"]
    return markdown(heading, [[row["cipher"], f"{row['known']:,}", share(row)] for row in rows])


def share(row: dict[str, Any]) -> str:
    """An accuracy and its interval in percent."""
    low, high = row["interval"]
    return f"{row['accuracy']:.1%} ({low:.1%} to {high:.1%})"


def ciphers_speed() -> str:
    """Symbols a second of the ciphers, by CPU time."""
    result = json.loads((ROOT / "results" / "crypto_speed.json").read_text())
    heading = ["cipher", "key stream per symbol", "encrypt", "decrypt", "key stream alone"]
    names = [f"isometric, *m* = {row['block_size']}" for row in result["rows"]] + ["modulo"]
    cells = []
    for name, row in zip(names, [*result["rows"], result["modulo"]], strict=True):
        parts = (row.get(f"{part}_per_cpu_second") for part in ("encrypt", "decrypt", "key_stream_alone"))
        values = ["" if value is None else f"{value / 1e6:.1f}" for value in parts]
        cells.append([name, f"{row['key_stream_bytes_per_symbol']} bytes", *values])
    return markdown(heading, cells)


def speed() -> str:
    """Time that `lite` takes."""
    result = json.loads((ROOT / "results" / "codec_speed.json").read_text())
    times = [f"{result[part]['median_ms']:.0f} ms" for part in ("encode", "decode")]
    heading = ["model", "pixels", "rate", "encode", "decode", "peak memory"]
    row = [result["model"], result["size"], result["rate"], *times, f"{result['peak_memory_mib']:.0f} MiB"]
    return markdown(heading, [row])


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


TABLES = {
    "classification": classification,
    "classification_eve": classification_eve,
    "loopback": loopback,
    "quality": quality,
    "erasures": erasures,
    "penalties": penalties,
    "shares": shares,
    "blocks": blocks,
    "ciphers": security_tables.ciphers,
    "reference": security_tables.reference,
    "attack": security_tables.attack,
    "active": security_tables.active,
    "fuzzing": security_tables.fuzzing,
    "lwe_sets": security_tables.lwe_sets,
    "lwe_noise": security_tables.lwe_noise,
    "wrapped": wrapped,
    "ciphers_speed": ciphers_speed,
    "speed": speed,
    "peak_power": peak_power,
    **evaluation_tables.TABLES,
    **real_time_tables.TABLES,
}


if __name__ == "__main__":
    sys.exit(update([ROOT / page for page in PAGES], TABLES, str(__doc__)))
