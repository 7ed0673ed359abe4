# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the figures of docs/waveform.md from what `peak_power.py` measured.

python benchmarks/peak_power_plots.py results/peak_power.json docs/images
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def draw_peaks(result: dict[str, Any], path: Path) -> None:
    """How rarely the envelope exceeds a level, what a limit costs, and what is left of the gain."""
    profile = result["profiles"]["default"]
    limits = [row["max_papr_db"] for row in profile["limits"]]
    figure, (rarity, cost, net) = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")

    rarity.semilogy(profile["levels_db"], profile["exceeded"], "k", label="no limit")
    for row in profile["limits"]:
        rarity.semilogy(profile["levels_db"], row["exceeded"], label=f"{row['max_papr_db']:g} dB")
    rarity.set(
        xlim=(2, 12), ylim=(1e-6, 1), xlabel="level over the mean power (dB)", ylabel="share of the time above it"
    )
    rarity.set_title("Envelope of a burst")
    rarity.legend(title="max_papr_db")

    radio = [row["clipped_by_radio"] for row in profile["limits"]]
    cost.plot(limits, [row["band_error_db"] for row in profile["limits"]], "C0o-", label="limited: error in the band")
    cost.plot(limits, [row["band_error_db"] for row in radio], "C1o-", label="clipped by the radio: error in the band")
    cost.plot(limits, [row["adjacent_db"] for row in radio], "C1s--", label="clipped by the radio: next channel")
    cost.set(xlabel="limit (dB)", ylabel="power relative to the signal's (dB)", xticks=limits)
    cost.set_title("Error")
    cost.legend()

    for row in profile["limits"]:
        points = row["reception"]
        net.plot(
            [point["snr_db"] for point in points],
            [point["net_db"] for point in points],
            "o-",
            label=f"{row['max_papr_db']:g} dB",
        )
    net.axhline(0, color="k", linewidth=0.8)
    net.set(xlabel="Es/N0 (dB)", ylabel="mean power gained less loss (dB)")
    net.set_title(f"Same peak, exceeded {result['rare']:g} of the time")
    net.legend(title="max_papr_db")
    for axes in (rarity, cost, net):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def draw_spectrum(result: dict[str, Any], path: Path) -> None:
    """Spectra behind each device, with and without a limit."""
    spectra = result["spectra"]
    devices = list(dict.fromkeys(row["device"] for row in spectra["rows"]))
    kilohertz = [1e-3 * spectra["sample_rate"] * f for f in spectra["frequency"]]
    figure, grid = plt.subplots(1, len(devices), figsize=(13, 4), sharey=True, layout="constrained")
    for axes, device in zip(grid, devices, strict=True):
        for row in spectra["rows"]:
            if row["device"] == device:
                free = row["max_papr_db"] is None
                label = "no limit" if free else f"max_papr_db {row['max_papr_db']:g}"
                axes.plot(kilohertz, row["density_db"], "C1" if free else "C0", linewidth=1, label=label)
        axes.set(xlabel="frequency (kHz)", ylim=(-90, 5), xlim=(-1600, 1600))
        axes.set_title(device, fontsize=10)
        axes.grid(alpha=0.3)
    grid[0].set_ylabel("power spectral density (dB)")
    grid[1].legend(loc="lower center")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("json", type=Path, help="written by peak_power.py")
    parser.add_argument("folder", type=Path, help="where peak_power.png and spectrum.png go")
    options = parser.parse_args(argv)
    result = json.loads(options.json.read_text())
    draw_peaks(result, options.folder / "peak_power.png")
    draw_spectrum(result, options.folder / "spectrum.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
