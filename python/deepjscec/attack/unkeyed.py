# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve's receive chain: reassemble what is on the air and make pictures of it without the key.

Everything but the key is public, so Eve has it: the model, the interleavers, how codewords are split over packets. The
headers are sealed, but their packet counter is not, and she is also told the sizes of the pictures and the rate, which
she could guess from the traffic. Against `cipher none` this receiver gets the picture, which shows that it works.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from deepjscec.codec import Codec
from deepjscec.crypto import HEADER_VERSION, HeaderError, Secret, Session, make_cipher, read_clear_part
from deepjscec.link import Assembly, PacketFields, PayloadFormat, PictureGrouper
from deepjscec.link.assembly import mean_snr, packet_blocks

UNKEYED_ATTACKS = (
    "unencrypted",  # decode as if nothing were encrypted
    "wrong-key",  # go Bob's way with a key of her own
    "average",  # ... or decode the mean of all transmissions so far, in case they are of one picture
)
LEAST_VARIANCE = np.float32(1e-6)
LOOK_AHEAD = 100_000  # packets; counters are not authenticated, and a forged one must not keep Eve busy for hours


@dataclass(frozen=True)
class UnkeyedPicture:
    """What Eve makes of one picture."""

    image_id: int
    shape: tuple[int, int]  # (H, W) as sent
    result: np.ndarray  # uint8[H, W, 3], or the probabilities of a classifier, float32[classes]
    snr_db: float
    packets_received: int
    packets_sent: int


class UnkeyedReceiver:
    """Eve without a key: packets in, her pictures out."""

    def __init__(
        self,
        codec: Codec,
        shapes: Iterable[tuple[int, int]],
        rate_index: int,
        payload_symbols: int,
        cipher: str = "isometric",
        attack: str = "unencrypted",
    ) -> None:
        """`shapes` (H, W) of the pictures as Alice sends them, may be endless; `payload_symbols` of a full packet.

        `cipher`: its name tells what else is in a payload; its order, where that is secret, stays so. `attack`: one of
        `UNKEYED_ATTACKS`. Raises `ValueError` for unknown names.
        """
        if attack not in UNKEYED_ATTACKS:
            raise ValueError(f"unknown attack {attack!r}: choose from {', '.join(UNKEYED_ATTACKS)}")
        self._attack = attack
        self._codec, self._rate_index = codec, rate_index
        self._session = Session.start(Secret.random())  # her own
        self._format = PayloadFormat(make_cipher(cipher, self._session, codec.block_size))
        self._sums: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}  # by index and count: weighted, weights
        self._data_symbols = self._format.capacity(payload_symbols) * codec.block_size
        self._shapes = shapes
        self.stats: Counter[str] = Counter()
        self._start(b"")

    def _start(self, session_id: bytes) -> None:
        """Alice's packets are counted anew in each of her sessions."""
        self._session_id = session_id
        self._plan = self._groups(self._shapes)
        self._slots: deque[PacketFields] = deque()  # what the packet of each counter carries, from `_first` on
        self._first = 0  # packets before it belong to pictures that are done
        self._open: dict[int, Assembly] = {}
        self._done = -1

    def receive(self, header: bytes, symbols: np.ndarray, noise_var: np.ndarray) -> list[UnkeyedPicture]:
        """Take one packet of the receiver; return the pictures that are complete with it."""
        pictures: list[UnkeyedPicture] = []
        fields = None
        try:
            clear = read_clear_part(header)
        except HeaderError:
            clear = None
        if clear and clear.version == HEADER_VERSION:
            if clear.session_id != self._session_id:
                pictures = self.flush()
                self._start(clear.session_id)
            if clear.packet < self._first:
                self.stats["late"] += 1
                return pictures
            fields = self._fields(clear.packet, len(symbols))
        if clear is None or fields is None:
            self.stats["unplaced"] += 1
            return pictures
        if fields.image_id <= self._done:
            self.stats["late"] += 1
            return pictures
        pictures += [p for first in sorted(self._open) if first < fields.image_id - 1 for p in self._close(first)]
        assembly = self._open.get(fields.image_id) or Assembly(fields, self._codec.card)
        if self._format.length(packet_blocks(fields, self._codec.card)) != len(symbols):
            self.stats["unplaced"] += 1
            return pictures
        self._open[fields.image_id] = assembly
        blocks, variances = self._blocks(clear.packet, fields, symbols, noise_var)
        assembly.add(fields.index, blocks, variances, mean_snr(noise_var))
        self.stats["accepted"] += 1
        return pictures + (self._close(fields.image_id) if assembly.complete else [])

    def _blocks(
        self, packet: int, fields: PacketFields, symbols: np.ndarray, noise_var: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """What she takes for the data blocks of a packet: complex64 and float32[blocks, m]."""
        blocks, variances = self._format.data_without_key(symbols, noise_var)
        if self._attack == "wrong-key":
            opened = self._format.open(self._session, packet, symbols, noise_var, unchecked=True)
            if opened:
                return opened.blocks, opened.noise_var
            self.stats["unopened"] += 1  # LWE's prefix, which another key does not find
        if self._attack == "average":
            slot = fields.index, fields.count
            usable = np.isfinite(blocks) & (variances >= 0)
            weights = np.where(usable, 1 / np.maximum(variances, LEAST_VARIANCE), 0)
            sums, total = self._sums.get(slot, (np.zeros_like(blocks), np.zeros_like(weights)))
            if sums.shape != blocks.shape:  # of a picture of another size
                sums, total = np.zeros_like(blocks), np.zeros_like(weights)
            sums, total = sums + np.where(usable, blocks, 0) * weights, total + weights
            self._sums[slot] = sums, total
            with np.errstate(divide="ignore"):
                return np.divide(sums, total, out=np.zeros_like(sums), where=total > 0), 1 / total
        return blocks, variances

    def flush(self) -> list[UnkeyedPicture]:
        """Pictures of which packets are missing; for the end of a stream."""
        return [picture for first in sorted(self._open) for picture in self._close(first)]

    def _close(self, first: int) -> list[UnkeyedPicture]:
        got = self._open.pop(first).result()
        self._done = max(self._done, first)
        while self._slots and self._slots[0].image_id <= self._done:
            self._slots.popleft()
            self._first += 1
        rate = self._codec.rates[self._rate_index]
        results = self._codec.receive_batch(got.symbols, got.noise_var, got.shape, rate)
        return [
            UnkeyedPicture(first + i, got.shape, result, got.snr_db, got.packets_received, got.packets_sent)
            for i, result in enumerate(results)
        ]

    def _fields(self, counter: int, length: int) -> PacketFields | None:
        """What the packet of this counter carries, of `length` symbols; None for one that Alice has not sent."""
        place = counter - self._first
        if place > len(self._slots) + LOOK_AHEAD:
            return None
        while len(self._slots) <= place:
            group = next(self._plan, None)
            if group is None:
                return None
            self._slots.extend(group)
        fields = self._slots[place]
        for pictures in range(1, fields.pictures) if fields.count == 1 else ():
            sooner = replace(fields, pictures=pictures)
            if self._format.length(packet_blocks(sooner, self._codec.card)) == length:
                # Alice did not wait until it was full: the others travel in packets behind it
                while len(self._slots) > place:
                    self._slots.pop()
                self._slots.append(sooner)
                self._plan = self._groups(self._shapes, sooner.image_id + pictures)
                return sooner
        return fields

    def _groups(self, shapes: Iterable[tuple[int, int]], first: int = 0) -> Iterator[list[PacketFields]]:
        """Alice's packets, group by group, as her grouper and splitter make them, from the picture `first` on."""
        card, grouper = self._codec.card, PictureGrouper(self._data_symbols)

        def split(groups: list) -> Iterator[list[PacketFields]]:
            for group in groups:
                n, count = len(group.codewords), -(-group.codewords.size // self._data_symbols)
                same = (*group.shape, self._rate_index, card.model_hash)
                yield [PacketFields(group.image_id, n, index, count, *same) for index in range(count)]

        for image_id, shape in enumerate(itertools.islice(shapes, first, None), first):
            blank = np.zeros(card.codeword_length(shape, self._rate_index), np.int8)
            yield from split(grouper.add(blank, image_id, shape, self._rate_index))
        yield from split(grouper.flush())
