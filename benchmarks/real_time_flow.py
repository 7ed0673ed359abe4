# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice, a channel each to Bob and to Eve, Bob and Eve in one flowgraph, watched: time, processor, queues."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pmt
from gnuradio import blocks, deepjscec, gr

from deepjscec.app.quality import psnr_db
from deepjscec.app.refusals import REASONS

SAMPLE_RATE = 1e6  # of the default profile
SIDE = 256  # pixels
ALICE, CHANNEL, BOB, EVE = "Alice", "channel", "Bob", "Eve"
IN_FLIGHT = 2  # pictures under way to the air
KEPT = 64  # pictures whose copies may still arrive


class Stopwatch(gr.basic_block):
    """Notes when pictures pass: message inputs `sent`, `bob` and `eve`."""

    def __init__(self) -> None:
        gr.basic_block.__init__(self, "Stopwatch", None, None)
        self.passed: dict[str, dict[int, float]] = {"sent": {}, "bob": {}, "eve": {}}  # monotonic s by image id
        self._originals: dict[int, Any] = {}  # the latest
        self._pair: tuple[Any, Any] | None = None  # Bob's last picture whose original was still there
        # handlers are found by their names
        for port, handler in (("sent", self._take_sent), ("bob", self._take_bob), ("eve", self._take_eve)):
            self.message_port_register_in(pmt.intern(port))
            self.set_msg_handler(pmt.intern(port), handler)

    def psnr_db(self) -> float | None:
        """Of the last picture that Bob received, None without one."""
        if self._pair is None:
            return None
        original, received = (np.array(pmt.u8vector_elements(pmt.cdr(message)), np.uint8) for message in self._pair)
        return psnr_db(original.reshape(SIDE, SIDE, 3), received.reshape(SIDE, SIDE, 3))

    def _take_sent(self, message: Any) -> None:
        self._originals[self._note("sent", message)] = message
        if len(self._originals) > KEPT:
            del self._originals[next(iter(self._originals))]

    def _take_bob(self, message: Any) -> None:
        original = self._originals.get(self._note("bob", message))
        if original is not None:
            self._pair = original, message

    def _take_eve(self, message: Any) -> None:
        self._note("eve", message)

    def _note(self, port: str, message: Any) -> int:
        now = time.monotonic()
        image_id: int = pmt.to_long(pmt.dict_ref(pmt.car(message), pmt.intern("image_id"), pmt.PMT_NIL))
        self.passed[port][image_id] = now
        return image_id


class FourRoles(gr.top_block):
    """Frames of a folder to Bob and to Eve over white noise.

    `paced`: by the clock at the sample rate, zeros between packets as a radio sends them; else as fast as the
    processor allows, packets end to end. Two pictures are under way to the air at a time; a frame that comes
    meanwhile is dropped.
    """

    def __init__(
        self, folder: str, key: str, model: str, rate: str, snr_db: float, paced: bool, fps: float, threads: int
    ) -> None:
        gr.top_block.__init__(self, "real time", catch_exceptions=True)
        self.source = deepjscec.frame_source(folder, fps, in_flight=IN_FLIGHT)
        self.encoder = deepjscec.encoder(model, rate, threads)
        self.encryptor = deepjscec.encryptor(key, model=model)
        self.transmitter = deepjscec.ofdm_transmitter(idle=paced)
        self.bob_channel = deepjscec.simulated_channel(snr_db=snr_db, frequency_offset=2e3, seed=1)
        self.eve_channel = deepjscec.simulated_channel(snr_db=30.0, frequency_offset=-1e3, seed=2)
        self.bob_receiver, self.eve_receiver = deepjscec.ofdm_receiver(), deepjscec.ofdm_receiver()
        self.decryptor = deepjscec.decryptor(key, model=model)
        self.decoder = deepjscec.decoder(model, threads)
        self.eavesdropper = deepjscec.eavesdropper(model, rate, (SIDE, SIDE), threads)
        self.watch = Stopwatch()
        self.throttle = blocks.throttle(gr.sizeof_gr_complex, SAMPLE_RATE) if paced else None

        self.msg_connect(self.source, "images", self.watch, "sent")
        self.msg_connect(self.source, "images", self.encoder, "images")
        self.msg_connect(self.encoder, "codewords", self.encryptor, "codewords")
        self.msg_connect(self.encryptor, "packets", self.transmitter, "packets")
        self.msg_connect(self.transmitter, "sent", self.source, "sent")
        air = self.throttle or self.transmitter
        if self.throttle:
            self.connect(self.transmitter, self.throttle)
        self.connect(air, self.bob_channel, self.bob_receiver)
        self.connect(air, self.eve_channel, self.eve_receiver)
        self.msg_connect(self.bob_receiver, "packets", self.decryptor, "packets")
        self.msg_connect(self.decryptor, "codewords", self.decoder, "codewords")
        self.msg_connect(self.decoder, "images", self.watch, "bob")
        self.msg_connect(self.eve_receiver, "packets", self.eavesdropper, "packets")
        self.msg_connect(self.eavesdropper, "images", self.watch, "eve")
        self.threads = BlockThreads(
            {
                (ALICE, "frame source"): self.source,
                (ALICE, "encoder"): self.encoder,
                (ALICE, "encryptor"): self.encryptor,
                (ALICE, "OFDM transmitter"): self.transmitter,
                (BOB, "OFDM receiver"): self.bob_receiver,
                (BOB, "decryptor"): self.decryptor,
                (BOB, "decoder"): self.decoder,
                (EVE, "OFDM receiver"): self.eve_receiver,
                (EVE, "eavesdropper"): self.eavesdropper,
            }
        )

    def queues(self) -> dict[str, int]:
        """Messages that wait in front of each block, and packets in the transmitter."""
        waiting = {
            "encoder": (self.encoder, "images"),
            "encryptor": (self.encryptor, "codewords"),
            "transmitter": (self.transmitter, "packets"),
            "decryptor": (self.decryptor, "packets"),
            "decoder": (self.decoder, "codewords"),
            "eavesdropper": (self.eavesdropper, "packets"),
        }
        depths = {name: block.nmsgs(pmt.intern(port)) for name, (block, port) in waiting.items()}
        depths["transmitter"] += self.transmitter.get_stats()["queued_packets"]
        return depths

    def counters(self) -> dict[str, int]:
        """Samples sent, those of bursts among them, and taken in; frames sent and dropped; packets that Bob refused."""
        transmitter, source, bob = (
            Counter(block.get_stats()) for block in (self.transmitter, self.source, self.decryptor)
        )
        return {
            "sent_samples": transmitter["samples"],
            "burst_samples": transmitter["burst_samples"],
            "bob_samples": self.bob_receiver.get_stats()["samples"],
            "eve_samples": self.eve_receiver.get_stats()["samples"],
            "frames_sent": source["sent"],
            "frames_dropped_late": source["dropped_late"],
            "refused": sum(bob[reason] for reason in REASONS),
        }


class BlockThreads:
    """Which thread works for which block, and how long it has had a processor.

    GNU Radio names threads after their blocks, but Linux keeps 15 letters: blocks in Python are noted as they work.
    """

    def __init__(self, python_blocks: dict[tuple[str, str], Any]) -> None:
        self._names: dict[int, tuple[str, str]] = {}
        self._before = set(_tasks())
        for name, block in python_blocks.items():
            # what each calls in its own thread: a source of messages publishes, a stream's block works
            is_source = isinstance(block, deepjscec.frame_source)
            entry = "publish" if is_source else "handle" if hasattr(block, "handle") else "work"
            setattr(block, entry, self._noting(name, getattr(block, entry)))

    def _noting(self, name: tuple[str, str], call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            self._names[threading.get_native_id()] = name
            return call(*arguments)

        return noted

    def seconds(self) -> dict[tuple[str, str], float]:
        """Processor seconds so far by role and block; blocks in C++ are the channels' and the throttle."""
        result: dict[tuple[str, str], float] = {}
        for task, (comm, used) in _tasks().items():
            if task in self._names:
                name = self._names[task]
            elif task in self._before or not comm[-1:].isdigit():
                name = ("other", "Python and ONNX Runtime's threads")
            elif comm.startswith("Stopwatch"):
                name = ("other", "stopwatch")
            elif comm.startswith("DeepJSCEC"):  # reports that the frame source takes
                name = (ALICE, "frame source")
            else:
                name = (CHANNEL, "GNU Radio's blocks")
            result[name] = result.get(name, 0.0) + used
        return result


def _tasks() -> dict[int, tuple[str, float]]:
    """Name and processor seconds of each thread of this process."""
    tasks = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            name, used = (task / "comm").read_text().strip(), (task / "schedstat").read_text().split()[0]
        except OSError:  # it has ended
            continue
        tasks[int(task.name)] = name, int(used) / 1e9
    return tasks
