# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input of a flowgraph's program as one line and exit code 2."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

# what blocks raise for what they cannot take: this project's, and GNU Radio's own
EXPECTED = (ValueError, OSError, RuntimeError)


def one_line_errors() -> None:
    """From now on an error that ends the program is printed as one line, and its exit code is 2.

    For programs that GNU Radio Companion makes, which would print a traceback: call it in a snippet *Init - Before
    Blocks*. Errors of other types, which no input should cause, keep their traceback.
    """
    sys.excepthook = _print_and_exit


def _print_and_exit(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, EXPECTED):
        sys.__excepthook__(kind, error, trace)
        return
    print(f"{Path(sys.argv[0]).name}: {' '.join(str(error).split()) or kind.__name__}", file=sys.stderr, flush=True)
    raise SystemExit(2)
