# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw docs/images/waveform.png from results/phy_performance.json and results/phy_vs_gnuradio.json.

python benchmarks/phy_figure.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from phy_promises import LOSSES_DB
from phy_tables import ROOT, load

FIGURE = ROOT / "docs" / "images" / "waveform.png"
LABELS = {"deepjscec": "this project", "ofdm_rx, default": "digital.ofdm_rx, 64 carriers"}
LABELS["ofdm_rx, long"] = "digital.ofdm_rx, 256 carriers"


def draw_received(axes: Any, performance: dict[str, Any], peer: dict[str, Any]) -> None:
    """Packets received over SNR, theirs and ours, with carrier and clock off."""
    rows = [row for row in peer["success"] if row["case"] == "noise and offsets"]
    curves = {party: [row for row in rows if row["party"] == party] for party in LABELS}
    low = performance["headers"]
    curves["deepjscec"] = low + [row for row in curves["deepjscec"] if row["snr_db"] > low[-1]["snr_db"]]
    for number, (party, points) in enumerate(curves.items()):
        rates = 100 * np.array([row["rate"] for row in points])
        edges = np.abs(100 * np.array([row["rate_interval"] for row in points]).T - rates)
        snrs = [row["snr_db"] for row in points]
        axes.errorbar(snrs, rates, yerr=edges, fmt="o-", color=f"C{number}", capsize=3, label=LABELS[party])
    axes.set(xlabel="Es/N0 (dB)", ylabel="packets whose header is right (%)")
    axes.set_title("Packets received")
    axes.legend(loc=(0.16, 0.35))


def draw_loss(axes: Any, performance: dict[str, Any]) -> None:
    """Squared error of the payload over the channel's noise."""
    rows = performance["payload"]
    snrs, losses = [row["snr_db"] for row in rows], np.array([row["loss_db"] for row in rows])
    edges = np.abs(np.array([row["loss_interval_db"] for row in rows]).T - losses)
    axes.errorbar(snrs, losses, yerr=edges, fmt="o-", capsize=3, label="Gaussian payload")
    qpsk = performance["qpsk"]
    gaps = np.array([row["gap_db"] for row in qpsk])
    edges = np.abs(np.array([row["gap_interval_db"] for row in qpsk]).T - gaps)
    axes.errorbar([row["snr_db"] for row in qpsk], gaps, yerr=edges, fmt="s", capsize=3, label="QPSK, by bit errors")
    axes.plot(list(LOSSES_DB), list(LOSSES_DB.values()), "k--", label="allowed")
    axes.set(xlabel="Es/N0 (dB)", ylabel="loss (dB)")
    axes.set_ylim(bottom=min(0, *axes.get_ylim()))
    axes.set_title("Loss over a perfect receiver")
    axes.legend()


def draw(path: Path) -> None:
    """The figure."""
    performance, peer = load("phy_performance"), load("phy_vs_gnuradio")
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    draw_received(left, performance, peer)
    draw_loss(right, performance)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(draw(FIGURE))
