# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers from a command line."""

from __future__ import annotations

import argparse
import math


def number(text: str) -> float:
    """A finite number. Raises `argparse.ArgumentTypeError`, as all here."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def duration(text: str) -> float:
    """Seconds, more than 0 and up to eleven days."""
    value = number(text)
    if not 0 < value <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0 and up to 1e6 seconds")
    return value
