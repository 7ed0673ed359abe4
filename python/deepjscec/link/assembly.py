# SPDX-License-Identifier: GPL-3.0-or-later
"""One group of pictures while its packets arrive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepjscec.codec import ModelCard
from deepjscec.link.fields import PacketFields
from deepjscec.link.interleaver import blocks_of_packet


@dataclass(frozen=True)
class ReceivedCodewords:
    """A group of pictures as it arrived."""

    image_id: int  # of the first; the others follow it
    shape: tuple[int, int]  # (H, W)
    rate_index: int
    symbols: np.ndarray  # complex64[pictures, k], 0 where nothing arrived
    noise_var: np.ndarray  # float32[pictures, k], inf where nothing arrived
    packets_received: int
    packets_sent: int
    snr_db: float  # Es/N0 of the packets that arrived, at the equaliser's output


def mean_snr(noise_var: np.ndarray) -> float:
    """Mean Es/N0 of symbols with the variances float32[n], linear."""
    with np.errstate(divide="ignore"):
        return float(np.mean(1 / noise_var.astype(np.float64)))


def packet_blocks(fields: PacketFields, card: ModelCard) -> int:
    """Blocks of the codeword that a packet with these fields carries."""
    length = card.codeword_length((fields.height, fields.width), fields.rate_index)
    blocks = fields.pictures * length // card.block_size
    return (fields.index + 1) * blocks // fields.count - fields.index * blocks // fields.count


class Assembly:
    """The codewords of one group, filled packet by packet in any order."""

    def __init__(self, fields: PacketFields, card: ModelCard) -> None:
        """`fields` of any packet of the group."""
        self.fields = fields
        self._length = card.codeword_length((fields.height, fields.width), fields.rate_index)
        self._blocks = fields.pictures * self._length // card.block_size
        self._symbols = np.zeros((self._blocks, card.block_size), np.complex64)
        self._noise_var = np.full((self._blocks, card.block_size), np.inf, np.float32)
        self._received: dict[int, float] = {}  # packet index -> mean Es/N0, linear

    def describes(self, fields: PacketFields) -> bool:
        """Whether another packet's fields say the same of the group."""
        return fields.without_index() == self.fields.without_index()

    def add(self, index: int, symbols: np.ndarray, noise_var: np.ndarray, snr: float) -> None:
        """Put complex64[blocks, m] and float32[blocks, m] of packet `index`, received at `snr`, in their places."""
        chosen = blocks_of_packet(self._blocks, self.fields.count, index)
        self._symbols[chosen], self._noise_var[chosen] = symbols, noise_var
        self._received[index] = snr

    @property
    def complete(self) -> bool:
        return len(self._received) == self.fields.count

    def result(self) -> ReceivedCodewords:
        """The group as it is now."""
        f = self.fields
        layout = (f.pictures, self._length)
        with np.errstate(divide="ignore"):
            snr_db = float(10 * np.log10(np.mean(list(self._received.values()))))
        return ReceivedCodewords(
            f.image_id,
            (f.height, f.width),
            f.rate_index,
            self._symbols.reshape(layout),
            self._noise_var.reshape(layout),
            len(self._received),
            f.count,
            snr_db,
        )
