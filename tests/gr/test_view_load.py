# SPDX-License-Identifier: GPL-3.0-or-later
"""Views under a flood of updates: a bounded number of repaints, and flat memory."""

import threading
import time

import pytest
from gnuradio import deepjscec
from gnuradio.deepjscec._live_widget import LiveWidget

from tests.gr.qt_views import MEASURED, application, flat, noisy, packet_pdu, picture_pdu, run_window


@pytest.fixture(scope="module", autouse=True)
def qt():
    return application()


class CountingWidget(LiveWidget):
    def __init__(self):
        super().__init__()
        self.seen = []

    def refresh(self, latest):
        self.seen.append(latest)


def test_the_window_draws_the_latest_at_most_fifteen_times_a_second_and_nothing_while_hidden():
    widget = CountingWidget()
    for number in range(1000):
        widget.post("a", number)
    run_window(0.3)
    assert widget.seen == []
    widget.show()
    run_window(0.3)
    assert widget.seen == [{"a": 999}]
    started, number = time.monotonic(), 1000
    while time.monotonic() < started + 1.0:
        for _ in range(50):
            widget.post("a", number)
            widget.post("b", -number)
            number += 1
        run_window(0.01)
    elapsed = time.monotonic() - started
    run_window(0.2)
    assert 3 < len(widget.seen) <= 1 + 15 * elapsed + 2
    assert widget.seen[-1] == {"a": number - 1, "b": 1 - number}
    widget.close()


@pytest.mark.parametrize("make", [deepjscec.image_view, deepjscec.comparison_view, deepjscec.history_view])
def test_ten_thousand_updates_leave_memory_flat(make):
    single = make is deepjscec.image_view
    view = make()
    view.widget.resize(600, 400)
    view.widget.show()
    sent = noisy(flat("#909090", 32), 40)
    bob = noisy(sent, 8)

    def feed(first, last):
        for number in range(first, last):
            if single:
                view._take(picture_pdu(bob, number, **MEASURED))
                continue
            view._take_sent(picture_pdu(sent, number))
            view._take_bob(picture_pdu(bob, number, **MEASURED))
            view._take_eve(packet_pdu(30.0))

    def run(first, last):
        feeder = threading.Thread(target=feed, args=(first, last))
        feeder.start()
        while feeder.is_alive():
            run_window(0.05)
        run_window(0.2)
        return resident_bytes()

    before = run(0, 2000)
    after = run(2000, 12_000)
    view.widget.close()
    assert view.get_stats().get("bob_matched", view.get_stats().get("shown")) == 12_000
    assert after - before < 4 << 20, "10,000 pictures of 3 kB are 30 MB"


def resident_bytes():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return 1024 * int(line.split()[1])
