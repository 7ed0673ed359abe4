# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve in one block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gnuradio import gr

from ._stats import merged_stats
from .eavesdropper import eavesdropper
from .ofdm_receiver import ofdm_receiver


class eavesdropper_receiver(gr.hier_block2):
    """Eve: IQ samples in, the picture PDUs of an attacker without the key out; OFDM receiver and eavesdropper.

    `model`, `rate`, `shapes`, `cipher`, `attack`, `threads` and `max_waiting`: see `eavesdropper`. `profile`
    and `sample_rate` of Alice's waveform. The message output `packets` gives what the receiver finds. Raises
    `ValueError` for bad settings.
    """

    def __init__(
        self,
        model: str = "photo",
        rate: str = "1/6",
        shapes: Sequence[Any] = (512, 512),
        cipher: str = "isometric",
        attack: str = "unencrypted",
        profile: str = "default",
        sample_rate: float = 0.0,
        threads: int = 0,
        max_waiting: int = 0,
    ) -> None:
        gr.hier_block2.__init__(
            self,
            "DeepJSCEC Eavesdropper Receiver",
            gr.io_signature(1, 1, gr.sizeof_gr_complex),
            gr.io_signature(0, 0, 0),
        )
        self._receiver = ofdm_receiver(profile, sample_rate)
        self._eavesdropper = eavesdropper(model, rate, shapes, threads, profile, cipher, attack, max_waiting)
        self.message_port_register_hier_out("packets")
        self.message_port_register_hier_out("images")
        self.connect(self, self._receiver)
        self.msg_connect(self._receiver, "packets", self._eavesdropper, "packets")
        self.msg_connect(self._receiver, "packets", self, "packets")
        self.msg_connect(self._eavesdropper, "images", self, "images")

    def get_stats(self) -> dict[str, int]:
        """Counters of both blocks in one dictionary."""
        return merged_stats(self._receiver, self._eavesdropper)
