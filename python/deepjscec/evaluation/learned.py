# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemes of this project's own: a model's codewords under a cipher, decoded to pictures or to labels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from deepjscec.codec import Codec
from deepjscec.crypto import SESSION_ID_BYTES, Session
from deepjscec.crypto.secret import SECRET_BYTES
from deepjscec.evaluation.burst_channel import BurstChannel
from deepjscec.evaluation.cell import Cell
from deepjscec.evaluation.configuration import Classifier, Learned
from deepjscec.evaluation.outcome import Outcome
from deepjscec.evaluation.packet_link import PacketLink
from deepjscec.evaluation.symbol_channel import SymbolChannel
from deepjscec.evaluation.symbol_link import Heard, SymbolLink


@lru_cache(maxsize=4)
def cached_codec(model: str) -> Codec:
    """A model on one thread: sums then come in one order, on whatever machine."""
    return Codec.load(model, threads=1)


class LearnedSystem:
    """Alice's encoder, cipher and link over `channel`, and Bob or Eve behind it, for one cell; keys come from `rng`."""

    def __init__(
        self, cell: Cell, scheme: Learned, channel: SymbolChannel | BurstChannel, rng: np.random.Generator
    ) -> None:
        self._cell, self._scheme = cell, scheme
        self._codec = cached_codec(scheme.model)
        if cell.inputs.get("model", self._codec.model_hash.hex()) != self._codec.model_hash.hex():
            raise ValueError(f"model {scheme.model!r} is another one here: {self._codec.model_hash.hex()}")
        secret = rng.bytes(SECRET_BYTES)
        session = Session.derive(secret, rng.bytes(SESSION_ID_BYTES), entropy=rng.bytes)
        self._link: SymbolLink | PacketLink
        if isinstance(channel, BurstChannel):
            self._link = PacketLink(self._codec, scheme.cipher, secret, session, channel)
        else:
            self._link = SymbolLink(scheme.cipher, session, self._codec.block_size, channel)

    @property
    def channel_uses(self) -> int:
        """Complex symbols sent so far, with what the cipher and the link add; see the links."""
        return self._link.channel_uses

    def transmit(self, images: np.ndarray) -> Outcome:
        """Send uint8[n, H, W, 3]; what the receiver makes of them."""
        rate, shape = self._cell.rate, (images.shape[1], images.shape[2])
        told = self._cell.snr_db if self._scheme.told else None
        heard = self._exchange(self._codec.encode_batch(images, rate, told), shape)
        if isinstance(self._scheme, Classifier):
            classes = self._codec.classify_batch(heard.symbols, heard.noise_var, shape, rate)
            return Outcome(None, classes, heard.missing)
        return Outcome(self._codec.decode_batch(heard.symbols, heard.noise_var, shape, rate), None, heard.missing)

    def _exchange(self, codewords: np.ndarray, shape: tuple[int, int]) -> Heard:
        if isinstance(self._link, PacketLink):
            return self._link.exchange(codewords, shape, self._codec.rate_index(self._cell.rate), self._scheme.receiver)
        return self._link.exchange(codewords, self._scheme.receiver)
