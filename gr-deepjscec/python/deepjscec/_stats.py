# SPDX-License-Identifier: GPL-3.0-or-later
"""Counters of a hierarchical block, from those of its parts."""

from __future__ import annotations

from typing import Any

EVERYWHERE = ("rejected", "failed")  # counted by each block, for messages of its own


def merged_stats(*blocks: Any) -> dict[str, int]:
    """`get_stats()` of all `blocks` in one: of a counter that two have the later's, of what was refused the sum."""
    stats: dict[str, int] = {}
    for block in blocks:
        for name, count in block.get_stats().items():
            stats[name] = count + (stats.get(name, 0) if name in EVERYWHERE else 0)
    return stats
