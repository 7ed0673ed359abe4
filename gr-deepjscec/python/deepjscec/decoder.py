# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords to pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._pdu_block import PduBlock


class decoder(PduBlock):
    """Decodes codeword PDUs of the decryptor into picture PDUs, uint8[height * width * 3].

    Keeps the metadata but the noise variances. `model` as the encoder's; `threads` of ONNX Runtime, 0 for its choice.
    """

    def __init__(self, model: str = "photo", threads: int = 0) -> None:
        from ._codecs import shared_codec

        PduBlock.__init__(self, "DeepJSCEC Decoder", "codewords", "images")
        self._codec = shared_codec(model, threads)

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        noise_var = meta.pop("noise_var")
        rate = self._codec.rates[meta["rate_index"]]
        pixels = self._codec.decode(array, noise_var, (meta["height"], meta["width"]), rate)
        self.publish(meta, pixels.reshape(-1))
        self.stats["decoded"] += 1
