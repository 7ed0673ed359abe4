# SPDX-License-Identifier: GPL-3.0-or-later
"""One batch through a flowgraph: source, channel, white noise, front end, with a probe behind each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gnuradio import gr
from impairment_blocks import CHANNEL_MODEL_ADVANCE, white_noise
from impairment_bursts import Batch
from impairment_case import Case
from numpy.typing import NDArray


class ArraySource(gr.sync_block):
    """An array's samples, once.  (`vector_source_c` converts them one by one through Python.)"""

    def __init__(self, samples: NDArray[np.complex64]) -> None:
        gr.sync_block.__init__(self, name="array source", in_sig=None, out_sig=[np.complex64])
        self._samples, self._at = samples, 0

    def work(self, input_items: Any, output_items: Any) -> int:
        part = self._samples[self._at : self._at + len(output_items[0])]
        output_items[0][: len(part)] = part
        self._at += len(part)
        return len(part) if len(part) else -1


class ArraySink(gr.sync_block):
    """Keeps what arrives."""

    def __init__(self) -> None:
        gr.sync_block.__init__(self, name="array sink", in_sig=[np.complex64], out_sig=None)
        self._parts: list[NDArray[np.complex64]] = []

    def work(self, input_items: Any, output_items: Any) -> int:
        self._parts.append(input_items[0].copy())
        return len(input_items[0])

    def samples(self) -> NDArray[np.complex64]:
        """complex64[n]: all of it."""
        return np.concatenate([np.zeros(0, np.complex64), *self._parts])


@dataclass(frozen=True)
class Passed:
    """What came out.

    Attributes:
        clean: complex64[n], behind the channel.
        noise_var: variance of the white noise per sample, measured.
        received: complex64[n], behind the front end.
    """

    clean: NDArray[np.complex64]
    noise_var: float
    received: NDArray[np.complex64]


def run_batch(case: Case, batch: Batch) -> Passed:
    """Run `batch` through the case's blocks."""
    flow = gr.top_block("impairments", catch_exceptions=True)
    source, clean, noisy, received = ArraySource(batch.samples), ArraySink(), ArraySink(), ArraySink()
    noise = white_noise(batch.rng, 10 ** (-case.snr_db / 10))
    # Held here: GNU Radio 3.10.5 lets a Python block that nothing refers to be collected, and then hangs.
    channel, front_end = [source, *case.channel(batch)], [noise, *case.front_end(batch)]
    flow.connect(*channel, *front_end, received)
    flow.connect(channel[-1], clean)
    flow.connect(noise, noisy)
    flow.run()
    before, after = clean.samples()[CHANNEL_MODEL_ADVANCE:], noisy.samples()
    length = min(len(before), len(after))
    difference = after[:length] - before[:length]
    return Passed(clean.samples(), float(np.mean(np.abs(difference) ** 2)), received.samples())
