# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `deepjscec record`."""

from __future__ import annotations

import argparse

from deepjscec.app.options import OneLineParser, duration, frequency

EXAMPLES = """examples:
  deepjscec record zmq tcp://127.0.0.1:5555 --sample-rate 1e6 --frequency 915e6 --seconds 10 --out capture
  deepjscec record file samples.cf32 --sample-rate 1e6 --frequency 915e6 --out capture
  rtl_sdr -f 433920000 -s 2400000 - | deepjscec record file - --format cu8 --sample-rate 2.4e6 --out capture

Ctrl-C ends a recording and keeps it. Exit codes: 0 recorded, 1 no samples came, 2 bad input.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments, with a parser of its own for each source."""
    parser.epilog, parser.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    sources = parser.add_subparsers(metavar="SOURCE", dest="source", required=True, parser_class=OneLineParser)
    zmq = sources.add_parser("zmq", help="a running flowgraph, by its ZMQ PUB Sink (complex, Pass Tags off)")
    zmq.add_argument("address", help="such as tcp://127.0.0.1:5555")
    zmq.add_argument("--pull", action="store_true", help="the flowgraph has a ZMQ PUSH Sink, which loses no samples")
    zmq.add_argument("--topic", default="", help="only messages whose key begins so (default: all)")
    file = sources.add_parser("file", help="raw samples from a file, a pipe, or - for standard input")
    file.add_argument("file")
    for source in (zmq, file):
        _add_common(source)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--sample-rate", type=positive_rate, required=True, metavar="HZ", help="complex samples a second")
    add("--out", required=True, metavar="NAME", help="writes NAME.sigmf-meta and NAME.sigmf-data, which must not exist")
    add("--frequency", type=frequency, metavar="HZ", help="the centre frequency")
    add(
        "--format",
        choices=("cf32", "ci16", "ci8", "cu8"),
        default="cf32",
        help="type of the samples, kept as it is (default %(default)s)",
    )
    add("--seconds", type=duration, metavar="S", help="stop after so much signal")
    add("--samples", type=_count, metavar="N", help="stop after so many samples")
    add("--timeout", type=duration, metavar="S", help="stop when nothing has come for S seconds")
    for name in ("author", "description", "hw"):
        add(f"--{name}", default="", metavar="TEXT", help=f"for the field core:{name}")
    add("--profile", help="note the waveform, so that replay knows it: default, narrowband or wideband")
    add("--model", help="note the model, likewise")
    add("--cipher", help="note the cipher, likewise")


def positive_rate(text: str) -> float:
    """A sample rate in Hz."""
    value = frequency(text)
    if not 1 <= value <= 1e12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate from 1 to 1e12 Hz")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 18 or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of samples")
    return int(text)
