# SPDX-License-Identifier: GPL-3.0-or-later
"""Cameras and sockets: the newest frame, silence, and what breaks off and comes back."""

import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import zmq
from PIL import Image

from deepjscec.frames import open_frames
from tests.frames.playing import Played, grey

PERIOD = 0.02


def jpeg(number):
    buffer = io.BytesIO()
    Image.fromarray(grey(number)).save(buffer, "JPEG")
    return buffer.getvalue()


class Publisher:
    """Publishes frames 0, 1, 2, ... every PERIOD seconds."""

    def __init__(self, address, encode=lambda number: [jpeg(number)]):
        self._socket = zmq.Context.instance().socket(zmq.PUB)
        self._socket.linger = 0
        self._socket.bind(address)
        self.address = self._socket.last_endpoint.decode()
        self.published = 0
        self._encode, self._stop = encode, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.wait(PERIOD):
            self._socket.send_multipart(self._encode(self.published))
            self.published += 1

    def close(self):
        self._stop.set()
        self._thread.join()
        self._socket.close()


class Camera:
    """A network camera: motion JPEG over HTTP, a frame every PERIOD seconds; a `silent` one stops after 30."""

    def __init__(self, port=0, silent=False):
        camera = self
        self._stop, self.silent = threading.Event(), silent

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                number = 0
                try:
                    while not camera._stop.wait(PERIOD):
                        if number > 30 and camera.silent:
                            continue
                        data = jpeg(number)
                        head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                        self.wfile.write(head.encode() + data + b"\r\n")
                        number += 1
                except ConnectionError:
                    pass

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/video"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def closing():
    opened = []
    yield lambda thing: opened.append(thing) or thing
    for thing in opened:
        thing.close()


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_published_pictures_arrive(tmp_path, closing, transport):
    bind = "tcp://127.0.0.1:*" if transport == "tcp" else f"ipc://{tmp_path}/camera"
    publisher = closing(Publisher(bind))
    played = Played(open_frames(publisher.address)).until(lambda p: len(p.numbers) >= 20)
    assert played.stop() < 0.5
    assert not played.failures and set(played.numbers) <= set(range(20))


def test_slow_use_gets_the_newest_picture(closing):
    publisher = closing(Publisher("tcp://127.0.0.1:*", lambda number: [b"camera", jpeg(min(number, 100) // 10)]))
    played = Played(open_frames(publisher.address), work=0.5).until(lambda p: publisher.published > 110)
    had = len(played.numbers)
    played.until(lambda p: len(p.numbers) >= had + 2).stop()
    assert played.numbers[-1] == 10  # nothing older had been queued
    assert played.source.stats["late"] > 40


def test_publisher_may_come_later_and_come_back(closing):
    first = Publisher("tcp://127.0.0.1:*")
    address = first.address
    first.close()
    played = Played(open_frames(address))
    time.sleep(0.3)
    assert not played.numbers
    second = Publisher(address)
    played.until(lambda p: len(p.numbers) > 3)
    second.close()
    time.sleep(0.2)
    had = len(played.numbers)
    closing(Publisher(address))
    played.until(lambda p: len(p.numbers) > had + 3).stop()


def test_messages_that_are_no_pictures_are_told(closing):
    publisher = closing(Publisher("tcp://127.0.0.1:*", lambda n: [jpeg(n) if n % 2 else b"nonsense"]))
    played = Played(open_frames(publisher.address)).until(lambda p: p.failures and len(p.numbers) > 3)
    played.stop()
    assert all(publisher.address in failure for failure in played.failures)


def test_lower_rate_leaves_messages_out(closing):
    publisher = closing(Publisher("tcp://127.0.0.1:*"))
    played = Played(open_frames(publisher.address, fps=5)).until(lambda p: len(p.numbers) >= 8)
    played.stop()
    assert played.times[7] - played.times[0] > 7 * 0.2 - 0.15
    assert played.source.stats["skipped"] > 20


def test_silent_socket_does_not_hold_up_the_stop():
    played = Played(open_frames("tcp://127.0.0.1:1"))
    time.sleep(0.2)
    assert played.stop() < 0.5
    assert not played.numbers


@pytest.mark.parametrize("address", ["tcp://", "tcp://*:5555", "ipc://", "tcp://127.0.0.1:none"])
def test_bad_address_is_said_at_once(address):
    with pytest.raises(ValueError, match="socket") as error:
        open_frames(address)
    assert address in str(error.value)


def test_camera_frames_arrive_and_stop_is_quick(closing):
    pytest.importorskip("av")
    camera = closing(Camera())
    played = Played(open_frames(camera.url)).until(lambda p: len(p.numbers) >= 20)
    assert played.stop() < 0.5
    assert not played.failures


def test_silent_camera_does_not_hold_up_the_stop(closing):
    pytest.importorskip("av")
    camera = closing(Camera(silent=True))
    played = Played(open_frames(camera.url)).until(lambda p: p.numbers)
    time.sleep(1)
    assert played.stop() < 0.5


def test_camera_that_breaks_off_is_counted_and_tried_again(closing):
    pytest.importorskip("av")
    camera = Camera()
    played = Played(open_frames(camera.url)).until(lambda p: len(p.numbers) > 3)
    camera.close()
    played.until(lambda p: p.source.stats["failed"] >= 2)
    assert len(played.warnings) == 1 and camera.url in played.warnings[0]  # one line for the whole outage
    had = len(played.numbers)
    closing(Camera(camera.port))
    played.until(lambda p: len(p.numbers) > had + 3).stop()


def test_absent_camera_is_said_at_once():
    pytest.importorskip("av")
    with pytest.raises(OSError, match=r"127\.0\.0\.1:1/video: Connection refused"):
        open_frames("http://127.0.0.1:1/video")


def test_a_device_that_is_no_camera_is_said_at_once():
    pytest.importorskip("av")
    with pytest.raises(OSError, match="/dev/null"):
        open_frames("/dev/null")
