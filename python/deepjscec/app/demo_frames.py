# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving pictures without a file: a camera that pans over photographs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

# These ship inside scikit-image: NASA's portrait of Eileen Collins (public domain), a cup of coffee by Rachel Michetti,
# a Falcon 9 by SpaceX, a cat by Stefan van der Walt (all CC0)
SCENES = ("astronaut", "coffee", "rocket", "cat")
ZOOM = 1.4  # the shorter side of a photograph over the frame's


def demo_frames(count: int = 96, side: int = 256, scenes: Sequence[str] = SCENES) -> Iterator[np.ndarray]:
    """`count` frames uint8[side, side, 3], equally many of each of `scenes`: the view moves from end to end.

    Raises `ValueError` for a scene that is not there, and for `count` that is no multiple of the number of scenes.
    """
    unknown = set(scenes) - set(SCENES)
    if unknown or not scenes:
        raise ValueError(f"scenes {list(scenes)}: choose from {', '.join(SCENES)}")
    if count < 1 or count % len(scenes):
        raise ValueError(f"{count} frames cannot be shared out evenly among {len(scenes)} scenes")
    return _frames(count // len(scenes), side, scenes)


def _frames(count: int, side: int, scenes: Sequence[str]) -> Iterator[np.ndarray]:
    from skimage import data

    for scene in scenes:
        photograph = Image.fromarray(getattr(data, scene)())
        scale = ZOOM * side / min(photograph.size)
        width, height = (round(scale * length) for length in photograph.size)
        pixels = np.asarray(photograph.resize((width, height), Image.Resampling.LANCZOS))
        for step in range(count):
            way = (1 - np.cos(np.pi * (step + 0.5) / count)) / 2  # slow at both ends
            top, left = round(way * (height - side)), round(way * (width - side))
            yield np.ascontiguousarray(pixels[top : top + side, left : left + side])
