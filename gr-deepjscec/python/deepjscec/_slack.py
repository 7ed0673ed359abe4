# SPDX-License-Identifier: GPL-3.0-or-later
"""Room in a stream for blocks in Python, which wait for each other."""

from __future__ import annotations

from typing import Any

# GNU Radio's own buffers hold 8 ms of a megasample a second. A block in Python may wait longer than that, for the
# processor or for the interpreter, which one thread has at a time; then the stream would wait for it, and time is lost.
# A transmitter is ahead by as much where it sends zeros between packets.
SLACK = 1 << 17  # samples


def add_slack(block: Any, samples: int = SLACK) -> None:
    """Let `block`'s output buffers hold `samples` or more; call it before the flowgraph starts."""
    level = block.log_level()
    block.set_log_level("warn")  # GNU Radio prints a line for every buffer that is not its own choice
    block.set_min_output_buffer(samples)
    block.set_log_level(level)
