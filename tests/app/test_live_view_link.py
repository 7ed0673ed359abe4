# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole road: the demo photograph through the simulated radio, telemetry blocks, `deepjscec live`, a browser.

Where the environment variable DEEPJSCEC_SCREENSHOTS names a folder, the link runs two minutes over a channel that comes
and goes, and the page's picture is written there: docs/images/live_view.png is made so.
"""

import math
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from gnuradio import blocks, deepjscec, gr

from tests.app.browser import NEEDS_BROWSER, Browser, has_browser

ROOT = Path(__file__).parents[2]
SCREENSHOTS = os.environ.get("DEEPJSCEC_SCREENSHOTS", "")
SAMPLE_RATE = 1e6


class Link(gr.top_block):
    """Alice, a channel each to Bob and Eve, and the telemetry of all, at the pace of a radio."""

    def __init__(self, address):
        gr.top_block.__init__(self, "telemetry", catch_exceptions=True)
        key = deepjscec.fresh_key()
        self.source = deepjscec.image_source(interval=4.0, repeat=True)
        self.alice, self.bob = deepjscec.secure_transmitter(key), deepjscec.secure_receiver(key)
        self.eve = deepjscec.eavesdropper_receiver()
        self.pace = blocks.throttle(gr.sizeof_gr_complex, SAMPLE_RATE)
        self.channel = deepjscec.simulated_channel("awgn", 10.0, 2000.0)
        self.eve_channel = deepjscec.simulated_channel("awgn", 30.0, -2000.0)
        self.publishers = []
        self.connect(self.alice, self.pace, self.channel, self.bob)
        self.connect(self.pace, self.eve_channel, self.eve)
        self.msg_connect(self.source, "images", self.alice, "images")
        for role, pictures, counted in (
            ("alice", self.source, self.alice),
            ("bob", self.bob, self.bob),
            ("eve", self.eve, self.eve),
        ):
            stats = deepjscec.real_time_factor(counted.get_stats, SAMPLE_RATE)
            self.publishers.append(deepjscec.telemetry_publisher(role, address, 0.5, stats))
            self.msg_connect(pictures, "images", self.publishers[-1], "images")


@contextmanager
def live(address):
    """The command; gives the page's address."""
    command = [sys.executable, "-u", "-m", "deepjscec.cli", "live", "--port", "0", "--telemetry", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().split()[0]
        finally:
            process.terminate()


def change_channel(link, seconds):
    begin = time.monotonic()
    while (passed := time.monotonic() - begin) < seconds:
        link.channel.set_snr_db(10 + 6 * math.sin(passed / 8))
        time.sleep(0.5)


@pytest.mark.slow
@pytest.mark.skipif(not has_browser(), reason=NEEDS_BROWSER)
def test_photograph_sent_by_radio_is_seen_and_measured_in_the_browser(tmp_path):
    address = f"ipc://{tmp_path}/telemetry"
    (tmp_path / "profile").mkdir()
    with live(address) as url, Browser(tmp_path / "profile", (1280, 1080)) as browser:
        browser.open(url)
        link = Link(address)
        link.start()
        try:
            browser.until(
                "return ['bob', 'eve'].every((role) => document.querySelector("
                "`#${role} [data-field=psnr]`).textContent.endsWith('dB')) && document.images.length === 3"
                " && [...document.images].every((image) => image.naturalWidth === 512)",
                120,
            )
            seen = {
                (role, field): browser.run(
                    f"return document.querySelector('#{role} [data-field=\"{field}\"]').textContent"
                )
                for role in ("bob", "eve")
                for field in ("psnr", "snr", "packets", "latency", "heard")
            }
            if SCREENSHOTS:
                change_channel(link, 130)
                browser.screenshot(Path(ROOT, SCREENSHOTS, "live_view.png"))
        finally:
            link.stop()
            link.wait()
        assert browser.log() == []
    assert float(seen["bob", "psnr"].split()[0]) > 30 and float(seen["eve", "psnr"].split()[0]) < 10
    assert abs(float(seen["bob", "snr"].split()[0]) - 10) < 1 and abs(float(seen["eve", "snr"].split()[0]) - 30) < 1
    for role in ("bob", "eve"):
        received, _, sent = seen[role, "packets"].split()
        assert received == sent and int(sent) > 1
        assert 0 < float(seen[role, "latency"].split()[0]) < 60
        assert seen[role, "heard"] == "now"
    assert all(not publisher.get_stats().get("failed") for publisher in link.publishers)
