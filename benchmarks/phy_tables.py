# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of docs/waveform_performance.md from results/*.json.

python benchmarks/phy_tables.py
python benchmarks/phy_tables.py --check
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from impairment_table import markdown as impairment_markdown
from marked_tables import markdown, update
from phy_promises import promises

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "waveform_performance.md"
RESULTS = ROOT / "results"


def load(name: str) -> Any:
    """What `results/NAME.json` holds."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def percent(row: dict[str, Any]) -> str:
    """A rate and its interval."""
    low, high = row["rate_interval"]
    return f"{100 * row['rate']:.2f} % [{100 * low:.2f}, {100 * high:.2f}]"


def between(value: float, interval: Sequence[float], digits: int = 2) -> str:
    """A value and its interval."""
    return f"{value:.{digits}f} [{interval[0]:.{digits}f}, {interval[1]:.{digits}f}]"


def promised() -> str:
    """What was asked for, beside what was measured."""
    rows = promises(*(load(f"phy_{name}") for name in ("performance", "false_alarms", "vs_gnuradio", "fuzz")))
    return markdown(
        ("asked for", "measured", ""), ((asked, got, "yes" if met else "**no**") for asked, got, met in rows)
    )


def headers() -> str:
    """Packets received over SNR."""
    rows = load("phy_performance")["headers"]
    cells = (
        (
            f"{row['snr_db']:g} dB",
            f"{row['received']} of {row['packets']}",
            percent(row),
            str(row["packets"] - row["received"] - row["bad_header"]),
            str(row["bad_header"]),
        )
        for row in rows
    )
    return markdown(("Es/N0", "received", "rate [95 %]", "not found", "header wrong"), cells)


def payload() -> str:
    """Implementation loss and calibration."""
    rows = load("phy_performance")["payload"]
    cells = (
        (
            f"{row['snr_db']:g} dB",
            f"{row['received']} of {row['packets']}",
            f"{between(row['loss_db'], row['loss_interval_db'])} dB",
            between(row["reported_over_true"], row["reported_over_true_interval"], 3),
        )
        for row in rows
    )
    return markdown(("Es/N0", "received", "loss [95 %]", "reported / true [95 %]"), cells)


def qpsk() -> str:
    """Bit errors against theory."""
    rows = load("phy_performance")["qpsk"]
    cells = (
        (
            f"{row['snr_db']:g} dB",
            f"{row['bit_error_rate']:.2e}",
            f"{row['theory']:.2e}",
            f"{between(row['gap_db'], row['gap_interval_db'])} dB",
            f"{row['loss_db']:.2f} dB",
        )
        for row in rows
    )
    return markdown(("Es/N0", "bit error rate", "theory", "gap [95 %]", "loss by squared error"), cells)


def peer_packets() -> str:
    """Packets received, theirs and ours."""
    rows = load("phy_vs_gnuradio")["success"]
    parties = list(dict.fromkeys(row["party"] for row in rows))
    lines: dict[tuple[str, float | None], list[str]] = {}
    for row in rows:
        lines.setdefault((row["case"], row["snr_db"]), []).append(percent(row))
    cells = (
        (case, "no noise" if snr_db is None else f"{snr_db:g} dB", *values) for (case, snr_db), values in lines.items()
    )
    return markdown(("channel", "Es/N0", *(f"`{party}`" for party in parties)), cells)


def peer_speed() -> str:
    """Speed, theirs and ours."""
    result = load("phy_vs_gnuradio")
    cells = []
    for row in result["speed"]:
        wall = np.array(row["wall_msps"])
        counted = f"{row['packets_received']} of {row['packets_sent']}" if row["packets_sent"] else ""
        rates = f"{wall.min():.1f} / {np.median(wall):.1f} / {wall.max():.1f}", f"{np.median(row['cpu_msps']):.1f}"
        cells.append((row["signal"], str(row["cores"]), f"`{row['contender']}`", *rates, counted))
    table = markdown(("signal", "cores", "receiver", "min / median / max", "of CPU time", "packets received"), cells)
    return f"{table}\n\nProcessor: {result['processor']}; GNU Radio {result['gnuradio']}."


def peer_ratios() -> str:
    """How many times the peer's rate."""
    rows = load("phy_vs_gnuradio")["speed_ratios"]
    cells = (
        (row["signal"], str(row["cores"]), f"`{row['peer']}`")
        + tuple(" / ".join(f"{value:.1f}" for value in row[kind]) for kind in ("wall", "cpu"))
        for row in rows
    )
    return markdown(("signal", "cores", "peer", "ratio, min / median / max", "of CPU time"), cells)


def false_alarms() -> str:
    """Noise and foreign signals."""
    result = load("phy_false_alarms")
    noise = result["noise"]
    cells = [
        (
            "white noise",
            f"{noise['samples']:,}",
            str(noise["false_packets"]),
            str(noise["stats"]["detected"] - noise["packets_received"]),
            f"{noise['msps_cpu']:.1f}",
        )
    ]
    for row in result["signals"]:
        figures = f"{row['samples']:,}", str(row["false_packets"]), str(row["preambles"])
        cells.append((row["signal"], *figures, f"{row['msps_cpu']:.1f}"))
    return markdown(("signal", "samples", "false packets", "preambles seen", "Msamples/s"), cells)


def memory() -> str:
    """Resident memory over the noise."""
    noise = load("phy_false_alarms")["noise"]
    kib = noise["resident_kib"]
    return (
        f"Resident memory: {kib[0] / 1024:.1f} MiB after the first {noise['samples'] / len(kib) / 1e6:.0f} million "
        f"samples, {kib[-1] / 1024:.1f} MiB after {noise['samples'] / 1e6:.0f} million, {max(kib) / 1024:.1f} MiB at "
        f"most. Packets in the noise: {noise['packets_received']} of {noise['packets_sent']} received. "
        f"Fewer than {noise['false_per_sample_limit']:.1e} false packets per sample, with 95 % confidence."
    )


def fuzz() -> str:
    """What became of the chunks."""
    result = load("phy_fuzz")
    kinds = ", ".join(f"{name} ({count:,})" for name, count in result["kinds"].items())
    return (
        f"{result['chunks']:,} chunks, {result['samples'] / 1e6:.0f} million samples: {result['good_received']:,} of "
        f"{result['good_packets']:,} good packets received, {result['mutated_received']:,} mutated ones whose header "
        f"still passed its CRC; failures: {len(result['failures'])}.\n\nKinds and how many: {kinds}."
    )


def combining() -> str:
    """MMSE against zero forcing."""
    cells = []
    for row in load("phy_combining")["rows"]:
        line = [row["channel"], f"{row['snr_db']:g} dB"]
        for way in ("mmse", "zero_forcing"):
            low, middle, high = row[way]["block_snr_db_5_50_95"]
            line += [f"{middle:.1f} dB [{low:.1f}, {high:.1f}]"]
        line += [f"{between(row['gain_db'], row['gain_interval_db'], 1)} dB"]
        line += [f"{row[way]['psnr_db']:.1f} dB" for way in ("mmse", "zero_forcing", "no_cipher")]
        cells.append(line)
    heading = ("channel", "Es/N0", "blocks, MMSE", "blocks, zero forcing", "gain [95 %]")
    return markdown((*heading, "PSNR, MMSE", "PSNR, zero forcing", "PSNR, no cipher"), cells)


def impairments() -> str:
    """The matrix of `impairments.py`."""
    if not (RESULTS / "impairments.json").exists():
        return "Not measured yet."
    return impairment_markdown(load("impairments"))


TABLES = {
    table.__name__: table
    for table in (
        promised,
        headers,
        payload,
        qpsk,
        peer_packets,
        peer_speed,
        peer_ratios,
        false_alarms,
        memory,
        fuzz,
        combining,
        impairments,
    )
}

if __name__ == "__main__":
    sys.exit(update([PAGE], TABLES, str(__doc__)))
