# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `deepjscec-companion`: GNU Radio Companion with these blocks, and with the Python they are installed in.

GRC starts a flowgraph with the interpreter it runs in itself; the system's would not find what pip installed.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from deepjscec.app.options import OneLineParser

EXAMPLES = """examples:
  deepjscec-companion                    GNU Radio Companion, with the blocks in the category DeepJSCEC
  deepjscec-companion loopback_sim       ... and a flowgraph that was installed with the blocks
  deepjscec-companion mine.grc           ... and a flowgraph of yours
  deepjscec-companion --list             the names of the flowgraphs that were installed
  deepjscec-companion --compile DIR loopback_headless   its Python, without a window

exit codes: GNU Radio's own, 2 on bad input
"""


def share_folders() -> list[Path]:
    """`share/` of every prefix that this file may have been installed to, nearest first."""
    prefixes = dict.fromkeys([*Path(__file__).resolve().parents, Path(sys.prefix)])
    return [prefix / "share" for prefix in prefixes if (prefix / "share").is_dir()]


def flowgraphs() -> dict[str, Path]:
    """The installed flowgraphs by name."""
    found: dict[str, Path] = {}
    for share in share_folders():
        for path in sorted((share / "gnuradio" / "examples" / "deepjscec").glob("*.grc")):
            found.setdefault(path.stem, path)
    return found


def make_parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="deepjscec-companion",
        description="GNU Radio Companion with the DeepJSCEC blocks, on the Python they are installed in.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("flowgraph", nargs="*", help="a .grc file, or the name of an installed flowgraph")
    parser.add_argument("--list", action="store_true", help="list the installed flowgraphs and stop")
    parser.add_argument(
        "--compile", metavar="DIR", help="write the flowgraphs' Python there by grcc instead of opening them"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    parser = make_parser()
    arguments = parser.parse_args(argv)
    try:
        if arguments.list:
            print(*sorted(flowgraphs()), sep="\n")
            return 0
        command = _command(arguments)
    except (ValueError, OSError) as error:
        print(f"deepjscec-companion: {error}", file=sys.stderr)
        return 2
    blocks = [str(share / "gnuradio" / "grc" / "blocks") for share in share_folders()]
    paths = [*filter(None, [os.environ.get("GRC_BLOCKS_PATH")]), *(path for path in blocks if os.path.isdir(path))]
    os.environ["GRC_BLOCKS_PATH"] = os.pathsep.join(paths)
    os.execv(command[0], command)


def _command(arguments: argparse.Namespace) -> list[str]:
    name = "gnuradio-companion" if arguments.compile is None else "grcc"
    tool = shutil.which(name)
    if tool is None:
        raise ValueError(f"GNU Radio's {name} is not on the PATH")
    if arguments.compile is None:
        options = []
    else:
        if not arguments.flowgraph:
            raise ValueError("--compile needs a flowgraph")
        if not os.path.isdir(arguments.compile):
            raise ValueError(f"{arguments.compile}: no such folder")
        options = ["--output", arguments.compile]
    files = [str(_find(name)) for name in arguments.flowgraph]
    # a wrapper such as that of scripts/grc_with_venv.sh starts by itself
    with open(tool, "rb") as file:
        python = b"python" in file.readline()
    return [*([sys.executable] if python else []), tool, *options, *files]


def _find(name: str) -> Path:
    if name in flowgraphs():
        return flowgraphs()[name]
    if not Path(name).is_file():
        raise ValueError(f"{name}: neither a file nor one of {', '.join(sorted(flowgraphs())) or 'no flowgraphs'}")
    return Path(name)


if __name__ == "__main__":
    sys.exit(main())
