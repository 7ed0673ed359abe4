# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords to pictures, or to what is on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._codecs import label_fields_of
from ._pdu_block import PduBlock


class decoder(PduBlock):
    """Decodes codeword PDUs of the decryptor into picture PDUs, uint8[height * width * 3].

    With a model that classifies, into probabilities, float32[classes], with `label`, its `confidence` and the names of
    the `classes`, divided by commas, in the metadata. Keeps the metadata but the noise variances. `model` as the
    encoder's; `threads` of ONNX Runtime, 0 for its choice. `max_waiting`: when more codewords wait, the oldest is
    dropped and counted (`dropped_late`); 0 for streams that can wait. Raises `ValueError` for an unknown model.
    """

    def __init__(self, model: str = "photo", threads: int = 0, max_waiting: int = 0) -> None:
        from ._codecs import shared_codec

        PduBlock.__init__(self, "DeepJSCEC Decoder", "codewords", "images")
        self._codec = shared_codec(model, threads)
        self._max_waiting = max_waiting

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        if self.too_many_wait("codewords", self._max_waiting):
            self.stats["dropped_late"] += 1
            return
        noise_var = meta.pop("noise_var")
        rate = self._codec.rates[meta["rate_index"]]
        shape = (meta["height"], meta["width"])
        (result,) = self._codec.receive_batch(array[None], noise_var[None], shape, rate)
        self.publish(meta | label_fields_of(self._codec, result), result.reshape(-1))
        self.stats["decoded"] += 1
