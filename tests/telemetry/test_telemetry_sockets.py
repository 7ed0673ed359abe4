# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishers and a subscriber: in any order, never waiting, in bounded memory."""

import socket
import threading
import time

import numpy as np
import pytest
import zmq

from deepjscec.telemetry import Picture, Publisher, Status, Subscriber
from deepjscec.telemetry.sockets import QUEUED, check_address, stays_here

PIXELS = np.random.default_rng(3).integers(0, 256, (40, 60, 3), np.uint8)
FREE = "tcp://127.0.0.1:*"


@pytest.fixture
def make_publisher():
    made = []

    def make(role, address):
        made.append(Publisher(role, address))
        return made[-1]

    yield make
    for publisher in made:
        publisher.close()


def hear(subscriber, say, seconds=20):
    """The first message of what `say` keeps saying."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        say()
        if (message := subscriber.receive(0.05)) is not None:
            return message
    raise AssertionError("nothing was heard")


def test_picture_and_counters_arrive(make_publisher):
    with Subscriber(FREE) as subscriber:
        bob = make_publisher("bob", subscriber.address)
        hear(subscriber, lambda: bob.status({}))
        before = time.monotonic_ns()
        meta = {"image_id": 9, "snr_db": 8.5, "packets_received": 3, "packets_sent": 4, "rate_index": 2}
        bob.picture(9, PIXELS, meta)
        bob.status({"lost": np.int64(2), "factor": np.float32(1.5), "name": "x", "bad": float("nan"), "huge": 10**30})
        messages = []
        while len(messages) < 2:
            message = subscriber.receive(10)
            assert message is not None
            if message != Status("bob", message.time_ns, {}):  # more of the first ones
                messages.append(message)
        picture, status = messages
    assert isinstance(picture, Picture) and before <= picture.time_ns <= time.monotonic_ns()
    assert (picture.role, picture.image_id, picture.height, picture.width) == ("bob", 9, 40, 60)
    assert (picture.snr_db, picture.packets_received, picture.packets_sent) == (8.5, 3, 4)
    assert status.counters == {"lost": 2, "factor": 1.5}, "numbers alone, and those that JSON holds"


def test_who_starts_first_does_not_matter(make_publisher):
    with Subscriber(FREE) as subscriber:
        address = subscriber.address
    alice = make_publisher("alice", address)
    alice.status({"before": 1})
    for _ in range(2):  # ... nor does a viewer that is started again
        with Subscriber(address) as subscriber:
            assert hear(subscriber, lambda: alice.status({"after": 1})).counters == {"after": 1}


def test_publisher_never_waits_for_a_listener(make_publisher):
    """Neither for one that is absent nor for one that takes nothing; and it keeps little for either."""
    context = zmq.Context()
    deaf = context.socket(zmq.SUB)
    deaf.setsockopt(zmq.RCVHWM, 1)
    deaf.setsockopt(zmq.RCVBUF, 4096)
    deaf.setsockopt(zmq.SUBSCRIBE, b"")
    try:
        port = deaf.bind_to_random_port("tcp://127.0.0.1")
        eve = make_publisher("eve", f"tcp://127.0.0.1:{port}")
        end = time.monotonic() + 20
        while not deaf.poll(50):
            assert time.monotonic() < end
            eve.status({})
        done = threading.Event()

        def flood():
            for number in range(500):
                eve.picture(number, PIXELS)
            done.set()

        threading.Thread(target=flood, daemon=True).start()
        assert done.wait(60)
        kept = 0
        while deaf.poll(300):
            kept += deaf.recv_multipart()[0].endswith(b"picture")
        # besides the queues of both ends the kernel's buffers hold some of 7 kB each
        assert QUEUED <= kept < 450
    finally:
        context.destroy(linger=0)


def test_what_is_no_message_is_counted_and_nothing_more():
    context = zmq.Context()
    with Subscriber(FREE) as subscriber:
        try:
            socket = context.socket(zmq.PUB)
            socket.connect(subscriber.address)
            end = time.monotonic() + 20
            while not subscriber.stats["refused"]:
                assert time.monotonic() < end
                socket.send_multipart([b"deepjscec/1/bob/status", b"nonsense", b""])
                socket.send_multipart([b"something/else", b"{}", b""])  # not even subscribed to
                assert subscriber.receive(0.05) is None
            assert subscriber.stats["received"] == 0
        finally:
            context.destroy(linger=0)


def test_taken_address_is_one_clear_line():
    with Subscriber(FREE) as subscriber, pytest.raises(OSError, match=f"{subscriber.address}: Address already in use$"):
        Subscriber(subscriber.address)


def test_a_file_at_an_address_is_left_alone_and_a_viewer_there_is_not_replaced(tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    with pytest.raises(OSError, match="a file is there"):
        Subscriber(f"ipc://{precious}")
    assert precious.read_text() == "mine"
    address = f"ipc://{tmp_path / 'viewer'}"
    with Subscriber(address), pytest.raises(OSError, match="Address already in use"):
        Subscriber(address)
    with socket.socket(socket.AF_UNIX) as gone:  # a program that did not tidy up
        gone.bind(str(tmp_path / "left"))
    with Subscriber(f"ipc://{tmp_path / 'left'}"):
        pass


def test_unknown_role_is_refused():
    with pytest.raises(ValueError, match="unknown role 'carol': choose from alice, bob, eve, channel"):
        Publisher("carol", "tcp://127.0.0.1:5599")


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1:5599", "tcp://localhost", "tcp://h:99999", "http://x:1", "tcp://a b:1"]
)
def test_bad_address_is_refused(address):
    for make in (Subscriber, lambda bad: Publisher("bob", bad)):
        with pytest.raises(ValueError, match="is not such as tcp://127"):
            make(address)


@pytest.mark.parametrize(
    "address, local",
    [
        ("tcp://127.0.0.1:5599", True),
        ("tcp://localhost:5599", True),
        ("tcp://[::1]:5599", True),
        ("ipc:///tmp/x", True),
        ("tcp://*:5599", False),
        ("tcp://0.0.0.0:5599", False),
        ("tcp://192.168.1.5:5599", False),
        ("tcp://127.0.0.1.example.com:5599", False),
        ("tcp://[::]:5599", False),
    ],
)
def test_addresses_that_others_reach_are_known(address, local):
    assert stays_here(check_address(address)) is local


def test_ipv6_works_where_the_machine_has_it(make_publisher):
    try:
        subscriber = Subscriber("tcp://[::1]:*")
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
    with subscriber:
        bob = make_publisher("bob", subscriber.address)
        assert hear(subscriber, lambda: bob.status({"a": 1})).counters == {"a": 1}


def test_closed_publisher_says_nothing_more():
    publisher = Publisher("bob", "tcp://127.0.0.1:5599")
    publisher.close()
    publisher.status({"a": 1})
    publisher.close()
