# SPDX-License-Identifier: GPL-3.0-or-later
"""Four programs with one radio channel between them: started in any order, killed and started again."""

import os
import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepjscec.app.demo_frames import demo_frames
from deepjscec.app.quality import psnr_db
from tests.gr.window import FLOWGRAPHS, compile_flowgraph, run_program
from tests.gr.zmq_programs import ROLES, Programs

SIDE, FRAMES = 128, 8
LOST = 2  # pictures at most, from when a program that was started again hears samples
BOUND = 64 << 20  # bytes that a publisher may grow while a subscriber stands still

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    return {role: compile_flowgraph(FLOWGRAPHS / f"zmq_{role}.grc", folder) for role in ROLES}


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    folder = tmp_path_factory.mktemp("video")
    for number, pixels in enumerate(demo_frames(FRAMES, SIDE)):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def running(compiled, video, tmp_path_factory):
    """Receivers first, then the channel, then the transmitter; each test leaves all four running."""
    with Programs(compiled, tmp_path_factory.mktemp("running"), video, SIDE) as programs:
        for role in ("bob", "eve", "channel", "alice"):
            programs.start(role)
        programs.wait_for(
            lambda: len(programs.pictures("bob")) > 1 and len(programs.pictures("eve")) > 1, "first pictures"
        )
        yield programs


def files_of(folder):
    """Pictures by id; Bob may be writing another at this moment."""
    pattern = re.compile(r"\w+_(\d+)\.png")
    return {int(pattern.fullmatch(path.name)[1]): path for path in sorted(folder.glob("*.png"))[:-1]}


def pixels_of(path):
    return np.asarray(Image.open(path).convert("RGB"))


def assert_goes_on(programs, since, role="bob"):
    """Of the pictures that Alice took in after `since`, s, `role` misses no more than the first `LOST`."""
    sent = programs.wait_for(
        lambda: len(ids := list(programs.pictures("alice", since))) > LOST + 1 and ids, "pictures of Alice"
    )
    expected = sent[LOST : LOST + 2]
    programs.wait_for(lambda: set(expected) <= set(programs.pictures(role, since)), f"pictures {expected} at {role}")
    quality = [programs.psnr_db(role, image_id, since) for image_id in expected]
    assert min(quality) > 24 if role == "bob" else max(quality) < 15, quality


@pytest.mark.parametrize(
    ("role", "option", "value", "message"),
    [
        ("alice", "--source", "nowhere.mp4", "nowhere.mp4"),
        ("alice", "--cipher", "nonsense", "cipher 'nonsense'"),
        ("alice", "--publish", "tcp://nonsense", "Invalid argument"),
        ("bob", "--key", "nowhere.key", "nowhere.key: cannot read"),
        ("channel", "--fading", "nonsense", "channel 'nonsense'"),
        ("eve", "--rate", "1/7", "1/7"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(compiled, tmp_path, role, option, value, message):
    done = run_program(compiled[role], tmp_path, option, value)
    assert done.returncode == 2
    assert done.stderr.startswith(f"zmq_{role}.py: ") and message in done.stderr and done.stderr.count("\n") == 1


def test_bob_writes_the_pictures_that_alice_sent_and_eve_does_not(running):
    running.wait_for(
        lambda: len(files_of(running.folder / "bob")) > 1 and len(files_of(running.folder / "eve")) > 1, "files"
    )
    sent, bob, eve = (files_of(running.folder / role) for role in ("alice", "bob", "eve"))
    for image_id in sorted(bob.keys() & sent.keys())[:2]:
        assert psnr_db(pixels_of(sent[image_id]), pixels_of(bob[image_id])) > 24
    for image_id in sorted(eve.keys() & sent.keys())[:2]:
        assert psnr_db(pixels_of(sent[image_id]), pixels_of(eve[image_id])) < 15
    assert sent.keys() & bob.keys() and sent.keys() & eve.keys()


@pytest.mark.parametrize("role", ["bob", "eve"])
def test_a_receiver_that_was_killed_comes_back(running, role):
    running.kill(role)
    killed = time.monotonic()
    running.start(role)
    assert_goes_on(running, running.hears_since(role, killed), role)


def test_bob_and_eve_go_on_after_the_channel_was_killed(running):
    running.kill("channel")
    killed = time.monotonic()
    running.start("channel")
    since = running.hears_since("channel", killed)
    assert_goes_on(running, since, "bob")
    assert_goes_on(running, since, "eve")
    running.wait_for(lambda: running.counters("bob").get("lost_samples", 0) > 0, "what was missed counted at Bob")


def test_bob_and_eve_go_on_after_alice_was_killed_in_a_new_session_with_ids_from_zero(running):
    running.kill("alice")
    killed = time.monotonic()
    running.start("alice")
    running.wait_for(lambda: running.pictures("alice", killed), "a picture of Alice")
    assert min(running.pictures("alice", killed)) == 0
    assert_goes_on(running, killed, "bob")
    assert_goes_on(running, killed, "eve")
    running.wait_for(lambda: running.counters("channel").get("stream_restarts", 0) == 1, "restart counted")


def test_memory_stays_bounded_while_bob_stands_still_and_what_he_missed_is_counted(running):
    lost = running.counters("bob").get("lost_samples", 0)
    before = resident(running.pid("channel"))
    os.kill(running.pid("bob"), signal.SIGSTOP)
    try:
        time.sleep(8)
        grown = resident(running.pid("channel")) - before
    finally:
        os.kill(running.pid("bob"), signal.SIGCONT)
    assert grown < BOUND
    running.wait_for(lambda: running.counters("bob").get("lost_samples", 0) > lost, "missing samples counted")
    assert_goes_on(running, time.monotonic(), "bob")


def resident(pid):
    """Bytes of a process in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_alice_may_start_first_and_ends_with_her_pictures(compiled, video, tmp_path):
    with Programs(compiled, tmp_path, video, SIDE) as programs:
        programs.start("alice")
        programs.wait_for(lambda: programs.pictures("alice"), "first picture of Alice")
        for role in ("channel", "eve", "bob"):
            programs.start(role)
        programs.wait_for(lambda: programs.pictures("bob") and programs.pictures("eve"), "pictures")
        assert_goes_on(programs, programs.hears_since("bob", 0.0))
        programs.end("alice")
        again = time.monotonic()
        programs.start("alice", "--repeat", 0, "--fps", 4)
        sent = programs.end("alice", ask=False)
        assert sent["sent"] + sent["dropped_late"] == FRAMES and sent["encoded"] == sent["sent"] > FRAMES // 2
        for role in ("bob", "eve"):
            programs.wait_for(
                lambda role=role: set(range(sent["sent"])) <= programs.pictures(role, again).keys(), f"all at {role}"
            )
        counters = {role: programs.end(role) for role in ("bob", "eve", "channel")}
        assert counters["bob"]["accepted"] >= sent["packets"] and counters["bob"]["failed_authentication"] == 0
        assert counters["bob"]["stream_restarts"] == counters["eve"]["stream_restarts"] == 1
