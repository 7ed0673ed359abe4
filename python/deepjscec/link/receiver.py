# SPDX-License-Identifier: GPL-3.0-or-later
"""Bob's side of the link: packets in, in any order and with gaps; codewords out, with what is missing marked."""

from __future__ import annotations

from collections import Counter, OrderedDict

import numpy as np

from deepjscec.codec import ModelCard
from deepjscec.crypto import (
    Cipher,
    ForeignKeyError,
    HeaderError,
    HeaderOpener,
    HeaderTagError,
    Session,
    SessionMemory,
    make_cipher,
)
from deepjscec.link.assembly import Assembly, ReceivedCodewords, mean_snr
from deepjscec.link.combining import mmse_weights
from deepjscec.link.fields import PacketFields, system_id
from deepjscec.link.interleaver import gather

_GroupKey = tuple[bytes, int]  # session's name, image id


class LinkReceiver:
    """Opens headers, drops what it must not trust, decrypts and reassembles.

    `stats` counts packets: `accepted`, and for each reason of refusal `foreign_key`, `bad_tag`, `bad_header`,
    `replayed`, `not_remembered` (the session file cannot be written), `wrong_model` (or cipher), `malformed`, `late`;
    and pictures: `pictures_complete`, `pictures_partial`.
    """

    def __init__(
        self,
        opener: HeaderOpener,
        cipher: str,
        card: ModelCard,
        *,
        max_open: int = 4,
        max_symbols: int = 1 << 26,
        memory: SessionMemory | None = None,
    ) -> None:
        """`cipher` by name. `max_open` groups are assembled at once; a further one sends the oldest out as it is.

        `max_symbols` bounds the memory that one header may claim. `memory` of packets received before, by default
        one that lasts as long as this object.
        """
        self._opener, self._cipher_name, self._card = opener, cipher, card
        self._system = system_id(card, cipher)
        self._max_open, self._max_symbols = max_open, max_symbols
        self._open: OrderedDict[_GroupKey, Assembly] = OrderedDict()
        self._done: OrderedDict[_GroupKey, None] = OrderedDict()
        self._ciphers: OrderedDict[bytes, Cipher] = OrderedDict()
        self._memory = memory or SessionMemory()
        self.stats: Counter[str] = Counter()

    @property
    def failed_authentication(self) -> int:
        """Packets whose header was not sealed with Bob's key."""
        return self.stats["foreign_key"] + self.stats["bad_tag"]

    def receive(self, header: bytes, symbols: np.ndarray, noise_var: np.ndarray) -> list[ReceivedCodewords]:
        """Take one packet; return the groups that it completed or pushed out, oldest first.

        `header` as it arrived, `symbols` complex64[n] and `noise_var` float32[n] as the equaliser gave them. Never
        raises for what arrives on the air; refusals are counted in `stats`.
        """
        try:
            session, counter, data = self._opener.open(header)
        except ForeignKeyError:
            return self._refuse("foreign_key")
        except HeaderTagError:
            return self._refuse("bad_tag")
        except HeaderError:
            return self._refuse("bad_header")
        try:
            fields = PacketFields.unpack(data)
        except ValueError:
            return self._refuse("malformed")
        if fields.system != self._system:
            return self._refuse("wrong_model")
        return self._place(session, counter, fields, symbols, noise_var)

    def flush(self) -> list[ReceivedCodewords]:
        """Everything still incomplete, oldest first; for the end of a stream."""
        return [self._close(key) for key in list(self._open)]

    def _refuse(self, reason: str) -> list[ReceivedCodewords]:
        self.stats[reason] += 1
        return []

    def _place(
        self, session: Session, counter: int, fields: PacketFields, symbols: np.ndarray, noise_var: np.ndarray
    ) -> list[ReceivedCodewords]:
        key = (session.name, fields.image_id)
        if key in self._done:
            return self._refuse(self._why_not_new(session, counter) or "late")
        group = self._open.get(key)
        if group is None:
            if fields.rate_index >= len(self._card.rates):
                return self._refuse("malformed")
            shape = (fields.height, fields.width)
            if fields.pictures * self._card.codeword_length(shape, fields.rate_index) > self._max_symbols:
                return self._refuse("malformed")
            group = Assembly(fields, self._card)
        if not group.describes(fields) or len(symbols) != group.packet_symbols(fields.index):
            return self._refuse("malformed")
        # last, so that a genuine header with a mangled payload does not use up the genuine packet's number
        if reason := self._why_not_new(session, counter):
            return self._refuse(reason)
        self._open[key] = group
        noise_var = np.where(noise_var >= 0, noise_var, np.inf)  # what is no variance says nothing of its symbol
        clear, variances = self._decrypt(session, counter, symbols, noise_var)
        group.add(fields.index, clear, variances, mean_snr(noise_var))
        self.stats["accepted"] += 1
        finished = [self._close(key)] if group.complete else []
        while len(self._open) > self._max_open:
            finished.insert(0, self._close(next(iter(self._open))))
        return finished

    def _why_not_new(self, session: Session, counter: int) -> str:
        """Empty for a packet that is new, and remembered from now on."""
        try:
            return "" if self._memory.accept(session.name, counter) else "replayed"
        except OSError:  # what cannot be remembered could be replayed after a restart
            return "not_remembered"

    def _decrypt(
        self, session: Session, counter: int, symbols: np.ndarray, noise_var: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """One packet's symbols as blocks in the clear, complex64[blocks, m], with variances float32[blocks, m]."""
        cipher = self._cipher_of(session)
        blocks = gather(symbols).reshape(-1, self._card.block_size)
        variances = gather(noise_var).reshape(blocks.shape)
        if cipher.spreads_noise:
            weights, block_var = mmse_weights(variances)
            blocks = np.where(weights > 0, blocks, 0) * weights
            clear = cipher.decrypt(np.ascontiguousarray(blocks.reshape(-1)), packet=counter)
            return clear.reshape(blocks.shape), np.broadcast_to(block_var[:, None], blocks.shape)
        clear, variances = cipher.observe(cipher.decrypt(blocks.reshape(-1), packet=counter), variances.reshape(-1))
        return clear.reshape(blocks.shape), variances.reshape(blocks.shape)

    def _cipher_of(self, session: Session) -> Cipher:
        cipher = self._ciphers.get(session.name)
        if cipher is None:
            cipher = make_cipher(self._cipher_name, session, self._card.block_size)
            self._ciphers[session.name] = cipher
            while len(self._ciphers) > 16:
                self._ciphers.popitem(last=False)
        return cipher

    def _close(self, key: _GroupKey) -> ReceivedCodewords:
        group = self._open.pop(key)
        self._done[key] = None
        while len(self._done) > 4096:
            self._done.popitem(last=False)
        self.stats["pictures_complete" if group.complete else "pictures_partial"] += group.fields.pictures
        return group.result()
