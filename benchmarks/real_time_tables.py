# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of docs/real_time.md from results/real_time.json, receiver_threads.json and soak.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from marked_tables import markdown

RESULTS = Path(__file__).resolve().parents[1] / "results"


def result(name: str = "real_time") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return loaded


def pace(run: dict[str, Any]) -> str:
    return f"{run['fps']:g} frames a second" if run["fps"] else "unpaced"


def real_time() -> str:
    """Factor, pictures, latency, frames dropped."""
    heading = ["rate", "processes", "source", "real-time factor", "pictures a second", "latency, Bob", "latency, Eve"]
    heading += ["frames dropped", "processors used", "by other processes"]
    cells = []
    for case in result()["cases"]:
        for run in case["runs"]:
            frames, pictures = run["frames"], run["pictures_per_second"]
            dropped = frames["frames_dropped_late"] / max(sum(frames.values()), 1)
            cells.append(
                [
                    case["rate"],
                    str(run["processes"]),
                    pace(run),
                    f"**{run['real_time_factor']:.2f}**",
                    f"{min(pictures['bob'], pictures['eve']):.1f}",
                    *(latency(run["latency_s"].get(role)) for role in ("bob", "eve")),
                    f"{dropped:.0%}" if run["fps"] else "",
                    f"{run['cores_used']:.2f}",
                    f"{max(run['other_processes_cores'], 0.0):.2f}",
                ]
            )
    return markdown(heading, cells)


def latency(seconds: dict[str, float] | None) -> str:
    """Median, 99th percentile and most, in ms."""
    if seconds is None:
        return "none arrived"
    return " / ".join(f"{1000 * seconds[percent]:.0f}" for percent in ("50", "99", "100")) + " ms"


def real_time_blocks() -> str:
    """Processor time of each block in one process, unpaced, a column for each rate."""
    runs = {case["rate"]: run for case in result()["cases"] for run in case["runs"] if not run["fps"]}
    used = {rate: run["cpu_s_per_million_samples"] for rate, run in runs.items()}
    names = list(dict.fromkeys((role, block) for shares in used.values() for role in shares for block in shares[role]))
    order = ("Alice", "channel", "Bob", "Eve", "other")
    cells = []
    for role, block in sorted(names, key=lambda name: order.index(name[0])):
        shares = [shares.get(role, {}).get(block) for shares in used.values()]
        cells.append([role, block, *(figures(share) for share in shares)])
    totals = [run["cpu_s_per_million_samples_in_all"] for run in runs.values()]
    cells.append(["all", "", *(figures(total) for total in totals)])
    return markdown(["role", "block", *(f"rate {rate}: processors at 1 Msps (Msps each)" for rate in used)], cells)


def figures(share: float | None) -> str:
    """Processors that 1 million samples a second take, and what one does alone."""
    return "" if share is None else f"{share:.3f} ({1 / share:.1f})"


def real_time_queues() -> str:
    """Messages that wait in front of blocks, mean and most."""
    runs = [(case["rate"], run) for case in result()["cases"] for run in case["runs"]]
    places = list(runs[0][1]["queues"])
    cells = []
    for rate, run in runs:
        depths = (run["queues"][place] for place in places)
        waiting = (f"{depth['mean']:.1f} / {depth['most']}" for depth in depths)
        cells.append([rate, str(run["processes"]), pace(run), *waiting])
    return markdown(["rate", "processes", "source", *places], cells)


def receiver_threads() -> str:
    """What receivers cost each other."""
    heading = ["receivers at once", "processor, each", "time, each", "million samples a second, together"]
    heading += ["switches of threads, each"]
    cells = []
    for run in result("receiver_threads")["runs"]:
        count = run["receivers"]
        turns = {"threads": ", in turns" if run["turns"] else ", without turns", "processes": ""}[run["as"]]
        where = f"{count} {run['as']}{turns}" if count > 1 else "1"
        cells.append(
            [
                where,
                f"{run['processor_s']:.2f} s",
                f"{run['clock_s']:.2f} s",
                f"{count / run['clock_s']:.1f}",
                f"{run['switches']:.0f}",
            ]
        )
    return markdown(heading, cells)


def soak() -> str:
    """What went in and what came out in half an hour, and what grew."""
    found = result("soak")
    frames, packets, samples = (found["sums"][name] for name in ("frames", "packets", "samples"))
    bob, eve = found["sums"]["pictures_bob"], found["sums"]["pictures_eve"]

    def slope(name: str, digits: int, unit: str) -> str:
        x = found["slopes"][name]
        return f"{x['per_half_hour']:+.{digits}f} {unit} ({x['low']:+.{digits}f} to {x['high']:+.{digits}f})"

    return markdown(
        ["", f"{found['seconds'] / 60:.0f} minutes at {found['frames_offered_per_second']:g} frames a second"],
        [
            ["frames", f"{frames['offered']} offered = {frames['sent']} sent + {frames['dropped_late']} dropped"],
            ["pictures", f"{bob['sent']} sent, {bob['received']} at Bob, {eve['received']} at Eve"],
            ["packets", f"{packets['sent']} sent, {packets['accepted']} accepted, {packets['not_found']} not found"],
            ["samples", f"{samples['sent']} sent, {samples['sent'] - samples['at_bob']} in buffers at the end"],
            ["memory in half an hour", slope("rss_mib", 1, "MiB")],
            ["Python objects", slope("objects", 0, "")],
            ["latency at Bob", slope("bob_latency_s", 3, "s")],
        ],
    )


TABLES = {
    "soak": soak,
    "real_time": real_time,
    "real_time_blocks": real_time_blocks,
    "real_time_queues": real_time_queues,
    "receiver_threads": receiver_threads,
}
