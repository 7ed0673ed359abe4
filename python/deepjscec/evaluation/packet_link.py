# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords over the waveform: the link's own packets, with sealed headers, references and secret order."""

from __future__ import annotations

import numpy as np

from deepjscec.codec import Codec
from deepjscec.crypto import HeaderOpener, Secret, Session, make_cipher
from deepjscec.evaluation.burst_channel import BurstChannel
from deepjscec.evaluation.symbol_link import Heard
from deepjscec.link import (
    Assembly,
    LinkReceiver,
    LinkSender,
    Packet,
    PacketFields,
    PayloadFormat,
    PictureGroup,
    PictureGrouper,
    ReceivedCodewords,
)
from deepjscec.link.assembly import mean_snr, packet_blocks
from deepjscec.phy import Packet as ReceivedPacket


class PacketLink:
    """Bob is the link's receiver. Eve hears every burst and is told what it carries, but not the order inside."""

    def __init__(self, codec: Codec, cipher: str, secret: bytes, session: Session, channel: BurstChannel) -> None:
        """`session` under `secret`, to send with."""
        self._codec, self._cipher, self._channel = codec, cipher, channel
        self._sender = LinkSender(session, cipher, codec.card, channel.profile.max_payload_symbols)
        self._format = PayloadFormat(make_cipher(cipher, session, codec.block_size))
        self._bob = LinkReceiver(HeaderOpener(Secret(secret)), cipher, codec.card)
        self._images = 0  # sent so far: the next one's id

    @property
    def channel_uses(self) -> int:
        """Payload symbols sent so far, references and all."""
        return self._channel.symbols

    def exchange(self, codewords: np.ndarray, shape: tuple[int, int], rate_index: int, receiver: str) -> Heard:
        """complex64[n, k] of pictures of `shape` (H, W), as `receiver` "bob" or "eve" has them."""
        first, grouper = self._images, PictureGrouper(self._sender.data_symbols)
        symbols = np.zeros(codewords.shape, np.complex64)
        noise_var = np.full(codewords.shape, np.inf, np.float32)
        groups: list[PictureGroup] = []
        for image_id, codeword in enumerate(codewords, first):
            groups += grouper.add(codeword, image_id, shape, rate_index)
        for group in groups + grouper.flush():
            packets = self._sender.send(group.codewords, group.image_id, group.shape, group.rate_index)
            heard = self._channel.exchange(packets)
            for got in self._for_eve(group, packets, heard) if receiver == "eve" else self._for_bob(heard):
                rows = slice(got.image_id - first, got.image_id - first + len(got.symbols))
                symbols[rows], noise_var[rows] = got.symbols, got.noise_var
        self._images += len(codewords)
        return Heard(symbols, noise_var, ~np.isfinite(noise_var).any(axis=1))

    def _for_bob(self, heard: list[ReceivedPacket]) -> list[ReceivedCodewords]:
        groups = [g for packet in heard for g in self._bob.receive(packet.header, packet.symbols, packet.noise_var)]
        return groups + self._bob.flush()

    def _for_eve(
        self, group: PictureGroup, packets: list[Packet], heard: list[ReceivedPacket]
    ) -> list[ReceivedCodewords]:
        places = {packet.header: index for index, packet in enumerate(packets)}
        count, pictures = len(packets), len(group.codewords)
        fields = [
            PacketFields(group.image_id, pictures, index, count, *group.shape, group.rate_index, bytes(8))
            for index in range(count)
        ]
        assembly = Assembly(fields[0], self._codec.card)
        arrived = [packet for packet in heard if packet.header in places]
        for packet in arrived:
            index = places[packet.header]
            if len(packet.symbols) == self._format.length(packet_blocks(fields[index], self._codec.card)):
                blocks, variances = self._format.data_without_key(packet.symbols, packet.noise_var)
                assembly.add(index, blocks, variances, mean_snr(packet.noise_var))
        return [assembly.result()] if arrived else []
