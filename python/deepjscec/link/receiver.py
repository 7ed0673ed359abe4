# SPDX-License-Identifier: GPL-3.0-or-later
"""Bob's side of the link: packets in, in any order and with gaps; codewords out, with what is missing marked."""

from __future__ import annotations

from collections import Counter, OrderedDict

import numpy as np

from deepjscec.codec import ModelCard
from deepjscec.crypto import (
    ForeignKeyError,
    HeaderError,
    HeaderOpener,
    HeaderTagError,
    PrivateKey,
    Session,
    SessionMemory,
    make_cipher,
)
from deepjscec.link.assembly import Assembly, ReceivedCodewords, mean_snr, packet_blocks
from deepjscec.link.fields import PacketFields, system_id
from deepjscec.link.opening import OpeningReceiver, is_opening
from deepjscec.link.payload import OpenedPayload, PayloadFormat

_GroupKey = tuple[bytes, int]  # session's name, image id


class LinkReceiver:
    """Opens headers, drops what it must not trust, decrypts and reassembles.

    `stats` counts packets: `accepted`, and for each reason of refusal `foreign_key`, `bad_tag`, `bad_header`,
    `replayed`, `not_remembered` (the session file cannot be written), `wrong_model` (or cipher), `malformed`, `late`,
    `bad_prefix` (the cipher's prefix is beyond repair), `spoofed` and `rescaled` (a payload that is not, or not as,
    Alice sent it); those that open sessions, see `OpeningReceiver`; and pictures: `pictures_complete`,
    `pictures_partial`.
    """

    def __init__(
        self,
        opener: HeaderOpener,
        cipher: str,
        card: ModelCard,
        *,
        max_open: int = 4,
        max_symbols: int = 1 << 24,
        memory: SessionMemory | None = None,
        private_key: PrivateKey | None = None,
    ) -> None:
        """`cipher` by name. `max_open` groups are assembled at once; a further one sends the oldest out as it is.

        `max_symbols` bounds the memory that one header may claim. `memory` of packets received before, by default
        one that lasts as long as this object. With a `private_key` he takes sessions that are opened over the air.
        """
        self._opener, self._cipher_name, self._card = opener, cipher, card
        self._system = system_id(card, cipher)
        self._max_open, self._max_symbols = max_open, max_symbols
        self._open: OrderedDict[_GroupKey, Assembly] = OrderedDict()
        self._done: OrderedDict[_GroupKey, None] = OrderedDict()
        self._formats: OrderedDict[bytes, PayloadFormat] = OrderedDict()
        self._memory = memory or SessionMemory()
        self.stats: Counter[str] = Counter()
        self._openings = OpeningReceiver(private_key, self.stats) if private_key else None

    @property
    def failed_authentication(self) -> int:
        """Packets whose header was not sealed with Bob's key."""
        return self.stats["foreign_key"] + self.stats["bad_tag"]

    def receive(self, header: bytes, symbols: np.ndarray, noise_var: np.ndarray) -> list[ReceivedCodewords]:
        """Take one packet; return the groups that it completed or pushed out, oldest first.

        `header` as it arrived, `symbols` complex64[n] and `noise_var` float32[n] as the equaliser gave them. Never
        raises for what arrives on the air; refusals are counted in `stats`.
        """
        if self._openings and is_opening(header):
            secret = self._openings.receive(header, symbols, noise_var)
            if secret and (forgotten := self._opener.add(secret)):
                self._openings.forget(forgotten)
            return []
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
        if not self._memory.is_new(session.name, counter):
            return self._refuse("replayed")
        if key in self._done:
            return self._refuse("late")
        group = self._open.get(key)
        if group is None:
            if fields.rate_index >= len(self._card.rates):
                return self._refuse("malformed")
            shape = (fields.height, fields.width)
            if fields.pictures * self._card.codeword_length(shape, fields.rate_index) > self._max_symbols:
                return self._refuse("malformed")
        elif not group.describes(fields):
            return self._refuse("malformed")
        payload_format = self._format_of(session)
        # before anything as large as the picture is made
        if len(symbols) != payload_format.length(packet_blocks(fields, self._card)):
            return self._refuse("malformed")
        group = group or Assembly(fields, self._card)
        noise_var = np.where(noise_var >= 0, noise_var, np.inf)  # what is no variance says nothing of its symbol
        payload = payload_format.open(session, counter, symbols, noise_var)
        if payload is None:
            return self._refuse("bad_prefix")
        if reason := _why_not_genuine(payload):
            return self._refuse(reason)
        # last, so that a genuine header with a foreign payload does not use up the genuine packet's number
        if reason := self._remember(session, counter):
            return self._refuse(reason)
        self._opener.keep(session)
        self._open[key] = group
        group.add(fields.index, payload.blocks, payload.noise_var, mean_snr(noise_var))
        self.stats["accepted"] += 1
        finished = [self._close(key)] if group.complete else []
        while len(self._open) > self._max_open:
            finished.insert(0, self._close(next(iter(self._open))))
        return finished

    def _remember(self, session: Session, counter: int) -> str:
        """Empty for a packet that is new, and remembered from now on; else why it is refused."""
        try:
            return "" if self._memory.accept(session.name, counter) else "replayed"
        except OSError:  # what cannot be remembered could be replayed after a restart
            return "not_remembered"

    def _format_of(self, session: Session) -> PayloadFormat:
        known = self._formats.get(session.name)
        if known is None:
            known = PayloadFormat(make_cipher(self._cipher_name, session, self._card.block_size))
            self._formats[session.name] = known
            while len(self._formats) > 16:
                self._formats.popitem(last=False)
        return known

    def _close(self, key: _GroupKey) -> ReceivedCodewords:
        group = self._open.pop(key)
        self._done[key] = None
        while len(self._done) > 4096:
            self._done.popitem(last=False)
        self.stats["pictures_complete" if group.complete else "pictures_partial"] += group.fields.pictures
        return group.result()


def _why_not_genuine(payload: OpenedPayload) -> str:
    """Empty for a payload as Alice sent it, but for noise; else why it is refused."""
    if not payload.check.genuine:
        return "spoofed"
    return "" if payload.check.unscaled else "rescaled"
