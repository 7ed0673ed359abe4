# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of `deepjscec live`."""

from __future__ import annotations

import argparse

from deepjscec.telemetry.wire import DEFAULT_ADDRESS

EXAMPLES = """examples:
  deepjscec live                     the page at http://127.0.0.1:8080/, for the flowgraphs of this machine
  deepjscec live --port 0            at any free port
  deepjscec live --bind 0.0.0.0      for other machines, too: whoever reaches it sees Alice's pictures
  deepjscec live --telemetry ipc:///run/user/1000/deepjscec

Ctrl-C ends it. Exit codes: 0 ended so, 2 bad input or a port that is taken.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.epilog, parser.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--port", type=_port, default=8080, help="of the page, 0 for any that is free (default %(default)s)")
    add("--bind", default="127.0.0.1", metavar="HOST", help="the machine's address for the page (default %(default)s)")
    add(
        "--telemetry",
        default=DEFAULT_ADDRESS,
        metavar="ADDRESS",
        help="where publishers connect: tcp://HOST:PORT or ipc://FILE (default %(default)s)",
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)
