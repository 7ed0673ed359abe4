# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `deepjscec evaluate`."""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

from deepjscec.app.evaluation import Condition
from deepjscec.app.options import seed, snr
from deepjscec.crypto import CIPHER_NAMES

DEFAULT_SNRS = (0.0, 5.0, 10.0, 15.0, 20.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", default="photo", help="a name or a folder (default %(default)s)")
    parser.add_argument("--images", type=Path, action="append", required=True, help="folder, .npz or .tar; repeatable")
    parser.add_argument("--rate", action="append", help="repeatable (default: all of the model's)")
    parser.add_argument("--snr", type=snr, nargs="+", default=list(DEFAULT_SNRS), metavar="DB")
    parser.add_argument(
        "--erased", type=_share, nargs="+", default=[0.0], metavar="SHARE", help="of blocks lost, e.g. 0 0.1"
    )
    parser.add_argument("--told", action="store_true", help="tell the encoder the SNR")
    parser.add_argument("--cipher", default="isometric", choices=CIPHER_NAMES)
    parser.add_argument("--provider", action="append", help="cpu, cuda or tensorrt, best first; repeatable")
    parser.add_argument("--threads", type=threads, default=0, help="of ONNX Runtime (default: its choice)")
    parser.add_argument(
        "--seed",
        type=seed,
        default=0,
        help="of the noise on the air; keys are always fresh, and with them what is left of it",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there")
    parser.add_argument("--append", action="store_true", help="to the rows that the file holds of the same model")


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
