# SPDX-License-Identifier: GPL-3.0-or-later
"""Bob in one block."""

from __future__ import annotations

from gnuradio import gr

from ._stats import merged_stats
from .decoder import decoder
from .decryptor import decryptor
from .ofdm_receiver import ofdm_receiver


class secure_receiver(gr.hier_block2):
    """Bob: IQ samples in, picture PDUs out; OFDM receiver, decryptor and decoder.

    `key_file`: shared with Alice, or the private key that belongs to her public one. `model` and `cipher` as hers,
    `profile` and `sample_rate` of her waveform. `session_file`: see `decryptor`. `threads` of ONNX Runtime, 0 for its
    choice. `max_waiting`: see `decoder`. The message output `packets` gives what the receiver finds, encrypted. Raises
    `ValueError` or `OSError` for bad settings.
    """

    def __init__(
        self,
        key_file: str,
        model: str = "photo",
        cipher: str = "isometric",
        profile: str = "default",
        sample_rate: float = 0.0,
        session_file: str = "",
        threads: int = 0,
        max_waiting: int = 0,
    ) -> None:
        gr.hier_block2.__init__(
            self, "DeepJSCEC Secure Receiver", gr.io_signature(1, 1, gr.sizeof_gr_complex), gr.io_signature(0, 0, 0)
        )
        self._receiver = ofdm_receiver(profile, sample_rate)
        self._decryptor = decryptor(key_file, cipher, model, session_file)
        self._decoder = decoder(model, threads, max_waiting)
        self.message_port_register_hier_out("packets")
        self.message_port_register_hier_out("images")
        self.connect(self, self._receiver)
        self.msg_connect(self._receiver, "packets", self._decryptor, "packets")
        self.msg_connect(self._receiver, "packets", self, "packets")
        self.msg_connect(self._decryptor, "codewords", self._decoder, "codewords")
        self.msg_connect(self._decoder, "images", self, "images")

    def get_stats(self) -> dict[str, int]:
        """Counters of the three blocks in one dictionary: packets found, refused by reason, pictures decoded."""
        return merged_stats(self._receiver, self._decryptor, self._decoder)
