# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed of receivers, each alone in a process, over a file of samples."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import peer_ofdm
from numpy.typing import NDArray
from phy_bursts import gaussian

from deepjscec.phy import Profile, Receiver, Transmitter

CHUNK = 65536  #: samples handed to the library at a time
NOISE_POWER = 0.01  #: 20 dB under the carriers: `digital.ofdm_rx` finds nothing at 10 dB
ALL_CORES = sorted(os.sched_getaffinity(0))
BURSTS = 20  #: different ones in a signal


@dataclass(frozen=True)
class Run:
    """One receiver's way through one file: seconds on the clock, seconds of all its threads, packets received."""

    wall_s: float
    cpu_s: float
    packets: int


def library(path: str) -> Run:
    """`deepjscec.phy.Receiver` on chunks."""
    samples = np.fromfile(path, np.complex64)
    receiver = Receiver(Profile())
    wall, cpu = time.perf_counter(), time.process_time()
    found = 0
    for first in range(0, len(samples), CHUNK):
        found += len(receiver.process(samples[first : first + CHUNK]))
    found += len(receiver.flush())
    return Run(time.perf_counter() - wall, time.process_time() - cpu, found)


def block(path: str) -> Run:
    """The same receiver as a block of a flowgraph."""
    from gnuradio import blocks, gr
    from gnuradio.deepjscec import ofdm_receiver

    flow = gr.top_block("receiver", catch_exceptions=True)
    receiver = ofdm_receiver()
    flow.connect(blocks.file_source(gr.sizeof_gr_complex, path), receiver)
    wall, cpu = time.perf_counter(), time.process_time()
    flow.run()
    return Run(time.perf_counter() - wall, time.process_time() - cpu, receiver.get_stats()["packets"])


def peer(geometry: str, path: str) -> Run:
    """GNU Radio's receiver."""
    heard = peer_ofdm.receive(peer_ofdm.GEOMETRIES[geometry], path)
    return Run(heard.wall_s, heard.cpu_s, len(heard.packets))


def own_bursts(payload_symbols: int, rng: np.random.Generator) -> list[NDArray[np.complex64]]:
    """Back to back: this project's."""
    transmitter = Transmitter(Profile())
    return [
        transmitter.modulate(rng.bytes(transmitter.profile.header_bytes), gaussian(rng, payload_symbols))
        for _ in range(BURSTS)
    ]


def peer_bursts(geometry: str, rng: np.random.Generator) -> list[NDArray[np.complex64]]:
    """Back to back: the peer's, with unit energy on the carriers."""
    shape = peer_ofdm.GEOMETRIES[geometry]
    bursts = peer_ofdm.transmit(shape, [rng.bytes(shape.packet_bytes) for _ in range(BURSTS)])
    return list(bursts / np.float32(np.sqrt(shape.carrier_power)))


@dataclass(frozen=True)
class Contender:
    """A receiver and the packets it is given."""

    receive: Callable[[str], Run]
    bursts: Callable[[np.random.Generator], list[NDArray[np.complex64]]]


OWN = "library"
_FULL = partial(own_bursts, Profile().max_payload_symbols)
CONTENDERS = {
    OWN: Contender(library, _FULL),
    "block": Contender(block, _FULL),
    "library, 8064 symbols": Contender(library, partial(own_bursts, 42 * 192)),  # as the peer's long packets
    "library, 960 symbols": Contender(library, partial(own_bursts, 5 * 192)),  # about as the peer's default ones
}
PEERS = {
    f"ofdm_rx, {geometry}": Contender(partial(peer, geometry), partial(peer_bursts, geometry))
    for geometry in peer_ofdm.GEOMETRIES
}
CONTENDERS |= PEERS
#: Signals, and who is timed on each.
SIGNALS = {"back to back": list(CONTENDERS), "noise": [OWN, "block", *PEERS]}


def write_signal(signal: str, name: str, path: Path, samples: int, seed: int) -> int:
    """A file of complex64[samples]: white noise, and in "back to back" the contender's bursts in it.  Returns how
    many whole bursts there are."""
    rng = np.random.default_rng(seed)
    bursts = CONTENDERS[name].bursts(rng) if signal == "back to back" else [np.zeros(CHUNK, np.complex64)]
    period = np.concatenate(bursts)
    with path.open("wb") as file:
        for first in range(0, samples, len(period)):
            part = period[: samples - first]
            (part + gaussian(rng, len(part)) * np.float32(np.sqrt(NOISE_POWER))).tofile(file)
    return samples // (len(period) // len(bursts)) if signal == "back to back" else 0


def run(name: str, path: Path, cores: int) -> Run:
    """One run on that many cores.  Binds the process to them."""
    os.sched_setaffinity(0, ALL_CORES[-cores:])
    return CONTENDERS[name].receive(str(path))
