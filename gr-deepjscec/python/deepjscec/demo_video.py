# SPDX-License-Identifier: GPL-3.0-or-later
"""A video for flowgraphs that are to run as they are."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def demo_video(frames: int = 96, side: int = 256, *scenes: str) -> str:
    """A folder of `frames` pictures, side x side pixels, for a Frame Source: a camera that pans over photographs.

    `scenes`: some of `deepjscec.app.demo_frames.SCENES`, by default all. Made on the first call and removed at exit.
    Raises `ValueError` as `demo_frames` does.
    """
    from PIL import Image

    from deepjscec.app.demo_frames import SCENES, demo_frames

    pictures = demo_frames(frames, side, scenes or SCENES)
    folder = tempfile.mkdtemp(prefix="deepjscec-video-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for number, pixels in enumerate(pictures):
        Image.fromarray(pixels).save(Path(folder, f"{number:04d}.jpg"), quality=95, subsampling=0)
    return folder
