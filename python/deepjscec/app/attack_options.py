# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `deepjscec attack`."""

from __future__ import annotations

import argparse
from pathlib import Path

from deepjscec.app.options import seed
from deepjscec.attack import ORACLE_NAMES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Everything Eve can try without the key, on ciphers and on controls that are broken on purpose: an attack that "
        "fails on a control proves nothing where it fails on a cipher. Writes attack.json and report.html."
    )
    parser.add_argument("--model", default="cifar", help="a name or a folder (default %(default)s)")
    parser.add_argument("--rate", help="one of the model's (default: its lowest)")
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="PATH",
        help="folder, .npz or .tar of pictures of one size that Eve learns from (default: cut out of photographs)",
    )
    parser.add_argument("--held-out", type=Path, metavar="PATH", help="... and of those she attacks; needs --pictures")
    parser.add_argument("--cipher", nargs="+", choices=ORACLE_NAMES, default=list(ORACLE_NAMES), help="default: all")
    parser.add_argument(
        "--ciphertexts", type=_count, default=20_000, help="for the distinguisher (default %(default)s)"
    )
    parser.add_argument("--pairs", type=_count, default=20_000, help="of known plaintext (default %(default)s)")
    parser.add_argument(
        "--steps", type=_count, help="of training Eve's network; needs torch (default: 100, or 0 without)"
    )
    parser.add_argument(
        "--attempts", type=_count, default=1_000, help="to get each kind of forged packet to Bob (default %(default)s)"
    )
    parser.add_argument("--seed", type=seed, default=0, help="of Eve's dice; keys are always fresh")
    parser.add_argument("--out", type=Path, default=Path("attack"), metavar="DIR", help="default %(default)s")


def _count(text: str) -> int:
    """A whole number from 0 to 10^8."""
    if not text.isdecimal() or len(text) > 8:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 99999999")
    return int(text)
