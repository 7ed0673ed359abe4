# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice, Bob and Eve on radios, each where their role is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gnuradio import gr

from deepjscec.app.airtime import airtime
from deepjscec.app.capture.fields import capture_fields
from deepjscec.codec import ModelCard, find_model
from deepjscec.radio import RadioPlan

from ._picture_feed import picture_feed
from ._radio_end import arguments_of
from .eavesdropper_receiver import eavesdropper_receiver
from .image_sink import image_sink
from .radio_sink import radio_sink
from .radio_source import radio_source
from .secure_receiver import secure_receiver
from .secure_transmitter import secure_transmitter
from .sigmf_recorder import sigmf_recorder

GAP = 1000  # samples after each packet
MAX_WAIT = 0.2  # seconds that small pictures wait for others to share their packet
KEPT = 256  # pictures that are kept of a run without an end
GRACE = 10.0  # seconds from the last sample sent to the last picture decoded
DRAIN = 0.3  # seconds for what the radio still holds
BUFFERED = 1 << 16  # samples that GNU Radio's buffers may hold on the way there


@dataclass(frozen=True)
class RadioLinkSettings:
    """One run of `RadioLink`; keys where the role has use for them."""

    plan: RadioPlan
    profile: str
    alice_key: str = ""
    bob_key: str = ""
    model: str = "photo"
    rate: str = "1/6"
    cipher: str = "isometric"
    eve_attack: str = "unencrypted"
    count: int = 1  # pictures, 0 for no end
    record: str = ""  # what the names of recordings begin with; "" records nothing


class RadioLink(gr.top_block):
    """Alice's pictures to a radio, and from a radio to Bob and Eve; in a loopback all of them on one device."""

    def __init__(self, pictures: Sequence[np.ndarray], settings: RadioLinkSettings) -> None:
        """`pictures` uint8[H, W, 3] to be sent; Eve is told their sizes. Raises `ValueError` or `OSError` for bad
        settings and where no device answers."""
        gr.top_block.__init__(self, "DeepJSCEC radio link", catch_exceptions=True)
        self._settings, self._plan = settings, settings.plan
        self.sinks: dict[str, image_sink] = {}
        self._counted: dict[str, Any] = {}
        self._recorder: sigmf_recorder | None = None
        self.feed: picture_feed | None = None
        # the receiver first, so that it listens when the first burst comes
        if self._plan.receives:
            self._add_receivers([picture.shape[:2] for picture in pictures])
        if self._plan.transmits:
            self._add_transmitter(pictures)

    def _add_transmitter(self, pictures: Sequence[np.ndarray]) -> None:
        s, plan = self._settings, self._plan
        self.sink = radio_sink(*arguments_of(plan.device("tx")), exit_on_failure=False)
        self.transmitter = secure_transmitter(
            s.alice_key,
            s.model,
            s.rate,
            s.cipher,
            s.profile,
            plan.profile.sample_rate,
            plan.amplitude,
            plan.max_papr_db,
            gap=GAP,
            lead_in=0 if self.sink.bursts else int(0.2 * plan.profile.sample_rate),
            idle=not self.sink.bursts,
            bursts_only=self.sink.bursts,
            max_wait=MAX_WAIT,
        )
        card = ModelCard.load(find_model(s.model))
        index = [str(rate) for rate, _ in card.rates].index(s.rate)
        shared = airtime(card, s.cipher, pictures[0].shape[:2], index, plan.profile, GAP).pictures
        self.feed = picture_feed(pictures, s.count, 2 * shared)
        self.msg_connect(self.feed, "images", self.transmitter, "images")
        self.msg_connect(self.transmitter, "sent", self.feed, "sent")
        self.connect(self.transmitter, self.sink)
        self._counted["transmitter"] = self.transmitter

    def _add_receivers(self, shapes: list[tuple[int, int]]) -> None:
        s, plan = self._settings, self._plan
        sample_rate = plan.profile.sample_rate
        self.source = radio_source(*arguments_of(plan.device("rx")), exit_on_failure=False)
        receivers: dict[str, gr.hier_block2] = {}
        if plan.role in ("bob", "loopback"):
            receivers["bob"] = secure_receiver(s.bob_key, s.model, s.cipher, s.profile, sample_rate)
        if plan.role in ("eve", "loopback"):
            # of a picture again and again she is told one size, for she counts on
            known = shapes if len(set(shapes)) > 1 else shapes[0]
            receivers["eve"] = eavesdropper_receiver(
                s.model, s.rate, known, s.cipher, s.eve_attack, s.profile, sample_rate
            )
        for role, receiver in receivers.items():
            self.sinks[role] = image_sink(keep=min(s.count or KEPT, KEPT))
            self.connect(self.source, receiver)
            self.msg_connect(receiver, "images", self.sinks[role], "images")
            self._counted[role] = receiver
        if s.record:
            self._record(next(iter(receivers)), shapes)

    def _record(self, role: str, shapes: list[tuple[int, int]]) -> None:
        s, profile = self._settings, self._plan.profile
        card = ModelCard.load(find_model(s.model))
        fields = capture_fields(profile, role=role, card=card, cipher=s.cipher, rate=s.rate, shapes=shapes)
        path = s.record.replace("%", "%%") + role
        self._recorder = sigmf_recorder(
            path, profile.sample_rate, self._plan.frequency, description=f"{role} over the air", fields=fields
        )
        self.connect(self.source, self._recorder)
        self.msg_connect(self._counted[role], "packets", self._recorder, "packets")

    def run_for(self, seconds: float) -> bool:
        """Run until all pictures have been sent and received, for `seconds` at most.

        Whether Bob got all of them, or Eve where there is no Bob, or Alice sent them where nobody is here to receive.
        """
        self.start()
        until = time.monotonic() + seconds
        sent_at: float | None = None
        grace = GRACE if self.sinks else DRAIN + BUFFERED / self._plan.profile.sample_rate
        try:
            while (now := time.monotonic()) < until and not all(self._received(role) for role in self.sinks or [""]):
                sent_at = now if sent_at is None and self._all_sent() else sent_at
                if sent_at is not None and now > sent_at + grace:
                    break
                time.sleep(0.02)
        except KeyboardInterrupt:
            pass  # an end like any other: what has been received is kept
        finally:
            self.stop()
            self.wait()
        return self._received(next(iter(self.sinks))) if self.sinks else self._all_sent()

    def _all_sent(self) -> bool:
        count = self._settings.count
        return bool(self.feed and count and self.feed.get_stats().get("sent", 0) >= count)

    def _received(self, role: str) -> bool:
        count = self._settings.count
        return bool(count and role) and self.sinks[role].get_stats().get("received", 0) >= count

    def get_stats(self) -> dict[str, dict[str, Any]]:
        """Counters of all roles on this device."""
        stats = {name: dict(block.get_stats()) for name, block in self._counted.items()}
        if self.feed:
            stats["transmitter"]["pictures_sent"] = self.feed.get_stats().get("sent", 0)
        return stats
