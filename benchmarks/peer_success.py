# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets received by this project's receiver and by the peer's, over GNU Radio's channel model."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import peer_ofdm
from gnuradio import channels, gr
from impairment_flow import ArraySink, ArraySource
from numpy.typing import NDArray
from phy_bursts import OFF_CARRIERS, OFF_CLOCK, gaussian
from phy_statistics import proportion

from deepjscec.phy import Profile, Receiver, Transmitter

BATCH = 25  #: packets between two draws of the offsets
TAIL = 8192  #: samples behind a batch's last packet
MOST_PACKETS = peer_ofdm.PACKET_NUMBERS
PAYLOAD_SYMBOLS = 5 * 192  #: of this project's packets; the peer's default ones carry 800

Samples = NDArray[np.complex64]


@dataclass(frozen=True)
class Case:
    """A channel.

    Attributes:
        name, snr_db: of the case; None for no noise.
        gaps: whether there is silence of 100 to 1499 samples in front of each packet; else they are back to back.
        offsets: whether carrier and clock are off.
    """

    name: str
    snr_db: float | None
    gaps: bool = True
    offsets: bool = False


def all_cases(snrs_db: list[float]) -> list[Case]:
    """Those of the comparison."""
    return [
        Case("back to back", None, gaps=False),
        Case("gaps", None),
        *(Case("noise", snr_db) for snr_db in snrs_db),
        *(Case("noise and offsets", snr_db, offsets=True) for snr_db in snrs_db),
    ]


@dataclass(frozen=True)
class Party:
    """A transmitter and its receiver.

    Attributes:
        fft_len: of its waveform: carrier offsets are counted in its carrier spacings.
        bursts: complex64 bursts with unit energy on the carriers; what each header says; each payload.
        hear: from a batch, the headers and the payloads that passed their check sums.
    """

    fft_len: int
    bursts: Callable[[np.random.Generator, int], tuple[list[Samples], list[Any], list[Any]]]
    hear: Callable[[Samples], tuple[list[Any], list[Any]]]


def _own_bursts(rng: np.random.Generator, count: int) -> tuple[list[Samples], list[Any], list[Any]]:
    transmitter = Transmitter(Profile())
    headers = [rng.bytes(transmitter.profile.header_bytes) for _ in range(count)]
    # Analog payloads have no check sum: a packet is received when its header is.
    return [transmitter.modulate(header, gaussian(rng, PAYLOAD_SYMBOLS)) for header in headers], headers, []


def _own_hear(samples: Samples) -> tuple[list[Any], list[Any]]:
    receiver = Receiver(Profile())
    return [packet.header for packet in receiver.process(samples) + receiver.flush()], []


def _peer_bursts(
    geometry: peer_ofdm.Geometry, rng: np.random.Generator, count: int
) -> tuple[list[Samples], list[Any], list[Any]]:
    payloads = [rng.bytes(geometry.packet_bytes) for _ in range(count)]
    bursts = peer_ofdm.transmit(geometry, payloads) / np.float32(np.sqrt(geometry.carrier_power))
    return list(bursts), list(range(count)), payloads


def _peer_hear(geometry: peer_ofdm.Geometry, samples: Samples) -> tuple[list[Any], list[Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "samples.iq")
        samples.tofile(path)
        heard = peer_ofdm.receive(geometry, str(path))
    return heard.numbers, heard.packets


PARTIES = {"deepjscec": Party(Profile().fft_len, _own_bursts, _own_hear)} | {
    f"ofdm_rx, {name}": Party(geometry.fft_len, partial(_peer_bursts, geometry), partial(_peer_hear, geometry))
    for name, geometry in peer_ofdm.GEOMETRIES.items()
}


def measure(name: str, case: Case, packets: int, seed: int) -> dict[str, Any]:
    """One row: how many of the packets' headers, and of the payloads with a check sum, came out right."""
    party = PARTIES[name]
    rng = np.random.default_rng([seed, *name.encode(), *repr(case).encode()])
    bursts, headers, payloads = party.bursts(rng, packets)
    right = payloads_right = 0
    for first in range(0, packets, BATCH):
        batch = slice(first, first + BATCH)
        got_headers, got_payloads = party.hear(_through_channel(rng, case, party.fft_len, bursts[batch]))
        right += len(set(headers[batch]) & set(got_headers))
        payloads_right += len(set(payloads[batch]) & set(got_payloads))
    row = {
        "case": case.name,
        "snr_db": case.snr_db,
        "party": name,
        "packets": packets,
        "header_right": right,
        "rate": right / packets,
        "rate_interval": proportion(right, packets),
    }
    return row | ({"payload_right": payloads_right} if payloads else {})


def _through_channel(rng: np.random.Generator, case: Case, fft_len: int, bursts: list[Samples]) -> Samples:
    gaps = rng.integers(100, 1500, len(bursts)) if case.gaps else np.zeros(len(bursts), np.int64)
    silences = [np.zeros(gap, np.complex64) for gap in gaps]
    pieces = [piece for pair in zip(silences, bursts, strict=True) for piece in pair]
    source = ArraySource(np.concatenate([*pieces, np.zeros(TAIL, np.complex64)]))
    sink = ArraySink()
    channel = channels.channel_model(
        noise_voltage=0.0 if case.snr_db is None else 10 ** (-case.snr_db / 20),
        frequency_offset=rng.uniform(-OFF_CARRIERS, OFF_CARRIERS) / fft_len if case.offsets else 0.0,
        epsilon=1 + (rng.uniform(-OFF_CLOCK, OFF_CLOCK) if case.offsets else 0.0),
        taps=(1.0,),
        noise_seed=int(rng.integers(1, 1 << 31)),
    )
    flow = gr.top_block("channel", catch_exceptions=True)
    flow.connect(source, channel, sink)
    flow.run()
    return sink.samples()
