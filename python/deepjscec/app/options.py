# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `run_flowgraph.py`, checked before anything heavy is loaded."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Sequence
from pathlib import Path

from deepjscec.app.numbers import duration, number
from deepjscec.app.radio_options import RADIO_EXAMPLES, add_radio_options

EXAMPLES = """examples:
  python run_flowgraph.py                                    the demo photograph at 10 dB
  python run_flowgraph.py --image photo.jpg --snr 3          your own picture over a worse channel
  python run_flowgraph.py --sweep 0:20:2 --cfo 5000          how quality follows the channel
  python run_flowgraph.py --cipher none --eve-snr 0          what Eve gets without encryption
  deepjscec keygen alice.key && python run_flowgraph.py --key alice.key
  deepjscec keygen --pair bob && python run_flowgraph.py --key bob.pub --bob-key bob

{radios}
exit codes: 0 Bob got every picture, 1 the link failed, 2 bad input
"""


class OneLineParser(argparse.ArgumentParser):
    """Errors as one line and exit code 2, without the usage text."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(2, f"{self.prog}: {message}\n")


def snr(text: str) -> float:
    """A level in dB from -30 to 100."""
    value = number(text)
    if not -30 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not an SNR from -30 to 100 dB")
    return value


def sweep(text: str) -> tuple[float, ...]:
    """START:STOP:STEP in dB, both ends included."""
    parts = text.split(":")
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not START:STOP:STEP, such as 0:20:5")
    start, stop, step = snr(parts[0]), snr(parts[1]), number(parts[2])
    if not (step > 0 and stop >= start):
        raise argparse.ArgumentTypeError(f"{text!r}: STEP must be above 0 and STOP not below START")
    if (stop - start) / step >= 200:
        raise argparse.ArgumentTypeError(f"{text!r} is more than 200 runs")
    count = math.floor((stop - start) / step + 1e-9) + 1
    return tuple(round(start + index * step, 6) for index in range(count))


def probability(text: str) -> float:
    """A number from 0 to 1."""
    value = number(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not from 0 to 1")
    return value


def peak_limit(text: str) -> float:
    """A peak-to-average power ratio in dB, from 3 to 20, or 0 for none."""
    value = number(text)
    if value != 0 and not 3 <= value <= 20:
        raise argparse.ArgumentTypeError(f"{text!r} is not a peak limit from 3 to 20 dB, or 0")
    return value


def frequency(text: str) -> float:
    """A frequency offset in Hz."""
    return number(text)


def doppler(text: str) -> float:
    """A Doppler frequency in Hz, from 0 to 1000."""
    value = number(text)
    if not 0 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a Doppler frequency from 0 to 1000 Hz")
    return value


def seed(text: str) -> int:
    """A seed of the simulation, 0 or more."""
    if not text.isdecimal() or len(text) > 18:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def make_parser(
    channels: Sequence[str], ciphers: Sequence[str], profiles: Sequence[str], attacks: Sequence[str]
) -> argparse.ArgumentParser:
    """The parser; `channels`, `ciphers`, `profiles` and Eve's `attacks` are the names on offer."""
    parser = OneLineParser(
        prog="run_flowgraph.py",
        epilog=EXAMPLES.format(radios=RADIO_EXAMPLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        description="Send pictures over a GNU Radio flowgraph, encrypted, to Bob, while Eve listens.",
    )
    # argparse takes "-5:20:5" and "-5e3" for options otherwise; there is no option that begins with a digit
    parser._negative_number_matcher = re.compile(r"-\.?\d.*")
    add = parser.add_argument
    add(
        "--image",
        nargs="+",
        action="extend",
        type=Path,
        default=[],
        metavar="FILE",
        help="pictures to send (default: a photograph)",
    )
    add("--snr", type=snr, default=10.0, metavar="DB", help="Es/N0 per payload symbol at Bob (default %(default)g)")
    add("--eve-snr", type=snr, default=30.0, metavar="DB", help="the same at Eve (default %(default)g)")
    add("--eve-attack", choices=attacks, default=attacks[0], help="what Eve does (default %(default)s)")
    add("--sweep", type=sweep, metavar="START:STOP:STEP", help="run once for each SNR of Bob, in dB; replaces --snr")
    add("--channel", choices=channels, default="awgn", help="default %(default)s; epa and eva fade, Eve's on its own")
    add("--doppler", type=doppler, default=10.0, metavar="HZ", help="of a channel that fades (default %(default)g)")
    add("--profile", choices=profiles, default="default", help="the waveform's bandwidth (default %(default)s)")
    add(
        "--max-papr",
        type=peak_limit,
        metavar="DB",
        help="hold Alice's peaks to so much over the mean power; 0 leaves them alone (default: 0, over radios 8)",
    )
    add("--cipher", choices=ciphers, default="isometric", help="default %(default)s")
    add("--rate", help="channel uses per source sample, one of the model's (default: 1/6, or its highest below)")
    add("--model", default="photo", help="a name in models/ or a folder (default %(default)s)")
    add("--cfo", type=frequency, default=0.0, metavar="HZ", help="Bob's frequency offset; Eve's is its negative")
    add("--packet-loss", type=probability, default=0.0, metavar="P", help="Bob loses each packet with probability P")
    add("--seed", type=seed, default=0, help="of noise, start time and packet loss; keys are always fresh")
    add(
        "--key",
        type=Path,
        metavar="FILE",
        help="key file of Alice and Bob, or Bob's public key (default: a fresh key for this run)",
    )
    add("--bob-key", type=Path, metavar="FILE", help="Bob's private key, or another key than Alice's")
    add("--record", type=Path, metavar="DIR", help="SigMF recordings of what Bob and Eve receive; needs --key")
    add("--timeout", type=duration, default=600.0, metavar="S", help="give up on a run after S seconds")
    add("--out", type=Path, default=Path("out"), metavar="DIR", help="where results go (default %(default)s)")
    add_radio_options(parser)
    return parser
