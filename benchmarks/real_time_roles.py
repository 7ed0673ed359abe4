# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the system under the stopwatch: Alice, Bob, Eve and the channels between them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pmt
from gnuradio import blocks, deepjscec, gr
from gnuradio.deepjscec._pdu import parse_pdu
from picture_ports import ROLES, PicturePorts

from deepjscec.app.quality import psnr_db
from deepjscec.app.refusals import REASONS

SAMPLE_RATE = 1e6  # of the default profile
SIDE = 256  # pixels
ALICE, CHANNEL, BOB, EVE = "Alice", "channel", "Bob", "Eve"
IN_FLIGHT = 2  # pictures under way to the air
KEPT = 64  # pictures whose copies may still arrive
EVE_SNR_DB = 30.0

Named = dict[tuple[str, str], Any]  # blocks in Python by role and name


@dataclass(frozen=True)
class Settings:
    """What is measured: pictures of `folder`, secret in the file `key`, rate as a fraction, Es/N0 at Bob in dB.

    `paced`: by the clock at the sample rate, zeros between packets as a radio sends them; else as fast as the
    processor allows, packets end to end. `threads` of ONNX Runtime in each block.
    """

    folder: str
    key: str
    model: str
    rate: str
    snr_db: float
    paced: bool
    fps: float
    threads: int


class Stopwatch(PicturePorts):
    """Notes when pictures pass, and keeps the latest of them."""

    def __init__(self) -> None:
        PicturePorts.__init__(self, "Stopwatch")
        self._passed: dict[str, dict[int, float]] = {role: {} for role in ROLES}
        self._latest: dict[str, dict[int, Any]] = {role: {} for role in ROLES}

    def passed(self) -> dict[str, dict[int, float]]:
        """When pictures were `sent` and came to `bob` and `eve`, in seconds of the monotonic clock by image id."""
        return {port: dict(times) for port, times in self._passed.items()}

    def pictures(self, port: str) -> dict[int, np.ndarray]:
        """The latest pictures at a port by image id, uint8[256, 256, 3]."""
        latest = dict(self._latest[port])
        return {image_id: parse_pdu(message)[1].reshape(SIDE, SIDE, 3) for image_id, message in latest.items()}

    def note(self, port: str, message: Any) -> None:
        now = time.monotonic()
        image_id: int = pmt.to_long(pmt.dict_ref(pmt.car(message), pmt.intern("image_id"), pmt.PMT_NIL))
        self._passed[port][image_id] = now
        latest = self._latest[port]
        latest[image_id] = message
        if len(latest) > KEPT:
            del latest[next(iter(latest))]


def psnr_of_latest(sent: dict[int, np.ndarray], received: dict[int, np.ndarray]) -> float | None:
    """PSNR in dB of the last picture received whose original is still there; None without one."""
    common = sorted(sent.keys() & received.keys())
    return psnr_db(sent[common[-1]], received[common[-1]]) if common else None


class Alice:
    """Frames to samples, in the flowgraph `top`; `out` is the block they come from.

    Two pictures are under way to the air at a time; a frame that comes meanwhile is dropped.
    """

    def __init__(self, top: gr.top_block, watch: Stopwatch, settings: Settings) -> None:
        self.source = deepjscec.frame_source(settings.folder, settings.fps, in_flight=IN_FLIGHT)
        self.encoder = deepjscec.encoder(settings.model, settings.rate, settings.threads)
        self.encryptor = deepjscec.encryptor(settings.key, model=settings.model)
        self.transmitter = deepjscec.ofdm_transmitter(idle=settings.paced)
        top.msg_connect(self.source, "images", watch, "sent")
        top.msg_connect(self.source, "images", self.encoder, "images")
        top.msg_connect(self.encoder, "codewords", self.encryptor, "codewords")
        top.msg_connect(self.encryptor, "packets", self.transmitter, "packets")
        top.msg_connect(self.transmitter, "sent", self.source, "sent")
        self.out: Any = self.transmitter
        if settings.paced:
            self.out = blocks.throttle(gr.sizeof_gr_complex, SAMPLE_RATE)
            top.connect(self.transmitter, self.out)
        self.python_blocks: Named = {
            (ALICE, "frame source"): self.source,
            (ALICE, "encoder"): self.encoder,
            (ALICE, "encryptor"): self.encryptor,
            (ALICE, "OFDM transmitter"): self.transmitter,
        }

    def queues(self) -> dict[str, int]:
        """Messages that wait in front of each block, and packets in the transmitter."""
        return {
            "encoder": waiting(self.encoder, "images"),
            "encryptor": waiting(self.encryptor, "codewords"),
            "transmitter": waiting(self.transmitter, "packets") + self.transmitter.get_stats()["queued_packets"],
        }

    def counters(self) -> dict[str, int]:
        """Samples sent and those of bursts among them, frames sent and dropped."""
        transmitter, source = Counter(self.transmitter.get_stats()), Counter(self.source.get_stats())
        return {
            "sent_samples": transmitter["samples"],
            "burst_samples": transmitter["burst_samples"],
            "frames_sent": source["sent"],
            "frames_dropped_late": source["dropped_late"],
        }


class Bob:
    """Samples, which go `into` a block, to pictures."""

    def __init__(self, top: gr.top_block, watch: Stopwatch, settings: Settings) -> None:
        self.receiver = deepjscec.ofdm_receiver()
        self.decryptor = deepjscec.decryptor(settings.key, model=settings.model)
        self.decoder = deepjscec.decoder(settings.model, settings.threads)
        top.msg_connect(self.receiver, "packets", self.decryptor, "packets")
        top.msg_connect(self.decryptor, "codewords", self.decoder, "codewords")
        top.msg_connect(self.decoder, "images", watch, "bob")
        self.into = self.receiver
        self.python_blocks: Named = {
            (BOB, "OFDM receiver"): self.receiver,
            (BOB, "decryptor"): self.decryptor,
            (BOB, "decoder"): self.decoder,
        }

    def queues(self) -> dict[str, int]:
        return {"decryptor": waiting(self.decryptor, "packets"), "decoder": waiting(self.decoder, "codewords")}

    def counters(self) -> dict[str, int]:
        """Samples taken in, and packets refused."""
        refused = Counter(self.decryptor.get_stats())
        return {
            "bob_samples": self.receiver.get_stats()["samples"],
            "refused": sum(refused[reason] for reason in REASONS),
        }


class Eve:
    """Samples, which go `into` a block, to what she makes of them."""

    def __init__(self, top: gr.top_block, watch: Stopwatch, settings: Settings) -> None:
        self.receiver = deepjscec.ofdm_receiver()
        self.eavesdropper = deepjscec.eavesdropper(settings.model, settings.rate, (SIDE, SIDE), settings.threads)
        top.msg_connect(self.receiver, "packets", self.eavesdropper, "packets")
        top.msg_connect(self.eavesdropper, "images", watch, "eve")
        self.into = self.receiver
        self.python_blocks: Named = {(EVE, "OFDM receiver"): self.receiver, (EVE, "eavesdropper"): self.eavesdropper}

    def queues(self) -> dict[str, int]:
        return {"eavesdropper": waiting(self.eavesdropper, "packets")}

    def counters(self) -> dict[str, int]:
        return {"eve_samples": self.receiver.get_stats()["samples"]}


def bob_channel(settings: Settings) -> Any:
    return deepjscec.simulated_channel(snr_db=settings.snr_db, frequency_offset=2e3, seed=1)


def eve_channel() -> Any:
    return deepjscec.simulated_channel(snr_db=EVE_SNR_DB, frequency_offset=-1e3, seed=2)


def waiting(block: Any, port: str) -> int:
    return int(block.nmsgs(pmt.intern(port)))
