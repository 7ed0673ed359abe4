# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of `deepjscec live` in a headless Chromium."""

import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from deepjscec.app.live_view.command import take_one
from deepjscec.app.live_view.server import LiveServer
from deepjscec.app.live_view.state import LiveState
from deepjscec.telemetry import Publisher, Subscriber
from tests.app.browser import NEEDS_BROWSER, Browser, has_browser

pytestmark = pytest.mark.skipif(not has_browser(), reason=NEEDS_BROWSER)

COLOURS = {"alice": (200, 30, 30), "bob": (190, 40, 30), "eve": (20, 20, 220)}
PIXEL = """
const image = document.querySelector(`#${arguments[0]} img`);
const canvas = document.createElement("canvas");
[canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
const context = canvas.getContext("2d");
context.drawImage(image, 0, 0);
return [...context.getImageData(5, 5, 1, 1).data.slice(0, 3)];
"""


class Viewer:
    """The view with a subscriber of its own, as the command has it, and publishers of all roles."""

    def __init__(self, state, server, address):
        self.state, self.url = state, server.url
        self.publishers = {role: Publisher(role, address) for role in (*COLOURS, "channel")}

    def publish(self, image_id, colours=COLOURS, counters=None):
        """A picture of each role in `colours`, and counters of all roles."""
        for role, colour in colours.items():
            known = {} if role == "alice" else {"snr_db": 9.5, "packets_received": 11, "packets_sent": 12}
            self.publishers[role].picture(image_id, np.full((40, 60, 3), colour, np.uint8), known)
        for publisher in self.publishers.values():
            publisher.status(counters or {"packets": image_id})


@contextmanager
def viewing():
    state = LiveState()
    with Subscriber("tcp://127.0.0.1:*") as telemetry, LiveServer("127.0.0.1", 0, state) as server:
        ended = threading.Event()

        def listen():
            while not ended.is_set():
                take_one(telemetry, state)

        threads = [threading.Thread(target=listen), threading.Thread(target=server.serve_forever, args=(0.05,))]
        for thread in threads:
            thread.start()
        viewer = Viewer(state, server, telemetry.address)
        try:
            yield viewer
        finally:
            ended.set()
            server.shutdown()
            for thread in threads:
                thread.join()
            for publisher in viewer.publishers.values():
                publisher.close()


def publish_until(viewer, browser, script, image_id, **options):
    """Pictures under this id until the page's `script` says true."""
    end = time.monotonic() + 40
    while not browser.run(script):
        assert time.monotonic() < end, script
        viewer.publish(image_id, **options)
        time.sleep(0.2)


def text(browser, role, field):
    return browser.run(f"""return document.querySelector('#{role} [data-field="{field}"]').textContent""")


def has_pictures(image_id):
    return f"return document.querySelectorAll('img[data-image-id=\"{image_id}\"]').length === 3"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_page_shows_three_pictures_and_counters_that_move(tmp_path, dark):
    with viewing() as viewer, Browser(tmp_path, dark=dark) as browser:
        browser.open(viewer.url)
        assert text(browser, "bob", "heard") in ("–", "nothing yet")
        publish_until(viewer, browser, has_pictures(3), 3)
        for role, colour in COLOURS.items():
            assert tuple(browser.run(PIXEL, role)) == colour
        assert text(browser, "bob", "psnr") == "29.9 dB"  # of errors of 10, 10 and 0: 10 lg(255^2 / (200 / 3))
        assert text(browser, "eve", "psnr") == "4.5 dB"
        assert text(browser, "bob", "snr") == "9.5 dB"
        assert text(browser, "bob", "packets") == "11 of 12"
        assert text(browser, "bob", "latency").endswith(" s")
        assert text(browser, "alice", "size") == "60 × 40"
        counted = "return document.querySelector('#{}_counters td')?.textContent === '{}'"
        for number in (3, 4):
            for role in (*COLOURS, "channel"):
                publish_until(viewer, browser, counted.format(role, number), number)
        browser.until(has_pictures(4))
        schemes = browser.run(
            "return [matchMedia('(prefers-color-scheme: dark)').matches, "
            "getComputedStyle(document.body).backgroundColor]"
        )
        assert schemes == [dark, "rgb(17, 22, 27)" if dark else "rgb(243, 245, 247)"]
        browser.screenshot(tmp_path / "page.png")
        assert browser.log() == [], "nothing failed, nothing broke the page's own policy"


def test_charts_draw_bob_and_eve(tmp_path):
    drawn = """
    const canvas = document.getElementById("psnr_chart");
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    const near = (at, rgb) => rgb.every((value, i) => Math.abs(data[at + i] - value) < 12);
    let [bob, eve] = [0, 0];
    for (let at = 0; at < data.length; at += 4) {
      bob += near(at, [11, 107, 203]) && data[at + 3] > 200;
      eve += near(at, [194, 65, 12]) && data[at + 3] > 200;
    }
    return bob > 20 && eve > 20;
    """
    with viewing() as viewer, Browser(tmp_path) as browser:
        browser.open(viewer.url)
        browser.until("return document.getElementById('psnr_chart').width > 0")
        assert not browser.run(drawn)
        publish_until(viewer, browser, drawn, 1)


def test_silent_role_is_plain_to_see_while_others_go_on(tmp_path):
    with viewing() as viewer, Browser(tmp_path) as browser:
        browser.open(viewer.url)
        publish_until(viewer, browser, has_pictures(1), 1)
        bob = viewer.publishers.pop("bob")
        others = {role: colour for role, colour in COLOURS.items() if role != "bob"}
        silent = "return document.getElementById('bob').classList.contains('silent')"
        publish_until(viewer, browser, silent, 2, colours=others)
        assert text(browser, "bob", "heard").startswith("silent, last heard ")
        assert text(browser, "eve", "heard") == "now"
        viewer.publishers["bob"] = bob
        publish_until(viewer, browser, silent.replace("return ", "return !"), 3)
        assert text(browser, "bob", "heard") == "now"


def test_text_from_the_network_stays_text(tmp_path):
    with viewing() as viewer, Browser(tmp_path) as browser:
        browser.open(viewer.url)
        card = np.zeros((40, 60, 3), np.uint8)
        label = "<img src=x onerror=window.broken=1>"
        end = time.monotonic() + 40
        while label not in text(browser, "bob", "image_id"):
            assert time.monotonic() < end
            viewer.publishers["bob"].picture(1, card, {"label": label, "confidence": 0.5})
            time.sleep(0.2)
        assert browser.run("return window.broken === undefined")
        assert browser.run("return document.querySelectorAll('img').length") == 3


def test_page_says_when_the_server_has_gone(tmp_path):
    with Browser(tmp_path) as browser:
        with viewing() as viewer:
            browser.open(viewer.url)
            browser.until("return document.getElementById('connection').textContent === 'connected'")
        browser.until("return document.getElementById('connection').textContent.startsWith('connection lost')")


@pytest.mark.slow
def test_page_and_server_stay_of_one_size_under_a_fast_stream(tmp_path):
    """Some thousand pictures: points and elements of the page are as many as before, and it shows the latest."""
    with viewing() as viewer, Browser(tmp_path) as browser:
        browser.open(viewer.url)
        publish_until(viewer, browser, has_pictures(1), 1)
        elements = browser.run("return document.querySelectorAll('*').length")
        for image_id in range(2, 1002):
            viewer.publish(image_id)
            time.sleep(0.005)
        publish_until(viewer, browser, has_pictures(2000), 2000)
        assert browser.run("return document.querySelectorAll('*').length") == elements
        assert len(viewer.state.snapshot()["points"]) <= 2400
