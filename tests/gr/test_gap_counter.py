# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples that a stream lost on its way between two programs are counted, and a sender that starts anew is noticed."""

import numpy as np
import pmt
import pytest
from gnuradio import blocks, deepjscec, gr

KEY = "deepjscec_sample"


def stamped(samples, interval):
    """Numbers and places of the tags that Sample Stamps gives a stream, and the stream behind it."""
    top, stamps, sink = gr.top_block(), deepjscec.sample_stamps(interval), blocks.vector_sink_c()
    top.connect(blocks.vector_source_c(samples), stamps, sink)
    top.run()
    tags = [(pmt.to_uint64(tag.value), tag.offset) for tag in sink.tags() if pmt.symbol_to_string(tag.key) == KEY]
    return tags, np.array(sink.data())


def counted(numbers, interval=100):
    """What Gap Counter makes of a stream with a stamp every `interval` samples, `numbers` upon them."""
    tags = [
        gr.tag_utils.python_to_tag((place * interval, pmt.intern(KEY), pmt.from_uint64(number), pmt.PMT_F))
        for place, number in enumerate(numbers)
    ]
    top, counter = gr.top_block(), deepjscec.gap_counter()
    source = blocks.vector_source_c(np.zeros(interval * len(numbers)), tags=tags)
    top.connect(source, counter)
    top.run()
    return counter.get_stats()


@pytest.mark.parametrize("interval", [1, 999, 32768])
def test_stamps_are_the_samples_numbers(interval):
    samples = np.arange(100_000).astype(np.complex64)
    tags, passed = stamped(samples, interval)
    assert tags == [(number, number) for number in range(0, 100_000, interval)]
    np.testing.assert_array_equal(passed, samples)


def test_nothing_is_lost_of_a_whole_stream_wherever_one_tunes_in():
    whole = {"stream_samples": 400, "lost_samples": 0, "stream_gaps": 0, "stream_restarts": 0}
    assert counted([0, 100, 200, 300]) == whole
    assert counted([10**12 + 7, 10**12 + 107, 10**12 + 207, 10**12 + 307]) == whole


def test_lost_samples_are_counted_to_the_sample():
    found = counted([0, 100, 237, 337, 1437])
    assert found["lost_samples"] == 37 + 1000 and found["stream_gaps"] == 2 and found["stream_restarts"] == 0


def test_a_sender_that_counts_from_zero_again_has_started_anew():
    found = counted([500, 600, 0, 100, 250])
    assert found["stream_restarts"] == 1 and found["lost_samples"] == 50 and found["stream_gaps"] == 1


def test_an_interval_below_one_sample_is_refused():
    with pytest.raises(ValueError, match="interval 0"):
        deepjscec.sample_stamps(0)


def test_its_own_restart_is_no_gap():
    counter = deepjscec.gap_counter()
    for number in (100_000, 700_000):  # the sender goes on while the receiver stands still
        top = gr.top_block()
        tags = [gr.tag_utils.python_to_tag((0, pmt.intern(KEY), pmt.from_uint64(number), pmt.PMT_F))]
        top.connect(blocks.vector_source_c(np.zeros(500), tags=tags), counter)
        top.run()
    assert counter.get_stats() == {"stream_samples": 1000, "lost_samples": 0, "stream_gaps": 0, "stream_restarts": 0}
