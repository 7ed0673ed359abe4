# SPDX-License-Identifier: GPL-3.0-or-later
"""An experiment's results as JSON has them: a row for each cell, differences of schemes, what the air costs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

import numpy as np

from deepjscec.evaluation.accounting import account, payload_cost
from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.configuration import Conventional, Experiment, Learned
from deepjscec.evaluation.execution import Task
from deepjscec.evaluation.learned import cached_codec
from deepjscec.evaluation.statistics import mean_interval, share_interval

DIGITS = 5  # more than any interval is worth, and fewer than machines agree on
Results = Mapping[str, Mapping[str, Any]]  # by the cell's place
Interval = Callable[[np.ndarray], tuple[float, float] | None]
FIGURES: dict[str, tuple[str, Interval]] = {
    "psnr_db": ("psnr_db", mean_interval),
    "ms_ssim": ("ms_ssim", mean_interval),
    "correct": ("accuracy", share_interval),
    "confidence": ("confidence", mean_interval),
    "failed": ("failed", share_interval),
}


def summarise(experiment: Experiment, tasks: Sequence[Task], results: Results) -> dict[str, Any]:
    """All that is known of an experiment but pixels; `results` of `measure` for every task."""
    cells = [task.cell for task in tasks]
    versions: dict[str, str] = {}
    models, coders, pictures = {}, {}, {}
    for task in tasks:
        inputs = dict(task.cell.inputs)
        pictures[task.cell.pictures.name] = {"count": len(task.pictures.images), "digest": inputs.pop("pictures")}
        if task.train is not None:
            pictures[task.cell.pictures.train] = {"count": len(task.train.images), "digest": inputs.pop("train")}
        if isinstance(task.cell.scheme, Learned):
            models[task.cell.scheme.model] = inputs.pop("model")
        if isinstance(task.cell.scheme, Conventional):
            coders[task.cell.scheme.source] = inputs.pop("source")
        inputs.pop("modes", None)
        versions |= inputs
    return rounded(
        {
            "experiment": experiment.name,
            "configuration": configuration_of(experiment),
            "versions": dict(sorted(versions.items())),
            "models": models,
            "source_coders": coders,
            "pictures": pictures,
            "rows": [row_of(cell, results[cell.place]) for cell in cells],
            "differences": differences_of(experiment, cells, results),
            "accounting": accounting_of(experiment, tasks),
        }
    )


def configuration_of(experiment: Experiment) -> dict[str, Any]:
    """The configuration with every default spelt out."""
    schemes = [{"kind": scheme.kind, **asdict(scheme)} for scheme in experiment.schemes]
    whole = {**asdict(experiment), "schemes": schemes}
    whole.pop("name")
    return {**whole.pop("settings"), **whole}


def where(cell: Cell) -> dict[str, Any]:
    """What a cell and others of the grid may differ in, beside the scheme."""
    return {
        "pictures": cell.pictures.name,
        "rate": cell.rate,
        "channel": cell.channel.kind,
        "snr_db": cell.snr_db,
    }


def row_of(cell: Cell, result: Mapping[str, Any]) -> dict[str, Any]:
    """Means over the pictures, each with its 95 % interval."""
    row: dict[str, Any] = {"scheme": cell.scheme.name, **where(cell), "count": len(result["failed"])}
    for key, (name, interval) in FIGURES.items():
        if result.get(key) is not None:
            values = np.array(result[key])
            row[name], row[f"{name}_interval"] = float(values.mean()), interval(values)
    if "modes" in cell.inputs:
        row["modes"] = json.loads(cell.inputs["modes"])
    return row | {"channel_uses": result["channel_uses"], "true_snr_db": result["true_snr_db"]}


def differences_of(experiment: Experiment, cells: Sequence[Cell], results: Results) -> list[dict[str, Any]]:
    """For each pair that is to be compared, wherever both were measured: mean difference and interval, paired."""
    by_place = {(cell.scheme.name, tuple(where(cell).values())): cell for cell in cells}
    rows = []
    for pair in experiment.compare:
        for cell in cells:
            other = by_place.get((pair.against, tuple(where(cell).values())))
            if cell.scheme.name != pair.scheme or other is None:
                continue
            one, two = results[cell.place], results[other.place]
            for key, (name, _) in FIGURES.items():
                if key in ("psnr_db", "ms_ssim", "correct") and one.get(key) is not None and two.get(key) is not None:
                    gain = np.array(one[key]) - np.array(two[key])
                    rows.append(
                        {
                            "scheme": pair.scheme,
                            "against": pair.against,
                            **where(cell),
                            "figure": name,
                            "difference": float(gain.mean()),
                            "interval": mean_interval(gain),
                        }
                    )
    return rows


def accounting_of(experiment: Experiment, tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """Net and gross for each scheme, set of pictures (the size of the first) and rate, on the waveform's profile.

    "tag_bytes" of AES-GCM are of each picture and inside of "data".
    """
    from deepjscec.phy import Profile

    names = [channel.profile for channel in experiment.channels if channel.kind == "waveform"]
    profile = Profile.named(names[0] if names else "default")
    rows = {}
    for task in tasks:
        cell, shape = task.cell, task.pictures.shapes[0]
        key = (cell.scheme.name, cell.pictures.name, cell.rate)
        if key in rows or cell.scheme.receiver == "eve" or cell.scheme.kind == "ideal":
            continue
        codec = cached_codec(cell.scheme.model) if isinstance(cell.scheme, Learned) else None
        cost = payload_cost(cell.scheme, codec)
        found = account(cost, shape, Fraction(cell.rate), profile, experiment.settings.session_pictures)
        rows[key] = {"scheme": key[0], "pictures": key[1], "rate": key[2], **found}
        rows[key]["tag_bytes"] = getattr(cell.scheme, "tag_bytes", 0)
    return list(rows.values())


def rounded(value: Any) -> Any:
    """Numbers to `DIGITS` decimals; those that are not finite become None, which JSON has a word for."""
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return round(value, DIGITS) if math.isfinite(value) else None
    return value
