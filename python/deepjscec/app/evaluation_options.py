# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `deepjscec evaluate`."""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import Any

from deepjscec.app.evaluation import Condition
from deepjscec.app.options import seed, snr
from deepjscec.crypto import CIPHER_NAMES

# options of each way to call it and their defaults; the parser's are None, which tells what was given
EXPERIMENTS: dict[str, Any] = {
    "data": [],
    "out": Path("results/evaluation"),
    "jobs": 1,
    "dask": None,
    "fresh": False,
    "figures": None,
}
ONE_MODEL: dict[str, Any] = {
    "model": "photo",
    "images": None,
    "rate": None,
    "snr": [0.0, 5.0, 10.0, 15.0, 20.0],
    "erased": [0.0],
    "told": False,
    "cipher": "isometric",
    "provider": None,
    "threads": 0,
    "seed": 0,
    "json": None,
    "append": False,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of both ways to call it: with configurations, or with one model and pictures."""
    parser.add_argument(
        "configuration", nargs="*", type=Path, help="TOML files, or folders of them; without any, one model is measured"
    )
    _add_experiments(parser.add_argument_group("with configurations"))
    _add_one_model(parser.add_argument_group("without, for one model over noise, cipher in the loop"))


def add_figure_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, help="folder that `deepjscec evaluate --out` wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder for the figures, PNG")


def settle(arguments: argparse.Namespace) -> None:
    """Fill in the defaults of measuring one model; `ValueError` for options of the other way to call it."""
    experiments = bool(arguments.configuration)
    foreign = ONE_MODEL if experiments else EXPERIMENTS
    for name in foreign:
        if getattr(arguments, name) is not None:
            raise ValueError(f"--{name} goes {'without' if experiments else 'with'} configurations alone")
    for name, value in (EXPERIMENTS if experiments else ONE_MODEL).items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    if not experiments and not arguments.images:
        raise ValueError("evaluate needs configurations, or --images for one model")


def _add_experiments(parser: argparse._ArgumentGroup) -> None:
    add, defaults = parser.add_argument, EXPERIMENTS
    add("--data", type=_named_path, action="append", metavar="NAME=PATH", help="where pictures are; repeatable")
    add("--out", type=Path, metavar="DIR", help=f"default {defaults['out']}; what is finished is in its folder cells")
    add("--jobs", type=_jobs, metavar="N", help=f"processes (default {defaults['jobs']})")
    add("--dask", metavar="ADDRESS", help='run on this Dask scheduler; "local": on a cluster of N processes here')
    add("--fresh", action="store_true", default=None, help="measure again what an earlier run finished")
    add("--figures", type=Path, metavar="DIR", help="draw the figures there, too")


def _add_one_model(parser: argparse._ArgumentGroup) -> None:
    add, defaults = parser.add_argument, ONE_MODEL
    add("--model", help=f"a name or a folder (default {defaults['model']})")
    add("--images", type=Path, action="append", metavar="PATH", help="folder, .npz or .tar; repeatable")
    add("--rate", action="append", help="repeatable (default: all of the model's)")
    add("--snr", type=snr, nargs="+", metavar="DB", help="default 0 5 10 15 20")
    add("--erased", type=_share, nargs="+", metavar="SHARE", help="of blocks lost, e.g. 0 0.1")
    add("--told", action="store_true", default=None, help="tell the encoder the SNR")
    add("--cipher", choices=CIPHER_NAMES, help=f"default {defaults['cipher']}")
    add("--provider", action="append", help="cpu, cuda or tensorrt, best first; repeatable")
    add("--threads", type=threads, metavar="N", help="of ONNX Runtime (default: its choice)")
    add("--seed", type=seed, help="of the noise on the air; keys are always fresh, and with them what is left of it")
    add("--json", type=Path, metavar="FILE", help="write the results there")
    add("--append", action="store_true", default=None, help="to the rows that the file holds of the same model")


def conditions(arguments: argparse.Namespace, rates: list[str]) -> list[Condition]:
    """Every combination that was asked for."""
    return [
        Condition(rate, level, arguments.told, share)
        for rate, share, level in product(rates, arguments.erased, arguments.snr)
    ]


def threads(text: str) -> int:
    """A number of threads, 0 for the library's choice."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads")
    return int(text)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return value


def _named_path(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return name, Path(path)


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes from 1 to 1024")
    return int(text)
