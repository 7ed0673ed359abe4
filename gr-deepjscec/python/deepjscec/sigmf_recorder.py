# SPDX-License-Identifier: GPL-3.0-or-later
"""IQ samples to a SigMF recording."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from gnuradio import gr

from ._pdu_block import PduBlock


class sigmf_recorder(gr.hier_block2):
    """Writes a stream of complex samples as `FILE.sigmf-data` and `FILE.sigmf-meta`, which must not exist.

    Both appear when the flowgraph stops; what is killed before leaves `FILE.sigmf-data.partial`. In `file`, %Y, %m, %d,
    %H, %M, %S stand for the time (UTC), as in strftime, and %% for a percent sign. `frequency` in Hz, 0 if unknown.
    `fields`: a dictionary of public facts for the namespace `deepjscec`, such as {"cipher": "none"}. Packet PDUs of an
    OFDM Receiver at the input `packets` become annotations. Raises `ValueError` or `OSError` for bad values and files
    that exist.

    GNU Radio's own blocks.sigmf_sink_minimal writes its metadata when the flowgraph is built, before there is any
    sample, and knows no hash, time, annotations or further fields.
    """

    def __init__(
        self,
        file: str = "capture_%Y%m%d_%H%M%S",
        sample_rate: float = 1e6,
        frequency: float = 0.0,
        author: str = "",
        description: str = "",
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        from deepjscec.recording import RecordingWriter

        gr.hier_block2.__init__(
            self, "DeepJSCEC SigMF Recorder", gr.io_signature(1, 1, gr.sizeof_gr_complex), gr.io_signature(0, 0, 0)
        )
        self._writer = RecordingWriter(
            datetime.now(UTC).strftime(file),
            sample_rate,
            frequency=frequency or None,
            author=author,
            description=description,
            fields=fields,
        )
        # Two blocks, because one that has had all its samples takes no more messages, and packets come late.
        self._samples = _Samples(self._writer)
        self._packets = _Packets(self._writer, self._samples)
        self.connect(self, self._samples)
        self.message_port_register_hier_in("packets")
        self.msg_connect(self, "packets", self._packets, "packets")

    def wait(self, timeout: float) -> bool:
        """Wait until the stream and the packets have ended; False if that takes longer than `timeout` seconds."""
        return self._samples.ended.wait(timeout) and self._packets.ended.wait(timeout)

    def get_stats(self) -> dict[str, int]:
        """Samples written, samples lost after its end, packets noted."""
        return {"samples": self._writer.length, "lost": self._samples.lost, **self._packets.get_stats()}


class _Samples(gr.sync_block):
    def __init__(self, writer: Any) -> None:
        gr.sync_block.__init__(self, name="SigMF samples", in_sig=[np.complex64], out_sig=None)
        self._writer = writer
        self.lost = 0
        self.ending = threading.Event()
        self.ended = threading.Event()

    def work(self, input_items: Any, output_items: Any) -> int:
        samples = input_items[0]
        if not self.lost:
            try:
                self._writer.write(samples)
            except (OSError, ValueError) as error:  # the disk is full, or the flowgraph was stopped and started again
                self.logger.error(f"the recording ends here: {error}")
                self.lost = len(samples)
        else:
            self.lost += len(samples)
        return len(samples)

    def stop(self) -> bool:
        self.ending.set()
        _finish(self, self._writer)
        self.ended.set()
        return True


class _Packets(PduBlock):
    def __init__(self, writer: Any, samples: _Samples) -> None:
        PduBlock.__init__(self, "SigMF annotations", "packets", None)
        self._writer, self._samples = writer, samples
        self.ended = threading.Event()

    def handle(self, meta: dict[str, Any], array: np.ndarray) -> None:
        from deepjscec.recording import Annotation

        self._writer.annotate(Annotation.of_packet(meta["start"], meta["length"], meta["snr_db"], meta["cfo_hz"]))
        self.stats["noted"] += 1

    def finish(self) -> None:
        self.ended.set()

    def stop(self) -> bool:
        # GNU Radio ends this block as soon as the receiver has ended, when samples may still be on their way here.
        if self._samples.ending.is_set():
            _finish(self, self._writer)
        self.ended.set()
        return True


def _finish(block: Any, writer: Any) -> None:
    try:
        writer.finish()
    except (ValueError, OSError) as error:
        block.logger.error(f"recording not finished: {error}")
