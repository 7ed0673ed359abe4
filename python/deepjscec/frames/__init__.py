# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames one by one, when they are due: of pictures, videos, cameras and ZeroMQ sockets.

    stop = threading.Event()
    source = open_frames("holiday.mp4", fps=5, repeat=True)
    for load in source.play(stop):  # waits until a frame is due, and until `stop` is set if need be
        pixels = load()  # uint8[H, W, 3]
    source.stats  # what was left out, and why

A frame that is not wanted is not converted: then do not call `load`. What comes too late is dropped and counted, never
queued. Videos and cameras need PyAV.
"""

from .cropping import centre_square
from .decoding import decode_picture
from .opening import FrameSource, open_frames
from .places import Places

__all__ = ["FrameSource", "Places", "centre_square", "decode_picture", "open_frames"]
