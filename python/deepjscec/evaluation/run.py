# SPDX-License-Identifier: GPL-3.0-or-later
"""Experiments from configuration to results: what is missing is measured, and all that is known is written."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.configuration import Experiment
from deepjscec.evaluation.execution import Task, run_tasks
from deepjscec.evaluation.markdown import page
from deepjscec.evaluation.measure import png_bytes
from deepjscec.evaluation.preparation import Preparation
from deepjscec.evaluation.store import FOLDER, CellStore
from deepjscec.evaluation.strip import make_strip
from deepjscec.evaluation.summary import row_of, summarise

Note = Callable[[str], None]


def run_experiments(
    experiments: Sequence[Experiment],
    data: Mapping[str, Path],
    out: Path,
    *,
    jobs: int = 1,
    dask: str | None = None,
    fresh: bool = False,
    note: Note = print,
) -> None:
    """Measure all cells that `out`/cells does not hold, and write NAME.json, NAME.md and NAME.png for each experiment.

    `data`: where the pictures of each name are. `jobs` processes, or on the Dask cluster at `dask`: see `run_tasks`.
    `fresh` measures again what is known. `note` gets a line for whatever is worth one. Everything is checked before
    anything runs: `ValueError` or `OSError` for what is wrong.
    """
    preparation = Preparation(data, out / FOLDER / "ladders")
    planned = [(experiment, preparation.tasks(experiment)) for experiment in experiments]
    for name in sorted(preparation.unused):
        note(f"pictures {name!r} are not used by any configuration")
    out.mkdir(parents=True, exist_ok=True)
    for experiment, tasks in planned:
        results = _measure(experiment, tasks, CellStore(out), jobs, dask, fresh, note)
        for path in write_results(out, experiment, tasks, results):
            note(f"{path}")


def _measure(
    experiment: Experiment,
    tasks: Sequence[Task],
    store: CellStore,
    jobs: int,
    dask: str | None,
    fresh: bool,
    note: Note,
) -> dict[str, Any]:
    """Results by place: those kept earlier, and the missing ones measured now and kept as they come."""
    from tqdm import tqdm

    known = {} if fresh else {task.cell.place: store.read(task.cell) for task in tasks}
    results = {place: result for place, result in known.items() if result is not None}
    missing = [task for task in tasks if task.cell.place not in results]
    note(f"{experiment.name}: {len(tasks)} cells, {len(results)} known, {len(missing)} to measure")
    for reason, count in sorted(store.outdated.items()):
        note(f"{experiment.name}: {count} measured again, {reason}")
    if not missing:
        return results
    bar = tqdm(total=len(missing), desc=experiment.name, unit="cell", disable=not sys.stderr.isatty())
    with bar:
        for cell, result in run_tasks(missing, jobs, dask):
            store.write(cell, result)
            results[cell.place] = result
            bar.update()
            note(describe(cell, result))
    return results


def write_results(out: Path, experiment: Experiment, tasks: Sequence[Task], results: Mapping[str, Any]) -> list[Path]:
    """The files of one experiment, each whole or as it was; returns their paths."""
    summary = summarise(experiment, tasks, results)
    strip, written = make_strip(tasks, results), []
    if strip is not None:
        sheet, description = strip
        summary["strip"] = {"file": f"{experiment.name}.png", **description}
        written.append(_replace(out / f"{experiment.name}.png", png_bytes(sheet)))
    text = json.dumps(summary, indent=1, allow_nan=False) + "\n"
    written.append(_replace(out / f"{experiment.name}.json", text.encode()))
    written.append(_replace(out / f"{experiment.name}.md", page(summary).encode()))
    return written


def describe(cell: Cell, result: Mapping[str, Any]) -> str:
    """One cell as a line for people."""
    row = row_of(cell, result)
    parts = [f"{name} {row[key]:.{digits}f}" for key, name, digits in _SHOWN if key in row]
    if row.get("failed"):
        parts.append(f"{row['failed']:.1%} failed")
    return f"{cell.place}: {', '.join(parts)}"


_SHOWN = (("psnr_db", "PSNR", 2), ("ms_ssim", "MS-SSIM", 4), ("accuracy", "accuracy", 3))


def _replace(path: Path, content: bytes) -> Path:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)
    return path
