# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures from files."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from ._pdu_block import PduBlock


class image_source(PduBlock):
    """Sends pictures as PDUs: `{image_id, height, width}` and uint8[height * width * 3], RGB by rows.

    `pictures`: a file name, a list of file names or of arrays uint8[H, W, 3], or "" for the demo's photograph.
    `interval`: seconds from one picture to the next, 0 for all at once. `repeat`: start again after the last; needs
    an interval. Raises `ValueError` where a file is no picture or smaller than 32 x 32.
    """

    def __init__(
        self, pictures: str | Sequence[str] | Sequence[np.ndarray] = "", interval: float = 0.0, repeat: bool = False
    ) -> None:
        from deepjscec.app.pictures import default_picture, load_picture

        PduBlock.__init__(self, "DeepJSCEC Image Source", None, "images")
        if repeat and interval <= 0:
            raise ValueError("repeat needs an interval above 0 s, or pictures would queue without bound")
        if isinstance(pictures, str):
            pictures = [pictures] if pictures else [default_picture()]
        self.pictures = [p if isinstance(p, np.ndarray) else load_picture(p) for p in pictures]
        self._interval, self._repeat = interval, repeat
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_id = 0  # goes on over a stop and start, for the encryptor's session does, too

    def start(self) -> bool:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._send, name="image_source", daemon=True)
        self._thread.start()
        return True

    def stop(self) -> bool:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        return True

    def _send(self) -> None:
        while not self._stopping.is_set():
            for pixels in self.pictures:
                meta = {"image_id": self._next_id, "height": pixels.shape[0], "width": pixels.shape[1]}
                self.publish(meta, np.ascontiguousarray(pixels).reshape(-1))
                self.stats["sent"] += 1
                self._next_id += 1
                if self._stopping.wait(self._interval):
                    return
            if not self._repeat:
                self.publish_end()
                return
