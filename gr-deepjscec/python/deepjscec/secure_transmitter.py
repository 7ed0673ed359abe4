# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice in one block."""

from __future__ import annotations

from gnuradio import gr

from ._stats import merged_stats
from .encoder import encoder
from .encryptor import encryptor
from .ofdm_transmitter import ofdm_transmitter


class secure_transmitter(gr.hier_block2):
    """Alice: picture PDUs in, IQ samples out; encoder, encryptor and OFDM transmitter.

    `key_file`: shared with Bob, or his public key. `model`, `rate`, `threads`: see `encoder`; `cipher`, `max_wait`: see
    `encryptor`; the others: see `ofdm_transmitter`. The message output `sent` gives a dictionary {image_id, pictures}
    when the last packet of a group of pictures has gone into the stream. Raises `ValueError` or `OSError` for bad
    settings.
    """

    def __init__(
        self,
        key_file: str,
        model: str = "photo",
        rate: str = "1/6",
        cipher: str = "isometric",
        profile: str = "default",
        sample_rate: float = 0.0,
        amplitude: float = 0.0,
        max_papr_db: float = 0.0,
        gap: int = 1000,
        lead_in: int = 4000,
        idle: bool = True,
        bursts_only: bool = False,
        max_wait: float = 0.0,
        threads: int = 0,
    ) -> None:
        gr.hier_block2.__init__(
            self, "DeepJSCEC Secure Transmitter", gr.io_signature(0, 0, 0), gr.io_signature(1, 1, gr.sizeof_gr_complex)
        )
        self._encoder = encoder(model, rate, threads)
        self._encryptor = encryptor(key_file, cipher, model, profile, max_wait)
        self._transmitter = ofdm_transmitter(
            profile,
            sample_rate,
            gap,
            lead_in,
            idle,
            amplitude=amplitude,
            max_papr_db=max_papr_db,
            bursts_only=bursts_only,
        )
        self.message_port_register_hier_in("images")
        self.message_port_register_hier_out("sent")
        self.msg_connect(self, "images", self._encoder, "images")
        self.msg_connect(self._encoder, "codewords", self._encryptor, "codewords")
        self.msg_connect(self._encryptor, "packets", self._transmitter, "packets")
        self.msg_connect(self._transmitter, "sent", self, "sent")
        self.connect(self._transmitter, self)

    def set_amplitude(self, amplitude: float) -> None:
        """Change the amplitude from the next burst on; `ValueError` outside 0 to 1."""
        self._transmitter.set_amplitude(amplitude)

    def get_stats(self) -> dict[str, int]:
        """Counters of the three blocks in one dictionary; `packets` are those modulated."""
        return merged_stats(self._encoder, self._encryptor, self._transmitter)
