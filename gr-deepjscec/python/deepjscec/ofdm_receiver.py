# SPDX-License-Identifier: GPL-3.0-or-later
"""IQ samples to packets."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pmt
from gnuradio import gr

from ._pdu import make_pdu
from .ofdm_transmitter import END_TAG


class ofdm_receiver(gr.sync_block):
    """Finds, demodulates and equalises OFDM packets in a stream of IQ samples.

    Gives packet PDUs `{header: uint8[48], noise_var: float32[n], snr_db, cfo_hz, start, length}` and complex64[n],
    where `noise_var` is the noise variance per complex symbol after equalisation. `profile` and `sample_rate` as the
    transmitter's: the name of the waveform, and samples a second, 0 for the profile's own.
    """

    def __init__(self, profile: str = "default", sample_rate: float = 0.0) -> None:
        from deepjscec.phy import Profile, Receiver

        gr.sync_block.__init__(self, name="DeepJSCEC OFDM Receiver", in_sig=[np.complex64], out_sig=None)
        self.profile = Profile.named(profile, sample_rate or None)
        self._receiver = Receiver(self.profile)
        self._sent: Counter[str] = Counter()
        self.message_port_register_out(pmt.intern("packets"))

    def get_stats(self) -> dict[str, int]:
        """Counters of the receiver: samples, packets found, and those lost by reason."""
        return {**self._receiver.stats, **self._sent}

    def work(self, input_items: Any, output_items: Any) -> int:
        samples = input_items[0]
        ends = self.get_tags_in_window(0, 0, len(samples), pmt.intern(END_TAG))
        for packet in self._receiver.process(samples):
            self._publish(packet)
        if ends:
            for packet in self._receiver.flush():
                self._publish(packet)
            self.message_port_pub(pmt.intern("packets"), pmt.PMT_EOF)
        return len(samples)

    def _publish(self, packet: Any) -> None:
        meta = {
            "header": np.frombuffer(packet.header, np.uint8),
            "noise_var": packet.noise_var,
            "snr_db": float(packet.snr_db),
            "cfo_hz": float(packet.cfo_hz),
            "start": int(packet.start),
            "length": self.profile.packet_len(len(packet.symbols)),
        }
        self.message_port_pub(pmt.intern("packets"), make_pdu(meta, packet.symbols))
        self._sent["published"] += 1
