# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures one after the other, as fast as they can be sent."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pmt

from ._pdu_block import PduBlock

LOG_INTERVAL = 1.0  # seconds; a publisher of nonsense shall not flood the log
STOP_TIME = 0.8  # seconds; a frame that is being decoded may take longer, and is then not sent


class frame_source(PduBlock):
    """Sends frames as PDUs: `{image_id, height, width}` and uint8[height * width * 3], RGB by rows.

    `source`: a picture, a folder of pictures, a video file, a camera (`/dev/video0` or a URL), a ZeroMQ publisher of
    encoded pictures (`tcp://host:port`, `ipc://file`), or "" for the demo's photograph; see `deepjscec.frames`. `fps`:
    frames a second, 0 for the source's own (1 for pictures); of videos, cameras and sockets frames are left out to
    keep to it. `size`: side of the square that is cut from the middle and scaled, 0 leaves frames as they are.
    `repeat`: pictures and videos begin again; at the end of one that does not the stream ends.

    `in_flight`: at most so many frames are under way to the air. The message input `sent` takes the transmitter's
    reports; a frame that comes while all places are taken is dropped, never queued. 0: no limit, no reports. Small
    pictures that share a packet need as many places as go into one, or an encryptor with `max_wait`.

    Raises `ValueError` or `OSError` where there is nothing to be read or a setting is out of range.
    """

    def __init__(
        self, source: str = "", fps: float = 0.0, size: int = 0, repeat: bool = True, in_flight: int = 2
    ) -> None:
        from deepjscec.codec.codec import MAX_SIDE, MIN_SIDE
        from deepjscec.frames import Places, open_frames

        PduBlock.__init__(self, "DeepJSCEC Frame Source", None, "images")
        if size and not MIN_SIDE <= size <= MAX_SIDE:
            raise ValueError(f"size {size} is neither 0 nor from {MIN_SIDE} to {MAX_SIDE}")
        self._places = Places(in_flight)
        self._frames = open_frames(source, fps, repeat) if source else _photograph(fps, repeat)
        self._size = size
        self._logged = -LOG_INTERVAL
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_id = 0  # goes on over a stop and start, for the encryptor's session does, too
        self.message_port_register_in(pmt.intern("sent"))
        self.set_msg_handler(pmt.intern("sent"), self._take_report)

    def get_stats(self) -> dict[str, int]:
        """Frames `sent` to the encoder; of the others how many were `dropped_late`, because no place was free or their
        time had passed, `skipped` for a lower rate, or `failed` (failures of the device among them); frames that the
        transmitter never reported (`unreported`); frames `in_flight` now."""
        frames = self._frames.stats
        return {
            **self.stats,
            "sent": self.stats["sent"],
            "dropped_late": self.stats["dropped_late"] + frames["late"],
            "skipped": frames["skipped"],
            "failed": self.stats["failed"] + frames["failed"],
            "unreported": self._places.unreported,
            "in_flight": self._places.taken,
        }

    def start(self) -> bool:
        self._places.resume()
        self._stopping = threading.Event()  # a thread that outlived `stop` keeps the one that tells it to end
        self._thread = threading.Thread(target=self._run, args=(self._stopping,), name="frame_source", daemon=True)
        self._thread.start()
        return True

    def stop(self) -> bool:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_TIME)
        return True

    def _run(self, stop: threading.Event) -> None:
        self.attempt(lambda: self._play(stop))

    def _play(self, stop: threading.Event) -> None:
        for load in self._frames.play(stop, self.logger.warn):
            if not self._place_free():
                self.stats["dropped_late"] += 1
                continue
            try:
                pixels = self._fitted(load())
            except (ValueError, OSError) as error:
                self.stats["failed"] += 1
                self._log(f"frame left out: {error}")
                continue
            if stop.is_set():
                return
            self._send(pixels)
        if not stop.is_set():
            self.publish_end()

    def _place_free(self) -> bool:
        unreported = self._places.unreported
        free = self._places.free()
        if self._places.unreported > unreported == 0:
            self.logger.warn(
                "frames not reported on `sent`: is it connected, do small pictures wait to share a packet?"
            )
        return free

    def _log(self, text: str) -> None:
        if time.monotonic() - self._logged >= LOG_INTERVAL:
            self._logged = time.monotonic()
            self.logger.warn(text)

    def _fitted(self, pixels: np.ndarray) -> np.ndarray:
        from deepjscec.codec.codec import MAX_SIDE, MIN_SIDE
        from deepjscec.frames import centre_square

        pixels = centre_square(pixels, self._size) if self._size else pixels
        h, w = pixels.shape[:2]
        if min(h, w) < MIN_SIDE or max(h, w) > MAX_SIDE:
            raise ValueError(f"{w} x {h} pixels, but sides must be {MIN_SIDE} to {MAX_SIDE}")
        return np.ascontiguousarray(pixels)

    def _send(self, pixels: np.ndarray) -> None:
        meta = {"image_id": self._next_id, "height": pixels.shape[0], "width": pixels.shape[1]}
        self._places.take(self._next_id)
        self._next_id += 1
        self.stats["sent"] += 1
        self.publish(meta, pixels.reshape(-1))

    def _take_report(self, message: Any) -> None:
        self.attempt(lambda: self._report(message))

    def _report(self, message: Any) -> None:
        report = pmt.to_python(message) if pmt.is_dict(message) else None
        if not isinstance(report, dict):
            raise ValueError("a report on `sent` is a dictionary {image_id, pictures}")
        self._places.report(report["image_id"], report["pictures"])


def _photograph(fps: float, repeat: bool) -> Any:
    from deepjscec.app.pictures import default_picture
    from deepjscec.frames.pictures import StillFrames

    return StillFrames(default_picture(), fps, repeat)
