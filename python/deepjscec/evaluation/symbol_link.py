# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords under a cipher over a channel on symbols, packet by packet as the link splits them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepjscec.crypto import Session, make_cipher
from deepjscec.evaluation.symbol_channel import SymbolChannel
from deepjscec.link import PayloadFormat
from deepjscec.link.coded import half_symbols


@dataclass(frozen=True)
class Heard:
    """Codewords as a receiver has them: complex64[n, k], float32[n, k], and which pictures did not arrive at all."""

    symbols: np.ndarray
    noise_var: np.ndarray
    missing: np.ndarray  # bool[n]


class SymbolLink:
    """Bob has the key; Eve, without it, takes what is on the air for the codeword, in the order of the codeword.

    What Alice has to send beside the data (headers, references, LWE's c1) reaches both without an error here, and costs
    nothing but c1, which `channel_uses` counts. Raises `ValueError` for an unknown cipher or one without room.
    """

    def __init__(self, cipher: str, session: Session, block_size: int, channel: SymbolChannel) -> None:
        from deepjscec.phy import Profile

        self._cipher, self._session, self._channel = make_cipher(cipher, session, block_size), session, channel
        self._step = PayloadFormat(self._cipher).capacity(Profile().max_payload_symbols) * block_size
        if self._step < 1:
            raise ValueError(f"cipher {cipher}: a packet has no room for a block beside what it adds")
        self.channel_uses = 0

    def exchange(self, codewords: np.ndarray, receiver: str) -> Heard:
        """complex64[n, k] of pictures of one size, as `receiver` "bob" or "eve" has them."""
        flat = np.ascontiguousarray(codewords).reshape(-1)
        numbers, prefixes, sent = [], [], []
        for start in range(0, flat.size, self._step):
            number = self._session.next_packet()
            prefix, symbols = self._cipher.encrypt_message(flat[start : start + self._step], number)
            numbers.append(number)
            prefixes.append(prefix)
            sent.append(symbols)
            self.channel_uses += half_symbols(len(prefix)) + symbols.size
        on_air = np.concatenate(sent).reshape(len(codewords), -1)
        received, variance = self._channel.carry(on_air)
        missing = np.zeros(len(codewords), bool)
        if receiver == "eve":
            every = slice(None, None, self._cipher.expansion)
            return Heard(received[:, every], variance[:, every], missing)
        received, variance = received.reshape(-1), variance.reshape(-1)
        clear, clear_var, start = [], [], 0
        for number, prefix, symbols in zip(numbers, prefixes, sent):
            part = slice(start, start + symbols.size)
            one, one_var = self._cipher.decrypt_message(prefix, received[part], variance[part], number)
            clear.append(one)
            clear_var.append(one_var)
            start = part.stop
        layout = codewords.shape
        return Heard(np.concatenate(clear).reshape(layout), np.concatenate(clear_var).reshape(layout), missing)
