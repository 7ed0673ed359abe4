# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec evaluate CONFIGURATION ...` and `deepjscec figures`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path


def run_configurations(arguments: Namespace) -> int:
    """Returns 0. Raises `ValueError` or `OSError` on bad input, before anything is measured."""
    from deepjscec.evaluation.configuration import find_configurations, load_experiment
    from deepjscec.evaluation.run import run_experiments

    names = [name for name, _ in arguments.data]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"--data: pictures {repeated[0]!r} are given twice")
    experiments = [load_experiment(path) for path in find_configurations(arguments.configuration)]
    run_experiments(
        experiments,
        dict(arguments.data),
        arguments.out,
        jobs=arguments.jobs,
        dask=arguments.dask,
        fresh=arguments.fresh,
        note=lambda text: print(text, flush=True),
    )
    if arguments.figures is not None:
        draw(arguments.out, arguments.figures, [experiment.name for experiment in experiments])
    return 0


def run_figures(arguments: Namespace) -> int:
    """Draw from results alone; returns 0."""
    draw(arguments.results, arguments.out)
    return 0


def draw(results: Path, out: Path, names: list[str] | None = None) -> None:
    """The figures of all results in a folder, or of those of some `names`; prints each file's path."""
    from deepjscec.evaluation.figures import draw_figures

    for path in draw_figures(results, out, names):
        print(path)
