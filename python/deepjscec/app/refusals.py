# SPDX-License-Identifier: GPL-3.0-or-later
"""What the counters of a receiver mean when no picture came out."""

from __future__ import annotations

from collections.abc import Mapping

REASONS = {
    "foreign_key": "sealed with another key",
    "bad_tag": "damaged or forged",
    "bad_header": "of another header version",
    "wrong_model": "of another model or cipher",
    "spoofed": "with a payload that Alice did not send",
    "rescaled": "with a payload that was scaled",
    "bad_prefix": "whose prefix did not arrive whole",
    "malformed": "malformed",
    "unplaced": "of another size or rate",
}


def describe_refusals(stats: Mapping[str, int]) -> list[str]:
    """How many packets were refused for each reason, in words."""
    return [f"{stats[name]} {text}" for name, text in REASONS.items() if stats.get(name)]
