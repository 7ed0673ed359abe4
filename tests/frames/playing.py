# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames that can be told apart, files of them, and sources played for a while."""

import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 64
LEVELS = 20  # grey levels that survive JPEG and H.264


def grey(number):
    """Frame `number`, uint8[SIDE, SIDE, 3], in one of LEVELS shades of grey."""
    return np.full((SIDE, SIDE, 3), 20 + 10 * (number % LEVELS), np.uint8)


def number_of(pixels):
    """Inverse of `grey`."""
    return round((float(pixels.mean()) - 20) / 10)


def write_picture(path, number):
    Image.fromarray(grey(number)).save(path)
    return path


def write_video(path, frames=10, fps=20, pixels=grey):
    """A video of `frames` pictures `pixels(number)`, in the format of the file's name."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=fps)
        h, w = pixels(0).shape[:2]
        stream.height, stream.width, stream.pix_fmt, stream.bit_rate = h, w, "yuv420p", 4_000_000
        for number in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels(number), "rgb24")))
        container.mux(stream.encode())
    return Path(path)


class Played:
    """A source played in a thread: what came, when, and the warnings."""

    def __init__(self, source, work=0.0):
        """`work`: seconds that every frame takes to use."""
        self.source, self.numbers, self.times, self.failures, self.warnings = source, [], [], [], []
        self._work, self._stop = work, threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def _play(self):
        for load in self.source.play(self._stop, self.warnings.append):
            self.times.append(time.monotonic())
            try:
                self.numbers.append(number_of(load()))
            except ValueError as error:
                self.failures.append(str(error))
            time.sleep(self._work)

    def until(self, condition, timeout=30.0):
        begin = time.monotonic()
        while not condition(self):
            assert time.monotonic() < begin + timeout, (self.numbers, self.source.stats, self.warnings)
            time.sleep(0.01)
        return self

    def end(self, timeout=30.0):
        self._thread.join(timeout)
        assert not self._thread.is_alive()
        return self

    def stop(self):
        """Seconds until the source has ended."""
        begin = time.monotonic()
        self._stop.set()
        self.end()
        return time.monotonic() - begin
