# SPDX-License-Identifier: GPL-3.0-or-later
"""Axes of charts: round numbers and the room between them."""

from __future__ import annotations

import math
from collections.abc import Sequence

TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)  # seconds
LEAST_SPAN_DB = 10.0  # a steady value must not look like a noisy one


def value_axis(values: Sequence[float], most: int = 6) -> list[float]:
    """Equally spaced ticks that are 1, 2 or 5 times a power of ten apart and enclose `values`, about `most` at most."""
    low, high = min(values), max(values)
    if high - low < LEAST_SPAN_DB:
        middle = (low + high) / 2
        low, high = middle - LEAST_SPAN_DB / 2, middle + LEAST_SPAN_DB / 2
    raw = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [number * step for number in range(first, last + 1)]


def time_axis(span: float, most: int = 6) -> list[float]:
    """Ages in seconds, from 0 up to `span` at most, in steps that clocks have."""
    step = next((step for step in TIME_STEPS if span / step <= most), math.ceil(span / most / 86400) * 86400)
    return [float(number * step) for number in range(int(span / step) + 1)]


def time_label(age: float) -> str:
    """`-90 s`, `-3 min` or `-2 h`."""
    if age == 0:
        return "now"
    for unit, length in (("h", 3600), ("min", 60)):
        if age >= 2 * length and age % length == 0:
            return f"−{age / length:g} {unit}"
    return f"−{age:g} s"
