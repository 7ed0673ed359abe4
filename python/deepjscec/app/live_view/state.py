# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page shows, made of the messages that arrive."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from deepjscec.app.live import LiveComparison
from deepjscec.telemetry import ROLES, Picture, Status, decode_picture
from deepjscec.telemetry.pictures import is_exact, media_type

HISTORY = 2400  # points of the charts, of Bob and Eve together
IDENTICAL_DB = 100.0  # the PSNR shown of equal pictures, whose own is infinite: JSON has no such number
LONGEST_LATENCY = 600.0  # seconds


class LiveState:
    """The latest picture and counters of each role, and what charts are drawn of; of bounded size.

    One thread calls `take`, any number the others. Times are seconds of CLOCK_MONOTONIC.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self._number = 0  # of the latest change
        self._comparison = LiveComparison()
        self._roles: dict[str, dict[str, Any]] = {role: {} for role in ROLES}
        self._heard: dict[str, float] = {}
        self._files: dict[str, tuple[str, bytes]] = {}
        self._history: deque[dict[str, Any]] = deque(maxlen=HISTORY)
        self._point = 0

    def take(self, message: Picture | Status, now: float | None = None) -> None:
        """Add a message. Raises `ValueError` where its picture is none."""
        moment = time.monotonic() if now is None else now
        if isinstance(message, Status):
            fields: dict[str, Any] = {"counters": dict(message.counters)}
            file = None
        else:
            fields = self._compared(message)
            file = (media_type(message.blob), message.blob)
        with self.changed:
            self._number += 1
            self._heard[message.role] = moment
            self._roles[message.role].update(fields)
            if isinstance(message, Picture) and file:
                self._files[message.role] = file
                self._roles[message.role]["picture"]["number"] = self._number
                self._remember(message.role, moment, fields["picture"])
            self.changed.notify_all()

    def file(self, role: str) -> tuple[str, bytes] | None:
        """Media type and bytes of a role's latest picture."""
        with self.changed:
            return self._files.get(role)

    def snapshot(self, after_point: int = 0, now: float | None = None) -> dict[str, Any]:
        """All that the page shows, ready for JSON, with those points of the charts that came after `after_point`.

        `heard_ago_s` is None for a role that was never heard; ages of points are `ago_s`.
        """
        moment = time.monotonic() if now is None else now
        with self.changed:
            roles = {}
            for role, fields in self._roles.items():
                heard = self._heard.get(role)
                roles[role] = {**fields, "heard_ago_s": None if heard is None else round(max(0.0, moment - heard), 3)}
            points = [
                {**point, "ago_s": round(moment - point["time"], 3)}
                for point in self._history
                if point["point"] > after_point
            ]
            return {"number": self._number, "roles": roles, "points": points, "last_point": self._point}

    def wait(self, number: int, timeout: float) -> bool:
        """Wait until something has changed since the snapshot of that `number`; False after `timeout` seconds."""
        with self.changed:
            return self.changed.wait_for(lambda: self._number != number, timeout)

    def _compared(self, message: Picture) -> dict[str, Any]:
        pixels = decode_picture(message)
        fields: dict[str, Any] = {
            "image_id": message.image_id,
            "height": message.height,
            "width": message.width,
            "snr_db": message.snr_db,
            "packets_received": message.packets_received,
            "packets_sent": message.packets_sent,
            "label": message.label,
            "confidence": message.confidence,
            "psnr_db": None,
            "latency_s": None,
        }
        seconds = 1e-9 * message.time_ns
        if message.role == "alice":
            self._comparison.sent(message.image_id, pixels, seconds)
        else:
            match = self._comparison.received(message.role, message.image_id, pixels, seconds)
            if match is not None:
                # the clocks of two machines have nothing to do with each other
                if match.latency_s is not None and match.latency_s <= LONGEST_LATENCY:
                    fields["latency_s"] = match.latency_s
                # of a picture made smaller it would be another number than the link's
                if match.psnr_db is not None and is_exact(message):
                    fields["psnr_db"] = min(match.psnr_db, IDENTICAL_DB)
        return {"picture": fields}

    def _remember(self, role: str, moment: float, picture: dict[str, Any]) -> None:
        if role == "alice" or (picture["snr_db"] is None and picture["psnr_db"] is None):
            return
        self._point += 1
        chosen = {name: picture[name] for name in ("snr_db", "psnr_db")}
        self._history.append({"point": self._point, "time": moment, "role": role, **chosen})
