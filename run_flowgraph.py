#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send pictures over a GNU Radio flowgraph without a screen: `python run_flowgraph.py --help`."""

import sys


def main() -> int:
    try:
        from gnuradio.deepjscec.headless import main as run
    except ImportError as error:
        print(
            f"run_flowgraph.py: {error}; `make setup` installs everything, then use .venv/bin/python run_flowgraph.py",
            file=sys.stderr,
        )
        return 2
    return run()


if __name__ == "__main__":
    sys.exit(main())
