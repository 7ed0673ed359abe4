# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables between marks in a Markdown page, made anew from measured results."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Tables = Mapping[str, Callable[[], str]]


def render(text: str, tables: Tables) -> str:
    """`text` with what stands between `<!-- table: NAME -->` and `<!-- end -->` replaced by `tables[NAME]()`."""

    def table(match: re.Match[str]) -> str:
        return f"<!-- table: {match[1]} -->\n{tables[match[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->\n.*?<!-- end -->", table, text, flags=re.DOTALL)


def update(pages: Iterable[Path], tables: Tables, description: str) -> int:
    """The command line of a script that keeps `pages` up to date; returns the exit status."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="say whether the pages are up to date, change nothing")
    arguments = parser.parse_args()
    stale = 0
    for page in pages:
        old = page.read_text(encoding="utf-8")
        try:
            new = render(old, tables)
        except OSError as error:
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            return 2
        if not arguments.check:
            page.write_text(new, encoding="utf-8")
        elif old != new:
            print(f"{page.name} differs from results/*.json; run python {sys.argv[0]}", file=sys.stderr)
            stale = 1
    return stale


def markdown(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table."""
    heading = list(heading)
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
