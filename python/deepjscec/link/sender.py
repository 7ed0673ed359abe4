# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice's side of the link: codewords in, packets out."""

from __future__ import annotations

import numpy as np

from deepjscec.codec import ModelCard
from deepjscec.crypto import HeaderSealer, Session, make_cipher
from deepjscec.link.fields import MAX_PACKETS, MAX_PICTURES, PacketFields, system_id
from deepjscec.link.interleaver import blocks_of_packet
from deepjscec.link.opening import SessionOpening
from deepjscec.link.packet import Packet
from deepjscec.link.payload import PayloadFormat

OPENING_INTERVAL = 32  # packets of codewords between one of the opening and the next


class LinkSender:
    """Splits codewords over packets by whole blocks, encrypts each packet and seals its header."""

    def __init__(
        self,
        session: Session,
        cipher: str,
        card: ModelCard,
        payload_symbols: int,
        opening: SessionOpening | None = None,
    ) -> None:
        """`cipher` by name; `payload_symbols`: complex symbols that a packet of the waveform can carry.

        With an `opening`, whose secret the session must come from, its packets go first, and one now and then between
        the others for a Bob who tunes in late. Raises `ValueError` where a packet has no room.
        """
        self._session, self._card = session, card
        self._cipher = make_cipher(cipher, session, card.block_size)
        self._format = PayloadFormat(self._cipher)
        self._system = system_id(card, cipher)
        self._sealer = HeaderSealer(session)
        self._blocks_per_packet = self._format.capacity(payload_symbols)
        if self._blocks_per_packet < 1:
            need = self._format.length(1)
            raise ValueError(f"a packet of {payload_symbols} symbols is too short for cipher {cipher}: needs {need}")
        self._opening, self._packets = opening, 0

    @property
    def data_symbols(self) -> int:
        """Codeword symbols that fit into a packet."""
        return self._blocks_per_packet * self._card.block_size

    def packet_count(self, symbols: int) -> int:
        """Packets that so many codeword symbols take."""
        return -(-symbols // self.data_symbols)

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
            packets += self._opening_packets()
            fields = PacketFields(image_id, n, index, count, *shape, rate_index, self._system)
            counter = self._session.next_packet()
            chosen = blocks[blocks_of_packet(len(blocks), count, index)]
            payload = self._format.seal(self._session, counter, chosen)
            packets.append(Packet(self._sealer.seal(counter, fields.pack()), payload))
        return packets

    def _opening_packets(self) -> list[Packet]:
        """Packets of the opening that are due before the next one of a codeword."""
        if self._opening is None:
            return []
        number, self._packets = self._packets, self._packets + 1
        if number == 0:
            return self._opening.first
        return [] if number % OPENING_INTERVAL else [self._opening.one_more()]
