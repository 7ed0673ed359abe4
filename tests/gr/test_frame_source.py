# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames into a transmitter that is slower than they come: bounded queues, counted drops, no lost places."""

import time

import numpy as np
import pmt
import pytest
from gnuradio import blocks, deepjscec, gr
from gnuradio.deepjscec._pdu import make_pdu, parse_pdu
from PIL import Image

from deepjscec.app.pictures import default_picture
from deepjscec.app.quality import psnr_db
from deepjscec.crypto import write_key_file
from tests.gr.gr_setup import wait_for

SIDE = 96
PHOTO = default_picture()


def view(number, side=SIDE):
    return np.ascontiguousarray(PHOTO[40 : 40 + side, 100 + 4 * number : 100 + 4 * number + side])


@pytest.fixture
def folder(tmp_path):
    """Twelve pictures, and one file that is none."""
    path = tmp_path / "pictures"
    path.mkdir()
    for number in range(12):
        Image.fromarray(view(number)).save(path / f"{number}.png")
    (path / "5a.png").write_bytes(b"no picture")
    return path


@pytest.fixture
def key(tmp_path):
    write_key_file(tmp_path / "key")
    return str(tmp_path / "key")


class Alice(gr.top_block):
    """A frame source before a transmitter on a slow radio."""

    def __init__(self, source, key, sample_rate, reports=True, model="lite", max_wait=0.0):
        gr.top_block.__init__(self)
        self.source = source
        self.encoder = deepjscec.encoder(model, "1/6", 1)
        self.encryptor = deepjscec.encryptor(key, model=model, max_wait=max_wait)
        self.transmitter = deepjscec.ofdm_transmitter(idle=True)
        self.throttle = blocks.throttle(gr.sizeof_gr_complex, sample_rate)
        self.sink = blocks.null_sink(gr.sizeof_gr_complex)
        self.handed_on = blocks.message_debug()
        self.connect(self.transmitter, self.throttle, self.sink)
        self.msg_connect(source, "images", self.encoder, "images")
        self.msg_connect(source, "images", self.handed_on, "store")
        self.msg_connect(self.encoder, "codewords", self.encryptor, "codewords")
        self.msg_connect(self.encryptor, "packets", self.transmitter, "packets")
        if reports:
            self.msg_connect(self.transmitter, "sent", source, "sent")

    def ids(self):
        """Of the frames handed on."""
        messages = [self.handed_on.get_message(index) for index in range(self.handed_on.num_messages())]
        metas = [parse_pdu(message)[0] for message in messages if not pmt.is_eof_object(message)]
        return [meta["image_id"] for meta in metas]


def test_frames_that_find_no_place_are_dropped_and_counted(folder, key):
    source = deepjscec.frame_source(str(folder), 20.0, 0, False, 2)
    alice = Alice(source, key, 40e3)  # a packet of two pictures takes half a second, 20 pictures come in one
    alice.start()
    most, stats = 0, source.get_stats()
    while stats["in_flight"] or not stats["sent"]:
        stats = source.get_stats()
        most = max(most, stats["in_flight"])
        assert stats["in_flight"] <= 2 and alice.transmitter.get_stats()["queued_packets"] <= 2
        time.sleep(0.01)
    alice.wait()  # the source ends, and with it the stream
    stats = source.get_stats()
    assert most == 2
    assert stats["sent"] + stats["dropped_late"] + stats["failed"] == 13
    assert stats["failed"] <= 1 and stats["dropped_late"] >= 3 and stats["sent"] >= 2
    assert (stats["in_flight"], stats["unreported"], stats["skipped"]) == (0, 0, 0)
    assert alice.ids() == list(range(stats["sent"]))
    assert pmt.is_eof_object(alice.handed_on.get_message(stats["sent"]))


def test_queue_stays_bounded_over_a_long_run(folder, key):
    source = deepjscec.frame_source(str(folder), 100.0, 0, True, 3)
    alice = Alice(source, key, 100e3)
    alice.start()
    queued = []
    wait_for(lambda: queued.append(alice.transmitter.get_stats()["queued_packets"]) or source.get_stats()["sent"] > 20)
    begin = time.monotonic()
    alice.stop()
    alice.wait()
    assert time.monotonic() - begin < 2
    stats = source.get_stats()
    assert max(queued) <= 3
    assert stats["dropped_late"] > stats["sent"] and stats["unreported"] == 0


def test_a_fast_radio_loses_no_frame(folder, key):
    source = deepjscec.frame_source(str(folder), 4.0, 64, False, 12)
    alice = Alice(source, key, 2e6)
    alice.run()
    stats = source.get_stats()
    assert stats["sent"] + stats["dropped_late"] == 12 and stats["sent"] >= 10  # late ones on a busy machine
    assert stats["failed"] == 1


def test_without_a_limit_no_reports_are_needed(folder, key):
    source = deepjscec.frame_source(str(folder), 50.0, 0, False, 0)
    alice = Alice(source, key, 1e6, reports=False)
    alice.start()
    wait_for(lambda: alice.handed_on.num_messages() > source.get_stats()["sent"])  # the end, too
    wait_for(lambda: alice.encoder.get_stats().get("encoded") == source.get_stats()["sent"])
    alice.stop()
    alice.wait()
    assert source.get_stats()["sent"] >= 3 and source.get_stats()["in_flight"] == 0


def test_frames_without_a_report_free_their_places(folder, key):
    source = deepjscec.frame_source(str(folder), 20.0, 0, True, 2)
    source._places._patience = 0.5  # 10 s by default
    alice = Alice(source, key, 1e6, reports=False)
    alice.start()
    wait_for(lambda: source.get_stats()["sent"] >= 6)
    alice.stop()
    alice.wait()
    assert source.get_stats()["unreported"] >= 4


def test_stream_goes_on_after_stop_and_start(folder, key):
    source = deepjscec.frame_source(str(folder), 20.0, 0, True, 2)
    alice = Alice(source, key, 200e3)
    alice.start()
    wait_for(lambda: source.get_stats()["sent"] >= 4)
    alice.stop()
    alice.wait()
    had = source.get_stats()["sent"]
    alice.start()
    wait_for(lambda: source.get_stats()["sent"] >= had + 4)
    alice.stop()
    alice.wait()
    ids = alice.ids()
    assert ids == list(range(len(ids)))  # an id never comes twice in a session
    assert len(ids) > had and source.get_stats()["unreported"] <= 1  # one may have been lost in stopping


def test_silent_socket_does_not_hold_up_stop_and_start():
    source = deepjscec.frame_source("tcp://127.0.0.1:1")
    flowgraph = gr.top_block()
    flowgraph.msg_connect(source, "images", blocks.message_debug(), "store")
    for _ in range(2):
        flowgraph.start()
        time.sleep(0.3)
        begin = time.monotonic()
        flowgraph.stop()
        flowgraph.wait()
        assert time.monotonic() - begin < 1


def test_size_cuts_squares_and_enlarges_small_pictures(tmp_path):
    Image.fromarray(PHOTO[:20, :30]).save(tmp_path / "small.png")
    source = deepjscec.frame_source(str(tmp_path / "small.png"), 0.0, 64, False, 0)
    sink = deepjscec.image_sink()
    flowgraph = gr.top_block()
    flowgraph.msg_connect(source, "images", sink, "images")
    flowgraph.start()
    assert sink.done.wait(30)
    flowgraph.stop()
    flowgraph.wait()
    assert sink.pictures[0][1].shape == (64, 64, 3)


def test_pictures_too_small_for_any_model_are_counted(tmp_path):
    Image.fromarray(PHOTO[:20, :30]).save(tmp_path / "small.png")
    source = deepjscec.frame_source(str(tmp_path / "small.png"), 0.0, 0, False, 0)
    flowgraph = gr.top_block()
    flowgraph.msg_connect(source, "images", blocks.message_debug(), "store")
    flowgraph.start()
    wait_for(lambda: source.get_stats()["failed"] == 1)
    flowgraph.stop()
    flowgraph.wait()
    assert source.get_stats()["sent"] == 0


def test_without_a_source_the_demo_photograph_is_sent():
    source = deepjscec.frame_source(repeat=False)
    sink = deepjscec.image_sink()
    flowgraph = gr.top_block()
    flowgraph.msg_connect(source, "images", sink, "images")
    flowgraph.start()
    assert sink.done.wait(30)
    flowgraph.stop()
    flowgraph.wait()
    assert np.array_equal(sink.pictures[0][1], PHOTO)


def test_a_report_that_is_none_is_refused_and_survived():
    source = deepjscec.frame_source()
    for message in (pmt.intern("x"), pmt.from_long(3), pmt.to_pmt({"image_id": 3}), pmt.PMT_NIL):
        source._take_report(message)
    assert source.get_stats()["rejected"] == 4


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("/absent",), "/absent: no such file"),
        (("", -1.0), "fps -1"),
        (("", 0.0, 20), "size 20"),
        (("", 0.0, 0, True, -1), "in_flight -1"),
        (("tcp://nowhere",), "tcp://nowhere"),
        (("/dev/null",), "/dev/null"),
    ],
)
def test_bad_setting_is_named(arguments, message):
    with pytest.raises((ValueError, OSError), match=message):
        deepjscec.frame_source(*arguments)


class SmallPictures(gr.top_block):
    """Pictures of 32 x 32 pixels from Alice to Bob; what comes in is posted to `encoder`."""

    def __init__(self, key, max_wait):
        gr.top_block.__init__(self)
        self.encoder = deepjscec.encoder("cifar", "1/6", 1)
        self.encryptor = deepjscec.encryptor(key, model="cifar", max_wait=max_wait)
        self.transmitter = deepjscec.ofdm_transmitter(idle=True)
        self.throttle = blocks.throttle(gr.sizeof_gr_complex, 500e3)
        self.receiver = deepjscec.ofdm_receiver()
        self.decryptor = deepjscec.decryptor(key, model="cifar")
        self.decoder = deepjscec.decoder("cifar", 1)
        self.sink, self.sent = deepjscec.image_sink(keep=10), blocks.message_debug()
        self.connect(self.transmitter, self.throttle, self.receiver)
        self.msg_connect(self.encoder, "codewords", self.encryptor, "codewords")
        self.msg_connect(self.encryptor, "packets", self.transmitter, "packets")
        self.msg_connect(self.transmitter, "sent", self.sent, "store")
        self.msg_connect(self.receiver, "packets", self.decryptor, "packets")
        self.msg_connect(self.decryptor, "codewords", self.decoder, "codewords")
        self.msg_connect(self.decoder, "images", self.sink, "images")

    def post(self, image_id):
        pixels = view(10 * image_id, 32)
        pdu = make_pdu({"image_id": image_id, "height": 32, "width": 32}, pixels.reshape(-1))
        self.encoder.to_basic_block()._post(pmt.intern("images"), pdu)


def test_small_pictures_arrive_after_the_longest_wait_without_an_end(key):
    flowgraph = SmallPictures(key, max_wait=0.5)
    flowgraph.start()
    for image_id in range(3):
        flowgraph.post(image_id)
    wait_for(lambda: len(flowgraph.sink.pictures) == 3)
    assert pmt.to_python(flowgraph.sent.get_message(0)) == {"image_id": 0, "pictures": 3}
    flowgraph.post(3)  # and so does the next one
    wait_for(lambda: len(flowgraph.sink.pictures) == 4)
    flowgraph.stop()
    flowgraph.wait()
    for image_id, (_, pixels) in flowgraph.sink.pictures.items():
        assert psnr_db(view(10 * image_id, 32), pixels) > 27
    assert flowgraph.encryptor.get_stats()["packets"] == 2


def test_pictures_that_waited_during_a_stop_go_after_the_start(key):
    flowgraph = SmallPictures(key, max_wait=2.0)
    flowgraph.start()
    flowgraph.post(0)
    wait_for(lambda: flowgraph.encryptor._grouper.waiting)
    flowgraph.stop()
    flowgraph.wait()
    assert flowgraph.encryptor.get_stats().get("packets", 0) == 0
    flowgraph.start()
    wait_for(lambda: len(flowgraph.sink.pictures) == 1)
    flowgraph.stop()
    flowgraph.wait()
