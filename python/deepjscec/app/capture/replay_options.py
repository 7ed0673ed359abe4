# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `deepjscec replay`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from deepjscec.app.capture.record_options import positive_rate
from deepjscec.app.options import duration, frequency

EXAMPLES = """examples:
  deepjscec replay capture.sigmf-meta                        the packets in it, their SNR and frequency offset
  deepjscec replay capture.sigmf-meta --key alice.key        the pictures
  deepjscec replay capture.sigmf-meta --eve --size 512x512   what the attack without a key makes of them
  deepjscec replay capture.sigmf-meta --profile default --resample --shift -250e3

Exit codes: 0 a picture (without --key and --eve: a packet) came out, 1 none did, 2 bad input.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.epilog, parser.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    parser._negative_number_matcher = re.compile(r"-\.?\d.*")  # argparse takes "-5e3" for an option otherwise
    add = parser.add_argument
    add("capture", help="NAME.sigmf-meta, or an archive NAME.sigmf")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--key", type=Path, metavar="FILE", help="Bob's key file; without it packets are only listed")
    who.add_argument("--eve", action="store_true", help="decode without a key")
    noted = "default: as the recording says, or"
    add("--profile", help=f"default, narrowband or wideband ({noted} default)")
    add("--model", help=f"a name in models/ or a folder ({noted} photo)")
    add("--cipher", help=f"({noted} isometric)")
    add("--rate", help=f"Eve is told the rate ({noted} 1/6)")
    add("--size", type=_size, metavar="WxH", help="Eve is told the pictures' size (default: as the recording says)")
    add("--start", type=_moment, default=0.0, metavar="S", help="leave out the first S seconds")
    add("--seconds", type=duration, metavar="S", help="take so much (default: all)")
    add("--shift", type=frequency, default=0.0, metavar="HZ", help="move the spectrum up by HZ first")
    add("--resample", action="store_true", help="bring the recording to the waveform's sample rate")
    add("--sample-rate", type=positive_rate, metavar="HZ", help="of the waveform, if not the profile's own")
    add("--annotate", action="store_true", help="note the packets found in the recording's metadata")
    add("--out", type=Path, default=Path("out/replay"), metavar="DIR", help="where results go (default %(default)s)")


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, such as 512x512")
    return int(match[2]), int(match[1])


def _moment(text: str) -> float:
    value = frequency(text)
    if not 0 <= value <= 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 1e9")
    return value
