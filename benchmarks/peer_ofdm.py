# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer: GNU Radio's own OFDM packets, `digital.ofdm_tx` and `digital.ofdm_rx`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pmt
from gnuradio import blocks, digital, gr
from numpy.typing import NDArray

gr.logging().set_default_level(gr.log_levels.error)  # the receiver tells of each header it could not read
LENGTH_TAG, NUMBER_TAG = "packet_length", "packet_num"
PACKET_NUMBERS = 4096  #: the header counts packets in 12 bits
CRC_BYTES = 4


@dataclass(frozen=True)
class Geometry:
    """What both blocks are built with.

    Attributes:
        packet_bytes: payload of a packet, without its CRC.
        options: keyword arguments of both blocks; the rest are their defaults.
        buffer_items: least size of their internal buffers, 0 for GNU Radio's own: long packets need more.
    """

    packet_bytes: int
    options: dict[str, Any] = field(default_factory=dict)
    buffer_items: int = 0

    @property
    def fft_len(self) -> int:
        """Carriers of the transform."""
        return int(self.options.get("fft_len", 64))

    @property
    def carrier_power(self) -> float:
        """Power of an active carrier at the transmitter's output, in the unitary transform's scale: its inverse
        transform is not divided by anything."""
        return float(self.fft_len)


def _long_options() -> dict[str, Any]:
    """This project's default geometry, as far as the peer can be given it: one comb of pilots, prefix 32."""
    active = [carrier for carrier in range(-104, 105) if carrier]
    combed = active[3::13]
    data = [carrier for carrier in active if carrier not in combed]
    pilots = {"pilot_carriers": (combed,), "pilot_symbols": ((1,) * len(combed),)}
    return {"fft_len": 256, "cp_len": 32, "occupied_carriers": (data,), **pilots}


#: The blocks' defaults with the packets of GNU Radio's loopback example; and packets of 60 symbols of 192 data
#: carriers, as this project's longest.  BPSK throughout, their most robust.
GEOMETRIES = {
    "default": Geometry(96),
    "long": Geometry(42 * 192 // 8 - CRC_BYTES, _long_options(), 40_000),
}


def transmit(geometry: Geometry, payloads: Sequence[bytes]) -> NDArray[np.complex64]:
    """complex64[packets, samples]: a burst for each of `payloads` (all of `geometry.packet_bytes` bytes)."""
    flow = gr.top_block("peer's transmitter", catch_exceptions=True)
    source = blocks.vector_source_b(list(b"".join(payloads)))
    tagger = blocks.stream_to_tagged_stream(gr.sizeof_char, 1, geometry.packet_bytes, LENGTH_TAG)
    transmitter = digital.ofdm_tx(packet_length_tag_key=LENGTH_TAG, scramble_bits=True, **geometry.options)
    if geometry.buffer_items:
        transmitter.set_min_output_buffer(geometry.buffer_items)
    sink = blocks.vector_sink_c()
    flow.connect(source, tagger, transmitter, sink)
    flow.run()
    return np.array(sink.data(), np.complex64).reshape(len(payloads), -1)


@dataclass(frozen=True)
class Heard:
    """What the peer's receiver made of a stream.

    Attributes:
        numbers: packet numbers of the headers that passed their check (of 8 bits).
        packets: payloads that passed their CRC.
        wall_s, cpu_s: seconds on the clock, and of all its threads.
    """

    numbers: list[int]
    packets: list[bytes]
    wall_s: float
    cpu_s: float


def receive(geometry: Geometry, iq_file: str) -> Heard:
    """Run the receiver alone over a file of complex64."""
    flow = gr.top_block("peer's receiver", catch_exceptions=True)
    source = blocks.file_source(gr.sizeof_gr_complex, iq_file)
    receiver = digital.ofdm_rx(
        packet_length_tag_key=LENGTH_TAG, packet_num_tag_key=NUMBER_TAG, scramble_bits=True, **geometry.options
    )
    headers = blocks.tag_debug(gr.sizeof_char, "headers", NUMBER_TAG)
    headers.set_display(False)
    headers.set_save_all(True)
    receiver.connect(receiver.payload_descrambler, headers)
    if geometry.buffer_items:
        receiver.set_min_output_buffer(geometry.buffer_items)
    sink = blocks.vector_sink_b()
    flow.connect(source, receiver, sink)
    wall, cpu = time.perf_counter(), time.process_time()
    flow.run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    numbers = [pmt.to_long(tag.value) for tag in headers.current_tags()]
    data, size = bytes(sink.data()), geometry.packet_bytes
    return Heard(numbers, [data[at : at + size] for at in range(0, len(data), size)], wall, cpu)
