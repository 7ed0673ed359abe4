# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec live` without a browser: what it makes of the telemetry, and how its server answers."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from deepjscec.app.live_view.server import MOST_VIEWERS, PAGES, LiveServer, is_local
from deepjscec.app.live_view.state import HISTORY, IDENTICAL_DB, LiveState
from deepjscec.app.quality import psnr_db
from deepjscec.cli import main
from deepjscec.telemetry import Picture, Publisher, Status, encode_picture

SENT = np.random.default_rng(5).integers(0, 256, (40, 60, 3), np.uint8)
RECEIVED = np.clip(SENT.astype(int) + np.random.default_rng(6).integers(-9, 10, SENT.shape), 0, 255).astype(np.uint8)


def picture(role, pixels=SENT, image_id=0, seconds=0.0, **known):
    blob, reduced = encode_picture(pixels)
    return Picture(role, image_id, *pixels.shape[:2], round(1e9 * seconds), blob, reduced, **known)


@contextmanager
def serving(state, host="127.0.0.1"):
    server = LiveServer(host, 0, state)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def get(server, path, host=None, method="GET"):
    """(status, headers, body) of a request; `host` is the header Host."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
    try:
        connection.request(method, path, headers={} if host is None else {"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


class Events:
    """A page's stream of events."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
        self.connection.request("GET", "/events")
        self.answer = self.connection.getresponse()

    def next(self):
        assert self.answer.status == 200
        line = self.answer.readline()
        assert self.answer.readline() == b"\n" and line.startswith(b"data: ")
        return json.loads(line.removeprefix(b"data: "))

    def close(self):
        self.answer.close()
        self.connection.close()


# --- what is made of the messages -------------------------------------------------------------------------------------


def test_received_pictures_are_measured_against_the_one_of_their_id():
    state = LiveState()
    state.take(picture("alice", SENT, 3, 10.0))
    state.take(picture("alice", 255 - SENT, 4, 11.0))
    state.take(picture("bob", RECEIVED, 3, 10.4, snr_db=8.5, packets_received=11, packets_sent=12))
    state.take(picture("eve", SENT, 4, 11.25))
    bob, eve = (state.snapshot()["roles"][role]["picture"] for role in ("bob", "eve"))
    assert bob["psnr_db"] == pytest.approx(psnr_db(SENT, RECEIVED))
    assert bob["latency_s"] == pytest.approx(0.4)
    assert (bob["snr_db"], bob["packets_received"], bob["packets_sent"]) == (8.5, 11, 12)
    assert eve["psnr_db"] == pytest.approx(psnr_db(255 - SENT, SENT))


def test_without_alice_there_is_snr_but_neither_psnr_nor_latency():
    state = LiveState()
    state.take(picture("bob", snr_db=3.0))
    bob = state.snapshot()["roles"]["bob"]["picture"]
    assert (bob["snr_db"], bob["psnr_db"], bob["latency_s"]) == (3.0, None, None)


def test_equal_pictures_stay_valid_json():
    state = LiveState()
    for role in ("alice", "bob"):
        state.take(picture(role))
    assert state.snapshot()["roles"]["bob"]["picture"]["psnr_db"] == IDENTICAL_DB
    json.dumps(state.snapshot(), allow_nan=False)


def test_clocks_of_two_machines_give_no_latency():
    state = LiveState()
    state.take(picture("alice", seconds=5e5))
    state.take(picture("bob", seconds=10.0))
    state.take(picture("eve", seconds=6e5))
    for role in ("bob", "eve"):
        assert state.snapshot()["roles"][role]["picture"]["latency_s"] is None


def test_large_pictures_that_were_reduced_have_no_psnr():
    state = LiveState()
    large = np.zeros((1500, 1500, 3), np.uint8)
    for role in ("alice", "bob"):
        state.take(picture(role, large))
    bob = state.snapshot()["roles"]["bob"]["picture"]
    assert (bob["height"], bob["psnr_db"], bob["latency_s"]) == (1500, None, 0.0)


def test_classification_is_passed_on_beside_a_card_of_another_size():
    state = LiveState()
    state.take(picture("alice"))
    state.take(picture("bob", np.zeros((30, 220, 3), np.uint8), label="ship", confidence=0.75))
    bob = state.snapshot()["roles"]["bob"]["picture"]
    assert (bob["label"], bob["confidence"], bob["psnr_db"]) == ("ship", 0.75, None)


def test_roles_tell_how_long_they_have_been_silent():
    state = LiveState()
    state.take(Status("bob", 0, {"packets": 4}), now=100.0)
    roles = state.snapshot(now=112.5)["roles"]
    assert roles["bob"] == {"counters": {"packets": 4}, "heard_ago_s": 12.5}
    assert roles["channel"] == {"heard_ago_s": None}


def test_broken_picture_changes_nothing():
    state = LiveState()
    state.take(picture("bob", snr_db=1.0), now=5.0)
    before = state.snapshot(now=6.0)
    with pytest.raises(ValueError, match="picture 9 of bob"):
        state.take(Picture("bob", 9, 40, 60, 0, b"no picture"), now=6.0)
    assert state.snapshot(now=6.0) == before


def test_history_is_bounded_and_told_piece_by_piece():
    state = LiveState()
    tiny = np.zeros((1, 1, 3), np.uint8)
    for number in range(HISTORY + 50):
        state.take(picture("bob", tiny, number, snr_db=float(number % 20)))
    whole = state.snapshot()
    assert len(whole["points"]) == HISTORY and whole["last_point"] == HISTORY + 50
    state.take(picture("eve", tiny, 1, snr_db=7.0))
    (point,) = state.snapshot(whole["last_point"])["points"]
    assert (point["role"], point["snr_db"]) == ("eve", 7.0)


# --- how the server answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_page_is_served_with_its_policy(path):
    with serving(LiveState()) as server:
        status, headers, body = get(server, path)
        assert status == 200 and body
        assert headers["Content-Type"].partition(";")[0] == PAGES[path][1]
        assert int(headers["Content-Length"]) == len(body)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert get(server, path, method="HEAD")[::2] == (200, b"")


def test_pages_name_no_other_host():
    with serving(LiveState()) as server:
        for path in PAGES:
            body = get(server, path)[2].decode().replace("http://www.w3.org/2000/svg", "")
            assert "http:" not in body and "https:" not in body and 'src="//' not in body


def test_state_and_pictures_are_served():
    state = LiveState()
    sent = picture("alice")
    state.take(sent)
    state.take(Status("channel", 0, {"snr_db": 9.5}))
    with serving(state) as server:
        roles = json.loads(get(server, "/state.json")[2])["roles"]
        assert roles["channel"]["counters"] == {"snr_db": 9.5}
        status, headers, body = get(server, f"/picture/alice?{roles['alice']['picture']['number']}")
        assert (status, headers["Content-Type"], body) == (200, "image/png", sent.blob)
        for path in ("/picture/bob", "/picture/", "/picture/alice/x", "/../state.json", "/page.html", "/server.py"):
            assert get(server, path)[0] == 404, path
        assert get(server, "/state.json", method="POST")[0] == 501


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.x:1", "", "["]
)
def test_page_under_a_foreign_name_is_refused(host):
    """DNS rebinding: a site's own name that leads here would let its scripts read Alice's pictures."""
    state = LiveState()
    state.take(picture("alice"))
    with serving(state) as server:
        for path in ("/", "/state.json", "/events", "/picture/alice"):
            assert get(server, path, host)[0] == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9000", "127.0.0.1:8080", "[::1]", "[::1]:8080", "192.168.1.5:80"]
)
def test_own_names_and_addresses_are_taken(host):
    with serving(LiveState()) as server:
        assert get(server, "/state.json", host)[0] == 200


def test_changes_are_told_at_once_and_silence_every_second():
    state = LiveState()
    with serving(state) as server:
        events = Events(server)
        assert events.next()["roles"]["bob"] == {"heard_ago_s": None}
        state.take(picture("bob", snr_db=2.0))
        told = events.next()
        assert told["roles"]["bob"]["picture"]["snr_db"] == 2.0 and len(told["points"]) == 1
        again = events.next()  # nothing new, after a second
        assert again["number"] == told["number"] and again["points"] == []
        assert again["roles"]["bob"]["heard_ago_s"] > told["roles"]["bob"]["heard_ago_s"]
        events.close()


def test_one_viewer_too_many_is_told_so_and_a_place_becomes_free():
    state = LiveState()
    with serving(state) as server:
        viewers = [Events(server) for _ in range(MOST_VIEWERS)]
        for viewer in viewers:
            viewer.next()
        assert Events(server).answer.status == 503
        assert get(server, "/state.json")[0] == 200
        viewers[0].close()
        end = time.monotonic() + 30
        while (late := Events(server)).answer.status != 200:
            assert time.monotonic() < end
            late.close()
            time.sleep(0.1)
        for viewer in [*viewers[1:], late]:
            viewer.close()


def test_end_of_the_server_ends_the_event_streams():
    with serving(LiveState()) as server:
        events = Events(server)
        events.next()
    assert events.answer.read() == b"" or events.answer.isclosed()
    events.close()


@pytest.mark.parametrize(
    "host, local",
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_hosts_that_others_reach_are_known(host, local):
    assert is_local(host) is local


# --- the command ------------------------------------------------------------------------------------------------------


@contextmanager
def command(*arguments):
    """The running command and its first line, (process, line)."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "deepjscec.cli", "live", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_shows_what_is_published_until_it_is_told_to_end(number, tmp_path):
    with command("--port", "0", "--telemetry", f"ipc://{tmp_path}/telemetry") as (process, line):
        url, _, address, *_ = line.split()
        publisher = Publisher("bob", address)
        connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=30)
        end = time.monotonic() + 30
        while True:
            publisher.status({"packets": 12})
            connection.request("GET", "/state.json")
            if json.loads(connection.getresponse().read())["roles"]["bob"].get("counters") == {"packets": 12}:
                break
            assert time.monotonic() < end
            time.sleep(0.05)
        publisher.close()
        connection.close()
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""


def test_open_doors_are_warned_of_in_one_line_each():
    with command("--port", "0", "--bind", "0.0.0.0", "--telemetry", "tcp://0.0.0.0:*") as (process, line):
        assert line.startswith("http://0.0.0.0:")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        said = process.stderr.read().splitlines()
    assert len(said) == 2 and all(one.startswith("deepjscec live: warning: whoever reaches ") for one in said)
    assert "sees the pictures" in said[0] and "can send pictures" in said[1]


def test_taken_port_is_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["live", "--port", str(port), "--telemetry", "tcp://127.0.0.1:*"]) == 2
    assert capsys.readouterr().err == f"deepjscec: cannot serve at 127.0.0.1 port {port}: Address already in use\n"


def test_taken_telemetry_address_is_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        assert main(["live", "--port", "0", "--telemetry", address]) == 2
    assert capsys.readouterr().err == f"deepjscec: telemetry address {address}: Address already in use\n"


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["--bind", "192.0.2.1"], "deepjscec: cannot serve at 192.0.2.1 port 0: Cannot assign requested address"),
        (["--telemetry", "5599"], "deepjscec: telemetry address '5599' is not such as tcp://127.0.0.1:5599"),
    ],
)
def test_bad_input_is_one_line(arguments, complaint, capsys):
    assert main(["live", "--port", "0", "--telemetry", "tcp://127.0.0.1:*", *arguments]) == 2
    assert capsys.readouterr().err == f"{complaint}\n"


@pytest.mark.parametrize("port", ["-1", "65536", "x", "8080.0"])
def test_bad_port_is_one_line(port, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["live", f"--port={port}"])
    assert capsys.readouterr().err.endswith(f"{port!r} is not a port from 0 to 65535\n")
