# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes out of a replay: PNG files, a line of a table for each picture or packet, figures for `metrics.json`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deepjscec.app.capture.listeners import Listener, ReceivedPicture
from deepjscec.app.labels import class_card, label_fields
from deepjscec.app.pictures import png_bytes
from deepjscec.crypto import HeaderError, read_clear_part
from deepjscec.link import is_opening
from deepjscec.phy import Packet, Profile
from deepjscec.recording import Annotation

PACKET_COLUMNS = ("Time s", "SNR dB", "CFO Hz", "Symbols", "Key id", "Session", "Number")
PICTURE_COLUMNS = ("Picture", "Size", "Packets", "SNR dB")
WIDTHS = (14, 10, 10, 8, 8, 16, 8)


class Output:
    """Takes packets to a listener and keeps account.

    Attributes:
        packets, pictures: figures of each, ready for JSON. `start` and `length` are samples of the recording.
    """

    def __init__(self, listener: Listener, profile: Profile, sample_rate: float, first: int, folder: Path) -> None:
        """`first` sample of the recording, which has `sample_rate` Hz, that the receiver was given."""
        self._listener, self._profile, self._folder = listener, profile, folder
        self._first, self._sample_rate = first, sample_rate
        self.packets: list[dict[str, Any]] = []
        self.pictures: list[dict[str, Any]] = []
        _print_row(PICTURE_COLUMNS if listener.role else PACKET_COLUMNS)

    def take(self, packets: Iterable[Packet]) -> None:
        """Hand packets on; write the pictures that they complete."""
        for packet in packets:
            before = dict(self._listener.stats)
            pictures = self._listener.take(packet)
            counted = [name for name, count in self._listener.stats.items() if count > before.get(name, 0)]
            self._note(packet, next(name for name in counted if not name.startswith("pictures")))
            self._write(pictures)

    def finish(self) -> None:
        """Write what is still incomplete."""
        self._write(self._listener.finish())

    def annotations(self, shift: float = 0.0) -> list[Annotation]:
        """The packets, for the recording's metadata; frequencies are the recording's, before its `shift` in Hz."""
        return [
            Annotation.of_packet(found["start"], found["length"], found["snr_db"], found["cfo_hz"] - shift)
            for found in self.packets
        ]

    def _note(self, packet: Packet, outcome: str) -> None:
        scale = self._sample_rate / self._profile.sample_rate
        start = self._first + round(packet.start * scale)
        figures = {
            "start": start,
            "length": round(self._profile.packet_len(len(packet.symbols)) * scale),
            "seconds": start / self._sample_rate,
            "snr_db": packet.snr_db,
            "cfo_hz": packet.cfo_hz,
            "outcome": outcome,
        }
        self.packets.append(figures)
        if not self._listener.role:
            radio = (f"{figures['seconds']:.4f}", f"{packet.snr_db:.2f}", f"{packet.cfo_hz:.1f}")
            _print_row((*radio, str(len(packet.symbols)), *_clear_part(packet.header)))

    def _write(self, pictures: Iterable[ReceivedPicture]) -> None:
        for picture in pictures:
            name = f"{len(self.pictures) + 1:03d}_{self._listener.role}.png"
            label = label_fields(picture.result, picture.classes) if picture.classes else {}
            shown = class_card(picture.result, picture.classes) if picture.classes else picture.result
            (self._folder / name).write_bytes(png_bytes(shown))
            height, width = picture.shape
            figures = {
                "file": name,
                "height": height,
                "width": width,
                "packets_received": picture.packets_received,
                "packets_sent": picture.packets_sent,
                "snr_db": picture.snr_db,
                **{key: label[key] for key in ("label", "confidence") if label},
            }
            self.pictures.append(figures)
            packets = f"{picture.packets_received}/{picture.packets_sent}"
            said = (label["label"], f"{label['confidence']:.0%}") if label else ()
            _print_row((name, f"{width}x{height}", packets, f"{picture.snr_db:.2f}", *said))


def _clear_part(header: bytes) -> tuple[str, str, str]:
    """What anybody can read in a header: key id, session id, packet number."""
    try:
        clear = read_clear_part(header)
        if is_opening(header):
            return clear.key_id.hex(), "opening", ""
    except HeaderError:
        return "-", "-", "-"
    return clear.key_id.hex(), clear.session_id.hex(), str(clear.packet)


def _print_row(cells: Iterable[str]) -> None:
    print("  ".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS)), flush=True)
