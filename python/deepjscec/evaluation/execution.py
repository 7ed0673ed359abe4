# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells on this process, on several of this machine, or on a Dask cluster: the same results from all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.measure import measure
from deepjscec.evaluation.picture_set import PictureSet

CONNECTION_TIMEOUT = "30s"


@dataclass(frozen=True)
class Task:
    """A cell and what it is measured on."""

    cell: Cell
    pictures: PictureSet
    train: PictureSet | None
    cache: Path | None = None  # folder for what source coders need minutes for


Finished = Iterator[tuple[Cell, dict[str, Any]]]


def run_tasks(tasks: Sequence[Task], jobs: int = 1, dask: str | None = None) -> Finished:
    """Results as they come, in any order; `dask` is a scheduler's address, or "local" for a cluster on this machine.

    Raises what a cell raises, and `ValueError` where a library or the cluster is not there.
    """
    if dask is not None:
        return _on_dask(tasks, dask, jobs)
    return _in_processes(tasks, jobs) if jobs > 1 and len(tasks) > 1 else map(_run, tasks)


def _run(task: Task) -> tuple[Cell, dict[str, Any]]:
    return task.cell, measure(task.cell, task.pictures, task.train, task.cache)


def _in_processes(tasks: Sequence[Task], jobs: int) -> Finished:
    try:
        from joblib import Parallel, delayed
    except ImportError:
        raise ValueError("--jobs needs joblib: `make evaluate-setup` or pip's extra [evaluate]") from None
    # spawned anew by loky, and threads limited by `measure`
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", max_nbytes=None)
    return parallel(delayed(_run)(task) for task in tasks)


def _on_dask(tasks: Sequence[Task], address: str, jobs: int) -> Finished:
    try:
        from distributed import Client, LocalCluster, as_completed
    except ImportError:
        raise ValueError("--dask needs dask and distributed: `make evaluate-setup` or pip's extra [evaluate]") from None
    with ExitStack() as opened:
        where: Any = address
        if address == "local":
            where = opened.enter_context(LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address=None))
        try:
            client = opened.enter_context(Client(where, timeout=CONNECTION_TIMEOUT))
        except (OSError, ValueError, TimeoutError) as error:
            raise ValueError(f"--dask {address}: {error}") from None
        sets = {id(one): one for task in tasks for one in (task.pictures, task.train) if one is not None}
        there = {key: client.scatter(one, broadcast=True, hash=False) for key, one in sets.items()}
        futures = {
            client.submit(
                measure, task.cell, there[id(task.pictures)], there.get(id(task.train)), task.cache, pure=False
            ): task
            for task in tasks
        }
        for future in as_completed(list(futures)):
            yield futures[future].cell, future.result()
