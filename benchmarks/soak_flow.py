# SPDX-License-Identifier: GPL-3.0-or-later
"""The video link of `grc/video_sim.grc` without its window, and an ear that counts what arrives, in bounded memory."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

from gnuradio import blocks, deepjscec, gr
from gnuradio.deepjscec._pdu import parse_pdu
from picture_ports import ROLES, PicturePorts

from deepjscec.app.live import LiveComparison

SAMPLE_RATE = 1e6  # of the default profile
SIDE = 256  # pixels
FRAMES = 96  # of the video, which repeats


class VideoLink(gr.top_block):
    """A video from Alice to Bob and Eve by the clock; `ear` takes in the pictures of all three."""

    def __init__(self, fps: float, snr_db: float, rate: str) -> None:
        gr.top_block.__init__(self, "soak", catch_exceptions=True)
        key = deepjscec.fresh_key()
        self.source = deepjscec.frame_source(deepjscec.demo_video(FRAMES, SIDE), fps)
        self.alice = deepjscec.secure_transmitter(key, "lite", rate, threads=1)
        self.throttle = blocks.throttle(gr.sizeof_gr_complex, SAMPLE_RATE)
        self.bob_channel = deepjscec.simulated_channel(snr_db=snr_db, frequency_offset=1e3, seed=1)
        self.eve_channel = deepjscec.simulated_channel(snr_db=30.0, frequency_offset=-1e3, seed=2)
        self.bob = deepjscec.secure_receiver(key, "lite", threads=1)
        self.eve = deepjscec.eavesdropper_receiver("lite", rate, (SIDE, SIDE), threads=1)
        self.ear = Ear()
        self.msg_connect(self.source, "images", self.ear, "sent")
        self.msg_connect(self.source, "images", self.alice, "images")
        self.msg_connect(self.alice, "sent", self.source, "sent")
        self.connect(self.alice, self.throttle)
        self.connect(self.throttle, self.bob_channel, self.bob)
        self.connect(self.throttle, self.eve_channel, self.eve)
        self.msg_connect(self.bob, "images", self.ear, "bob")
        self.msg_connect(self.eve, "images", self.ear, "eve")

    def counters(self) -> dict[str, dict[str, int]]:
        """Of each role and of the ear, as they are now."""
        parts = {"source": self.source, "alice": self.alice, "bob": self.bob, "eve": self.eve, "ear": self.ear}
        return {name: dict(part.get_stats()) for name, part in parts.items()}


class Ear(PicturePorts):
    """Message inputs `sent`, `bob` and `eve` of picture PDUs: gaps in their ids, quality and time on the way."""

    def __init__(self) -> None:
        PicturePorts.__init__(self, "Ear")
        self._lock = threading.Lock()  # `take` comes from another thread
        self._comparison = LiveComparison()
        self._stats = Counter(dict.fromkeys(ROLES, 0))
        self._last = dict.fromkeys(ROLES, -1)  # image ids
        self._matches: list[tuple[str, float, float]] = []  # since the last `take`: role, PSNR dB, latency s

    def get_stats(self) -> dict[str, int]:
        """For each port ROLE the pictures `ROLE`, the ids that were left out `ROLE_missing` and those that did not
        rise `ROLE_again`; `bob_unmatched`, `eve_unmatched`: of which the original was not known."""
        with self._lock:
            return dict(self._stats)

    def take(self) -> list[tuple[str, float, float]]:
        """(role, PSNR in dB, latency in s) of the pictures since the last call."""
        with self._lock:
            taken, self._matches = self._matches, []
        return taken

    def note(self, port: str, message: Any) -> None:
        now = time.monotonic()
        meta, array = parse_pdu(message)
        image_id, pixels = meta["image_id"], array.reshape(SIDE, SIDE, 3)
        with self._lock:
            step = image_id - self._last[port]
            self._stats[port] += 1
            self._stats[f"{port}_missing"] += max(step - 1, 0)
            self._stats[f"{port}_again"] += step < 1
            self._last[port] = max(image_id, self._last[port])
            if port == "sent":
                self._comparison.sent(image_id, pixels, now)
                return
            match = self._comparison.received(port, image_id, pixels, now)
            if match is None or match.psnr_db is None or match.latency_s is None:
                self._stats[f"{port}_unmatched"] += 1
            else:
                self._matches.append((port, match.psnr_db, match.latency_s))
