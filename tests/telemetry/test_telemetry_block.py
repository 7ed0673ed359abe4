# SPDX-License-Identifier: GPL-3.0-or-later
"""The block that publishes the telemetry of a flowgraph."""

import threading
import time

import numpy as np
import pytest
from gnuradio import gr
from gnuradio.deepjscec import image_source, telemetry_publisher
from gnuradio.deepjscec._pdu import make_pdu

from deepjscec.telemetry import Picture, Status, Subscriber, decode_picture

PIXELS = np.random.default_rng(4).integers(0, 256, (40, 60, 3), np.uint8)


class Flowgraph:
    """Pictures `interval` s apart, and a publisher of theirs."""

    def __init__(self, publisher, interval=0.1, pictures=(PIXELS,)):
        self.top = gr.top_block()
        self.source, self.publisher = image_source(list(pictures), interval, True), publisher
        self.top.msg_connect(self.source, "images", self.publisher, "images")

    def __enter__(self):
        self.top.start()
        return self

    def __exit__(self, *error):
        self.top.stop()
        self.top.wait()


def collect(subscriber, enough, seconds=30):
    """Messages until `enough(messages)`; fails the test after `seconds`."""
    messages, end = [], time.monotonic() + seconds
    while not enough(messages):
        assert time.monotonic() < end, messages
        if (message := subscriber.receive(0.1)) is not None:
            messages.append(message)
    return messages


def pictures_of(messages):
    return [message for message in messages if isinstance(message, Picture)]


def statuses_of(messages):
    return [message for message in messages if isinstance(message, Status)]


@pytest.fixture
def subscriber():
    with Subscriber("tcp://127.0.0.1:*") as made:
        yield made


def test_pictures_and_counters_of_a_flowgraph_arrive(subscriber):
    count = iter(range(1000))
    publisher = telemetry_publisher("eve", subscriber.address, 0.2, lambda: {"calls": next(count)})
    with Flowgraph(publisher):
        messages = collect(subscriber, lambda seen: len(pictures_of(seen)) >= 3 and len(statuses_of(seen)) >= 3)
    pictures = pictures_of(messages)
    first = pictures[0].image_id
    assert [picture.image_id for picture in pictures] == list(range(first, first + len(pictures)))
    np.testing.assert_array_equal(decode_picture(pictures[0]), PIXELS)
    assert {message.role for message in messages} == {"eve"}
    calls = [status.counters["calls"] for status in statuses_of(messages)]
    assert calls == list(range(calls[0], calls[0] + len(calls)))
    assert publisher.get_stats()["published"] >= 3


def test_what_a_decoder_measured_goes_along(subscriber):
    publisher = telemetry_publisher("bob", subscriber.address, 0.05)
    meta = {"image_id": 5, "height": 40, "width": 60, "snr_db": 7.5, "packets_received": 1, "packets_sent": 2}
    publisher.start()
    collect(subscriber, lambda seen: seen)
    publisher._take(make_pdu(meta, PIXELS.reshape(-1)))
    probabilities = np.array([0.25, 0.75], np.float32)
    classified = {**meta, "image_id": 6, "label": "ship", "confidence": 0.75, "classes": "cat,ship"}
    publisher._take(make_pdu(classified, probabilities))
    first, second = pictures_of(collect(subscriber, lambda seen: len(pictures_of(seen)) == 2))
    publisher.stop()
    assert (first.snr_db, first.packets_received, first.packets_sent, first.label) == (7.5, 1, 2, None)
    assert (second.label, second.confidence) == ("ship", 0.75)
    assert decode_picture(second).shape[1] == 220, "the card with a bar for each class"


def test_pictures_that_come_too_fast_are_dropped_and_counted(subscriber, monkeypatch):
    publisher = telemetry_publisher("bob", subscriber.address, 1000.0)
    started, go_on = threading.Event(), threading.Event()

    def slow(*_):
        started.set()
        assert go_on.wait(30)

    monkeypatch.setattr(publisher, "_send_picture", slow)
    publisher.start()
    for number in range(20):
        publisher._take(make_pdu({"image_id": number, "height": 40, "width": 60}, PIXELS.reshape(-1)))
        assert started.wait(30)  # the first one is being sent while the others come
    waiting = [meta["image_id"] for _, meta, _ in publisher._waiting]
    go_on.set()
    publisher.stop()
    assert waiting == [16, 17, 18, 19], "the latest"
    assert publisher.get_stats()["dropped"] == 15


def test_counters_that_fail_do_not_end_the_telemetry(subscriber):
    def broken():
        raise RuntimeError("no counters")

    publisher = telemetry_publisher("alice", subscriber.address, 0.05, broken)
    with Flowgraph(publisher):
        collect(subscriber, lambda seen: len(pictures_of(seen)) >= 3)
    assert publisher.get_stats()["failed"] >= 2


def test_publisher_without_stats_tells_that_it_is_there(subscriber):
    with Flowgraph(telemetry_publisher("bob", subscriber.address, 0.05), interval=100.0):
        messages = collect(subscriber, lambda seen: len(statuses_of(seen)) >= 2)
    assert statuses_of(messages)[0].counters == {}


def test_flowgraph_can_be_stopped_and_started_again(subscriber):
    flowgraph = Flowgraph(telemetry_publisher("bob", subscriber.address, 0.05))
    for _ in range(2):
        with flowgraph:
            collect(subscriber, pictures_of)


def test_empty_address_publishes_nothing_and_makes_no_thread():
    before = threading.active_count()
    publisher = telemetry_publisher("alice", "")
    with Flowgraph(publisher, 0.05) as flowgraph:
        end = time.monotonic() + 30
        while flowgraph.source.get_stats().get("sent", 0) < 3:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert threading.active_count() <= before + 1  # that of the source
    assert publisher.get_stats() == {}


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (("carol",), "unknown role 'carol'"),
        (("carol", ""), "unknown role 'carol'"),
        (("bob", "nowhere"), "telemetry address 'nowhere'"),
        (("bob", "tcp://127.0.0.1:5599", 0), "interval 0 s"),
        (("bob", "tcp://127.0.0.1:5599", 1.0, {"a": 1}), "is no function"),
    ],
)
def test_bad_settings_are_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        telemetry_publisher(*arguments)
