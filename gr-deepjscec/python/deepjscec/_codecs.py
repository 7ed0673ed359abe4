# SPDX-License-Identifier: GPL-3.0-or-later
"""Codecs that the blocks of a process share: a model in memory, with its threads, is needed once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from deepjscec.codec import Codec


@lru_cache(maxsize=8)
def shared_codec(model: str, threads: int) -> Codec:
    """`Codec.load(model, threads)`, the same object each time; ONNX Runtime sessions may be run from many threads."""
    from deepjscec.codec import Codec

    return Codec.load(model, threads)


def label_fields_of(codec: Codec, result: np.ndarray) -> dict[str, Any]:
    """Metadata of what a decoder gives: nothing for a picture; label, confidence and classes of probabilities."""
    if not codec.classes:
        return {}
    from deepjscec.app.labels import label_fields

    return label_fields(result, codec.classes)
