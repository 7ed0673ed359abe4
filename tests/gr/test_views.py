# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen in the windows of Qt flowgraphs, while pictures, packets and nonsense arrive."""

import subprocess
import sys
import threading
import time

import numpy as np
import pmt
import pytest
from gnuradio import deepjscec
from gnuradio.deepjscec._pdu import make_pdu

from deepjscec.app import live
from deepjscec.app.labels import label_fields
from deepjscec.app.quality import psnr_db
from tests.gr.qt_views import (
    MEASURED,
    Running,
    application,
    flat,
    grabbed,
    noisy,
    packet_pdu,
    picture_pdu,
    run_window,
    share_of,
    texts,
)


@pytest.fixture(scope="module", autouse=True)
def qt():
    return application()


def test_image_view_shows_the_latest_picture_and_what_was_measured():
    with Running(deepjscec.image_view("Bob"), ["images"], (300, 340)) as window:
        window.send(
            ("images", picture_pdu(flat("#20a040"), 4)), ("images", picture_pdu(flat("#c03080"), 5, **MEASURED))
        )
        text = window.wait_for("#5")
        shown = grabbed(window.view.widget)
    assert text.splitlines() == ["Bob", "#5, 10.0 dB SNR, 11/12 packets"]
    assert share_of(shown, "#c03080") > 0.6
    assert share_of(shown, "#20a040") == 0
    assert window.view.get_stats() == {"shown": 2}


def test_pictures_stand_side_by_side_with_quality_snr_packets_and_latency():
    sent = noisy(flat("#909090"), 40, seed=1)
    bob, eve = noisy(sent, 8, seed=2), noisy(sent, 90, seed=3)
    with Running(deepjscec.comparison_view(), ["sent", "bob", "eve"]) as window:
        window.send(("sent", picture_pdu(sent, 7)))
        window.wait_for("sent so far: 1")
        run_window(0.2)
        window.send(("bob", picture_pdu(bob, 7, **MEASURED)), ("eve", picture_pdu(eve, 7, **MEASURED)))
        window.wait_for(f"{psnr_db(sent, eve):.1f} dB PSNR")
        text = window.wait_for(f"{psnr_db(sent, bob):.1f} dB PSNR")
        shown = grabbed(window.view.widget)
    assert "64 x 64 pixels" in text
    line = next(line for line in text.splitlines() if line.startswith("#7, "))
    assert line.startswith("#7, 10.0 dB SNR, 11/12 packets, after 0.")
    assert 0.2 <= float(line.split()[-2]) < 3.0
    spreads = [part[60:300, 60:-60].std() for part in np.array_split(shown, 3, axis=1)]
    assert spreads[0] == pytest.approx(spreads[1], rel=0.15)
    assert spreads[2] > 1.4 * spreads[0]


@pytest.mark.parametrize("port", ["sent", "bob", "eve"])
def test_one_connected_input_is_enough(port):
    with Running(deepjscec.comparison_view(), [port]) as window:
        window.send((port, picture_pdu(flat("#c03080"), 3)))
        text = window.wait_for("#3")
        thirds = np.array_split(grabbed(window.view.widget), 3, axis=1)
    assert "PSNR" not in text
    assert text.count("no picture yet") == 2
    shares = [share_of(third, "#c03080") for third in thirds]
    assert shares.index(max(shares)) == ["sent", "bob", "eve"].index(port)
    assert sorted(shares)[:2] == [0, 0]
    assert max(shares) > 0.4


def test_alices_place_shows_the_original_of_what_bob_received_and_goes_on_without_him(monkeypatch):
    monkeypatch.setattr(sys.modules["gnuradio.deepjscec.comparison_view"], "SILENT", 1.0)
    colours = ["#20a040", "#c03080", "#3060c0"]
    with Running(deepjscec.comparison_view(), ["sent", "bob", "eve"]) as window:

        def shares():
            shown = np.array_split(grabbed(window.view.widget), 3, axis=1)[0]
            return [share_of(shown, colour) > 0.3 for colour in colours]

        window.send(*[("sent", picture_pdu(flat(colour), number)) for number, colour in enumerate(colours)])
        window.wait_for("sent so far: 3")
        assert shares() == [False, False, True], "nobody has received anything, so the latest"
        window.send(("bob", picture_pdu(flat("#808080"), 0)))
        run_window(0.3)
        window.send(("eve", picture_pdu(flat("#808080"), 1)), ("sent", picture_pdu(flat("#3060c0"), 3)))
        window.wait_for("#1")
        assert shares() == [True, False, False], "what Bob received, whatever Eve and Alice do meanwhile"
        run_window(1.2)
        window.send(("eve", picture_pdu(flat("#808080"), 1)))
        run_window(0.3)
        assert shares() == [False, True, False], "Bob is silent, Eve is not"
        run_window(1.2)
        window.send(("sent", picture_pdu(flat("#3060c0"), 4)))
        window.wait_for("sent so far: 5")
        assert shares() == [False, False, True], "both are silent"


def test_a_picture_without_a_title_is_left_out():
    with Running(deepjscec.comparison_view(title_eve=""), ["bob", "eve"]) as window:
        window.send(("eve", picture_pdu(flat("#20a040"), 1)), ("bob", picture_pdu(flat("#c03080"), 2)))
        assert "Eve" not in window.wait_for("#2")
        shown = grabbed(window.view.widget)
    assert share_of(shown[:, shown.shape[1] // 2 :], "#c03080") > 0.4
    assert share_of(shown, "#20a040") == 0


def test_a_classifiers_answer_shows_instead_of_the_psnr():
    classes = ["cat", "ship"]
    probabilities = np.array([0.08, 0.92], np.float32)
    meta = {"image_id": 0, "height": 32, "width": 32} | MEASURED | label_fields(probabilities, classes)
    answer = make_pdu(meta, probabilities)
    with (
        Running(deepjscec.comparison_view(), ["sent", "bob"]) as window,
        Running(deepjscec.image_view(), ["images"]) as single,
    ):
        window.send(("sent", picture_pdu(flat("#c03080", 32), 0)))
        window.wait_for("sent so far: 1")
        window.send(("bob", answer))
        single.send(("images", answer))
        text = window.wait_for("ship, 92%")
        single.wait_for("ship, 92%")
        middle = np.array_split(grabbed(window.view.widget), 3, axis=1)[1]
    assert "PSNR" not in text
    assert "11/12 packets, after 0." in text
    assert share_of(middle, "#f4f6f8") > 0.2, "the card with a bar for each class"


def test_packets_are_counted_and_tell_their_snr_before_any_picture_arrives():
    with Running(deepjscec.comparison_view(), ["bob", "eve"]) as window:
        window.send(*[("bob", packet_pdu(snr_db)) for snr_db in (3.0, 4.0, -1.25)])
        text = window.wait_for("packets found: 3, the last at -1.2 dB")
    assert text.count("no picture yet") == 3
    assert window.view.get_stats() == {"bob_packets": 3}


def test_originals_are_found_however_far_behind_the_view_is():
    view = deepjscec.comparison_view()
    pictures = [noisy(flat("#909090", 8), 40, seed) for seed in range(10)]
    with Running(view, ["sent", "bob", "eve"]) as window:
        handled = threading.Event()
        take, view._take_sent = view._take_sent, lambda message: (handled.wait(10), take(message))
        for number, picture in enumerate(pictures):  # all queued behind the first
            window.send(*[(port, picture_pdu(picture, number)) for port in ("sent", "bob", "eve")])
        handled.set()
        window.send(("sent", make_pdu({}, np.zeros(1, np.uint8))))  # what is refused must not hold them up
        until = time.monotonic() + 10
        while view.get_stats().get("bob_matched", 0) + view.get_stats().get("eve_matched", 0) < 16:
            assert time.monotonic() < until, view.get_stats()
            run_window(0.05)
        assert not {"bob_unmatched", "eve_unmatched", "failed"} & view.get_stats().keys()


def test_a_view_of_nothing_is_refused():
    with pytest.raises(ValueError, match="title"):
        deepjscec.comparison_view("", "", "")


def test_a_role_that_falls_silent_is_said_to_be(monkeypatch):
    monkeypatch.setattr(sys.modules["gnuradio.deepjscec.comparison_view"], "SILENT", 1.0)
    with Running(deepjscec.comparison_view(), ["sent", "bob"]) as window:
        window.send(("bob", picture_pdu(flat("#c03080"), 2)))
        window.wait_for("#2")
        assert "no picture for" not in texts(window.view.widget)
        text = window.wait_for("no picture for")
        assert text.count("no picture for") == 1, "Alice and Eve were never heard"
        window.send(("bob", picture_pdu(flat("#c03080"), 3)))
        window.wait_for("#3")
        assert "no picture for" not in texts(window.view.widget)


NONSENSE = {
    "no PDU": pmt.intern("x"),
    "a transmitter's report": pmt.to_pmt({"image_id": 1, "pictures": 1}),
    "no number": make_pdu({"height": 8, "width": 8}, np.zeros(192, np.uint8)),
    "another size than said": make_pdu({"image_id": 0, "height": 8, "width": 9}, np.zeros(192, np.uint8)),
    "a codeword": make_pdu({"image_id": 0, "height": 8, "width": 8}, np.zeros(192, np.complex64)),
    "no pixels": make_pdu({"image_id": 0, "height": 0, "width": 8}, np.zeros(0, np.uint8)),
}


@pytest.mark.parametrize("what", NONSENSE)
@pytest.mark.parametrize("make", [deepjscec.image_view, deepjscec.comparison_view, deepjscec.history_view])
def test_nonsense_is_rejected_and_the_view_lives_on(make, what):
    port = "images" if make is deepjscec.image_view else "bob"
    with Running(make(), [port]) as window:
        window.send((port, NONSENSE[what]), (port, pmt.PMT_EOF), (port, picture_pdu(flat("#c03080"), 1)))
        until = time.monotonic() + 10
        while not {"shown", "bob_unmatched"} & window.view.get_stats().keys():
            assert time.monotonic() < until, window.view.get_stats()
            run_window(0.05)
        assert window.view.get_stats()["rejected"] == 1
        assert "failed" not in window.view.get_stats()


def test_psnr_is_computed_outside_the_windows_thread(monkeypatch):
    threads = []

    def watched(sent, received):
        threads.append(threading.get_ident())
        return psnr_db(sent, received)

    monkeypatch.setattr(live, "psnr_db", watched)
    with Running(deepjscec.comparison_view(), ["sent", "bob"]) as window:
        window.send(("sent", picture_pdu(flat("#909090"))), ("bob", picture_pdu(flat("#909191"))))
        window.wait_for("PSNR")
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


@pytest.mark.parametrize("name", ["image_view", "comparison_view", "history_view"])
def test_without_a_qt_application_a_view_says_so_instead_of_ending_the_process(name):
    code = f"""
from gnuradio import deepjscec
try:
    deepjscec.{name}()
except RuntimeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "QApplication" in done.stdout
