# SPDX-License-Identifier: GPL-3.0-or-later
"""Received packets to codewords in the clear."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._pdu_block import PduBlock


class decryptor(PduBlock):
    """Checks and decrypts packet PDUs of the receiver and reassembles codeword PDUs.

    Gives `{image_id, height, width, rate_index, noise_var: float32[k], packets_received, packets_sent, snr_db}` and
    complex64[k]; what did not arrive has an infinite noise variance. `key_file`, `cipher` and `model` as the
    encryptor's. With a `session_file` packets received before a restart are refused after it, too. Packets that fail
    are dropped and counted by reason, see `get_stats`.
    """

    def __init__(self, key_file: str, cipher: str = "isometric", model: str = "photo", session_file: str = "") -> None:
        from deepjscec.app.roles import make_receiver

        PduBlock.__init__(self, "DeepJSCEC Decryptor", "packets", "codewords")
        self._receiver = make_receiver(key_file, cipher, model, session_file)

    def get_stats(self) -> dict[str, int]:
        return {
            **super().get_stats(),
            **self._receiver.stats,
            "failed_authentication": self._receiver.failed_authentication,
        }

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        for received in self._receiver.receive(meta["header"].tobytes(), array, meta["noise_var"]):
            self._send(received)

    def finish(self) -> None:
        for received in self._receiver.flush():
            self._send(received)

    def _send(self, received: Any) -> None:
        for offset, (symbols, noise_var) in enumerate(zip(received.symbols, received.noise_var, strict=True)):
            self.publish(
                {
                    "image_id": received.image_id + offset,
                    "height": received.shape[0],
                    "width": received.shape[1],
                    "rate_index": received.rate_index,
                    "noise_var": noise_var,
                    "packets_received": received.packets_received,
                    "packets_sent": received.packets_sent,
                    "snr_db": received.snr_db,
                },
                symbols,
            )
