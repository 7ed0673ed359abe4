# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures to codewords."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._pdu_block import PduBlock


class encoder(PduBlock):
    """Encodes picture PDUs into codeword PDUs: `{image_id, height, width, rate_index}` and complex64[k].

    `model`: a model's name or folder. `rate`: complex channel uses per source sample, one of the model's, such as
    "1/6". `threads` of ONNX Runtime, 0 for its choice. Raises `ValueError` for a model or rate that is not there.
    """

    def __init__(self, model: str = "photo", rate: str = "1/6", threads: int = 0) -> None:
        from ._codecs import shared_codec

        PduBlock.__init__(self, "DeepJSCEC Encoder", "images", "codewords")
        self._codec = shared_codec(model, threads)
        self._rate_index = self._codec.rate_index(rate)

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        rate = self._codec.rates[self._rate_index]
        codeword = self._codec.encode(array.reshape(meta["height"], meta["width"], 3), rate)
        kept = {key: meta[key] for key in ("image_id", "height", "width")}
        self.publish({**kept, "rate_index": self._rate_index}, codeword)
        self.stats["encoded"] += 1
