# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `deepjscec-flowgraph`: `run_flowgraph.py` where there is no checkout."""

import sys


def main() -> int:
    try:
        from .headless import main as run
    except ImportError as error:
        print(f"deepjscec-flowgraph: {error}; it runs in the Python that GNU Radio 3.10 belongs to", file=sys.stderr)
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
