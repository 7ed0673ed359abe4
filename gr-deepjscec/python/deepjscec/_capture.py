# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples out of a running flowgraph, on request."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from gnuradio import gr


class capture(gr.sync_block):
    """A sink that keeps samples while it is asked for some, and throws the others away."""

    def __init__(self) -> None:
        gr.sync_block.__init__(self, name="capture", in_sig=[np.complex64], out_sig=None)
        self._lock = threading.Lock()
        self._skip = self._wanted = 0
        self._parts: list[np.ndarray] = []
        self._full = threading.Event()

    def take(self, samples: int, skip: int, timeout: float) -> np.ndarray:
        """complex64[samples], the next ones after `skip`. Raises `OSError` where they take more than `timeout` s."""
        with self._lock:
            self._skip, self._wanted, self._parts = skip, samples, []
            self._full.clear()
        if not self._full.wait(timeout):
            raise OSError(f"the radio delivered no {samples} samples in {timeout:.0f} s: overruns, or disconnected?")
        return np.concatenate(self._parts)

    def work(self, input_items: Any, output_items: Any) -> int:
        samples = input_items[0]
        with self._lock:
            first = min(self._skip, len(samples))
            self._skip -= first
            part = samples[first : first + self._wanted]
            if len(part):
                self._parts.append(part.copy())
                self._wanted -= len(part)
                if not self._wanted:
                    self._full.set()
        return len(samples)
