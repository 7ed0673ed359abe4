# SPDX-License-Identifier: GPL-3.0-or-later
"""A SigMF recording to IQ samples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from .ofdm_transmitter import END_TAG

TAIL = 1 << 15  # idle samples after the recording, more than GNU Radio hands over at once
END_AT = 1 << 12  # in the tail: behind the last echo, and as far from what follows as one can be


class sigmf_source(gr.sync_block):
    """Plays a SigMF recording: complex samples, whatever the type of those in the file, and an idle tail.

    `file`: a recording, by its metadata, its data, its archive or what their names begin with; or a folder, and then
    the newest recording in it. `sample_rate`: what it must have been recorded at, Hz; 0 for any. `repeat`: begin again
    at the end. In the tail a receiver gives out what it still holds. Raises `ValueError` or `OSError` where there is no
    such recording, or one with another hash or sample rate.

    GNU Radio's own File Source knows one type of samples and no end of a recording.
    """

    def __init__(self, file: str, sample_rate: float = 0.0, repeat: bool = False) -> None:
        from deepjscec.recording import Recording

        gr.sync_block.__init__(self, name="DeepJSCEC SigMF Source", in_sig=None, out_sig=[np.complex64])
        self.recording = Recording.open(_newest(Path(file)) if Path(file).is_dir() else file)
        recorded = self.recording.sample_rate
        if sample_rate and sample_rate != recorded:
            raise ValueError(f"recording {self.recording.path}: recorded at {recorded:g} Hz, not at {sample_rate:g} Hz")
        self._repeat = repeat
        self._pieces: Iterator[np.ndarray] = iter(())
        self._pending = np.zeros(0, np.complex64)
        self._begun = self._ending = False
        self.passes = 0  # whole ones

    def get_stats(self) -> dict[str, int]:
        """Samples given out, tails among them, and how often the recording was played to its end."""
        return {"samples": self.nitems_written(0), "passes": self.passes}

    def work(self, input_items: Any, output_items: Any) -> int:
        out = output_items[0]
        if not self._pending.size and not self._refill():
            return -1  # work done
        n = min(len(out), self._pending.size)
        out[:n], self._pending = self._pending[:n], self._pending[n:]
        return n

    def _refill(self) -> bool:
        """The recording's next piece, or its tail; False after the last tail."""
        if self._ending:
            self._ending = False
            self.passes += 1
            if not self._repeat:
                return False
        if not self._begun:
            self._pieces, self._begun = self.recording.chunks(), True
        piece = next(self._pieces, None)
        if piece is None:
            self._begun, self._ending = False, True
            piece = np.zeros(TAIL, np.complex64)
            self.add_item_tag(0, self.nitems_written(0) + END_AT, pmt.intern(END_TAG), pmt.PMT_T)
        self._pending = piece
        return True


def _newest(folder: Path) -> Path:
    metas = sorted(folder.glob("*.sigmf-meta"), key=lambda path: path.stat().st_mtime_ns)
    if not metas:
        raise FileNotFoundError(f"recording {folder}: no .sigmf-meta file in this folder")
    return metas[-1]
