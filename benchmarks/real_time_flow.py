# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice, a channel each to Bob and to Eve, Bob and Eve in one flowgraph, watched: time, processor, queues."""

from __future__ import annotations

import time

from gnuradio import gr
from real_time_roles import Alice, Bob, Eve, Settings, Stopwatch, bob_channel, eve_channel, psnr_of_latest
from real_time_threads import BlockThreads


class FourRoles(gr.top_block):
    """Frames of a folder to Bob and to Eve over white noise."""

    def __init__(self, settings: Settings) -> None:
        gr.top_block.__init__(self, "real time", catch_exceptions=True)
        self._watch = watch = Stopwatch()
        self._alice, self._bob, self._eve = (role(self, watch, settings) for role in (Alice, Bob, Eve))
        self._channels = bob_channel(settings), eve_channel()
        for channel, receiver in zip(self._channels, (self._bob, self._eve), strict=True):
            self.connect(self._alice.out, channel, receiver.into)
        self._threads = BlockThreads(
            {**self._alice.python_blocks, **self._bob.python_blocks, **self._eve.python_blocks}
        )

    def queues(self) -> dict[str, int]:
        """Messages that wait in front of each block, and packets in the transmitter."""
        return {**self._alice.queues(), **self._bob.queues(), **self._eve.queues()}

    def counters(self) -> dict[str, int]:
        """Samples sent, those of bursts among them, and taken in; frames sent and dropped; packets that Bob refused."""
        return {**self._alice.counters(), **self._bob.counters(), **self._eve.counters()}

    def passed(self) -> dict[str, dict[int, float]]:
        """When pictures were `sent` and came to `bob` and `eve`, in seconds of the monotonic clock by image id."""
        return self._watch.passed()

    def block_seconds(self) -> dict[tuple[str, str], float]:
        """Processor seconds so far by role and block."""
        return self._threads.seconds()

    def processor_seconds(self) -> float:
        """Of everything together."""
        return time.process_time()

    def psnr_db(self) -> float | None:
        """Of the last picture that Bob received, None without one."""
        return psnr_of_latest(self._watch.pictures("sent"), self._watch.pictures("bob"))
