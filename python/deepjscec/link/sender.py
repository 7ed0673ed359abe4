# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice's side of the link: codewords in, packets out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepjscec.codec import ModelCard
from deepjscec.crypto import HeaderSealer, Session, make_cipher
from deepjscec.link.fields import MAX_PACKETS, MAX_PICTURES, PacketFields, system_id
from deepjscec.link.interleaver import blocks_of_packet, spread


@dataclass(frozen=True)
class Packet:
    """What goes to the transmitter: `header` bytes, sealed, and `payload` complex64[n], encrypted."""

    header: bytes
    payload: np.ndarray


class LinkSender:
    """Splits codewords over packets by whole blocks, encrypts each packet and seals its header."""

    def __init__(self, session: Session, cipher: str, card: ModelCard, payload_symbols: int) -> None:
        """`cipher` by name; `payload_symbols`: complex symbols that a packet of the waveform can carry."""
        if payload_symbols < card.block_size:
            raise ValueError(f"a packet of {payload_symbols} symbols cannot carry a block of {card.block_size}")
        self.payload_symbols = payload_symbols
        self._session, self._card = session, card
        self._cipher = make_cipher(cipher, session, card.block_size)
        self._system = system_id(card, cipher)
        self._sealer = HeaderSealer(session)
        self._blocks_per_packet = payload_symbols // card.block_size

    def packet_count(self, symbols: int) -> int:
        """Packets that so many codeword symbols take."""
        return -(-symbols // (self._blocks_per_packet * self._card.block_size))

    def send(self, codewords: np.ndarray, image_id: int, shape: tuple[int, int], rate_index: int) -> list[Packet]:
        """Packets for one group of pictures.

        `codewords` complex64[n, k] of n pictures of `shape` (H, W), all at the rate of that index; `image_id` of the
        first. Raises `ValueError` where the length disagrees with the shape or the group is too large.
        """
        n, k = codewords.shape
        if k != self._card.codeword_length(shape, rate_index):
            raise ValueError(f"a codeword of {k} symbols does not belong to a picture of {shape}")
        blocks = codewords.reshape(-1, self._card.block_size)
        count = self.packet_count(blocks.size)
        if count > MAX_PACKETS or n > MAX_PICTURES:
            raise ValueError(f"{n} pictures in {count} packets are more than a group can hold")
        packets = []
        for index in range(count):
            fields = PacketFields(image_id, n, index, count, *shape, rate_index, self._system)
            counter = self._session.next_packet()
            chosen = blocks[blocks_of_packet(len(blocks), count, index)]
            encrypted = self._cipher.encrypt(chosen.reshape(-1), packet=counter)
            packets.append(Packet(self._sealer.seal(counter, fields.pack()), spread(encrypted)))
        return packets
