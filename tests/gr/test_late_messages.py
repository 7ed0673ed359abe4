# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits in front of a decoder or of Eve is bounded where the stream cannot wait: the oldest goes."""

import numpy as np
import pmt
import pytest
from gnuradio import blocks, deepjscec, gr
from gnuradio.deepjscec._pdu import make_pdu

from deepjscec.codec import Codec
from tests.gr.gr_setup import wait_for

SENT, MOST = 10, 3


def codewords():
    codec = Codec.load("cifar")
    symbols = codec.encode(np.full((32, 32, 3), 90, np.uint8), "1/6")
    meta = {"height": 32, "width": 32, "rate_index": codec.rate_index("1/6"), "noise_var": np.ones(len(symbols), "f4")}
    return [make_pdu({"image_id": image_id, **meta}, symbols) for image_id in range(SENT)]


def strange_packets():
    meta = {"header": np.zeros(48, np.uint8), "noise_var": np.ones(64, np.float32)}
    return [make_pdu(meta, np.ones(64, np.complex64)) for _ in range(SENT)]


@pytest.mark.parametrize(("most", "taken"), [(0, SENT), (MOST, MOST + 1), (SENT, SENT)])
@pytest.mark.parametrize(
    ("make", "port", "messages", "counter"),
    [
        (lambda most: deepjscec.decoder("cifar", 1, most), "codewords", codewords, "decoded"),
        (lambda most: deepjscec.eavesdropper("cifar", max_waiting=most), "packets", strange_packets, "unplaced"),
    ],
    ids=["decoder", "eavesdropper"],
)
def test_oldest_of_too_many_that_wait_are_dropped_and_counted(make, port, messages, counter, most, taken):
    block, flowgraph, store = make(most), gr.top_block(), blocks.message_debug()
    flowgraph.msg_connect(block, "images", store, "store")
    for message in messages():  # before the start, so that all of them wait
        block.to_basic_block()._post(pmt.intern(port), message)
    flowgraph.start()
    wait_for(lambda: sum(block.get_stats().get(name, 0) for name in (counter, "dropped_late")) == SENT)
    flowgraph.stop()
    flowgraph.wait()
    assert block.get_stats().get(counter) == taken
    assert block.get_stats().get("dropped_late", 0) == SENT - taken
    if port == "codewords":
        ids = [
            pmt.to_long(pmt.dict_ref(pmt.car(store.get_message(n)), pmt.intern("image_id"), pmt.PMT_NIL))
            for n in range(taken)
        ]
        assert ids == list(range(SENT - taken, SENT))  # the newest
