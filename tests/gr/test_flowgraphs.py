# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowgraphs that people open: they compile without a complaint, run, and Bob's picture arrives."""

import subprocess
import sys
import threading

import numpy as np
import pytest
import yaml
from PIL import Image

from deepjscec.app.pictures import default_picture, load_picture, png_bytes
from deepjscec.app.quality import psnr_db
from tests.gr.window import FLOWGRAPHS, NEEDS_XVFB, compile_flowgraph, has_xvfb, run_program, run_window

ALL = sorted(FLOWGRAPHS.glob("*.grc"))
WINDOW = pytest.mark.skipif(not has_xvfb(), reason=NEEDS_XVFB)
HISTORY = "video_sim_history.png"  # among screenshots
LINK = {"sent": ["source", "images"], "bob": ["bob", "images"], "eve": ["eve", "images"]}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Compiles a flowgraph, by its name, once."""
    folder = tmp_path_factory.mktemp("programs")
    made = {}

    def compiled(name):
        if name not in made:
            made[name] = compile_flowgraph(FLOWGRAPHS / f"{name}.grc", folder)
        return made[name]

    return compiled


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.stem)
def test_flowgraph_compiles(path, program):
    assert program(path.stem).exists()


@pytest.mark.parametrize("path", ALL, ids=lambda p: p.stem)
def test_flowgraph_says_what_it_shows_and_keeps_its_blocks(path):
    flowgraph = yaml.safe_load(path.read_text())
    assert flowgraph["options"]["parameters"]["id"] == path.stem
    assert flowgraph["options"]["parameters"]["description"]
    notes = [block["parameters"] for block in flowgraph["blocks"] if block["id"] == "note"]
    assert any(note["note"] and len(note["comment"]) > 80 for note in notes)
    assert all(block["states"]["state"] in ("enabled", True) for block in flowgraph["blocks"])


def quality(seen, role):
    """PSNR of each picture of a role that Alice's tap saw, too."""
    sent = seen.pictures["sent"]
    found = {number: psnr_db(sent[number][1], pixels) for number, (_, pixels) in seen.pictures[role].items()}
    assert found
    return np.array(list(found.values()))


def colourful(shot):
    """The share of a window's picture that is no grey of frames and texts."""
    pixels = shot.astype(int)
    return (pixels.max(axis=2) - pixels.min(axis=2) > 60).mean()


@WINDOW
def test_loopback_sim_shows_pictures_as_they_arrive(program, tmp_path):
    seen = run_window(program("loopback_sim"), tmp_path, LINK, least=2)
    assert quality(seen, "bob").min() > 30 and quality(seen, "eve").max() < 12
    meta, _ = seen.pictures["bob"][0]
    assert meta["snr_db"] == pytest.approx(10, abs=0.5) and meta["packets_received"] == meta["packets_sent"] == 12
    assert seen.stats["sent"]["unreported"] == 0 and seen.stats["sent"]["in_flight"] <= 1
    assert seen.shot.shape[0] <= 1024 and seen.shot.shape[1] <= 1280
    assert colourful(seen.shot) > 0.08, "three pictures cover more of the window than this"


@WINDOW
def test_sliders_of_loopback_sim_reach_the_channels(program, tmp_path):
    sliders = {"snr_db": 2, "eve_snr_db": 20, "cfo_hz": -4000}
    seen = run_window(program("loopback_sim"), tmp_path, LINK, least=2, settings=sliders, shot_name="")
    last = max(seen.pictures["bob"])
    assert seen.pictures["bob"][last][0]["snr_db"] == pytest.approx(2, abs=0.7)
    assert seen.pictures["eve"][max(seen.pictures["eve"])][0]["snr_db"] == pytest.approx(20, abs=0.7)
    assert 26 < quality(seen, "bob")[-1] < 30.5


@WINDOW
def test_video_sim_carries_a_video_and_queues_nothing(program, tmp_path):
    seen = run_window(program("video_sim"), tmp_path, LINK, least=8, arguments=["--telemetry", ""])
    assert np.median(quality(seen, "bob")) > 27 and quality(seen, "bob").min() > 22
    assert quality(seen, "eve").max() < 12
    frames = [pixels for _, pixels in seen.pictures["sent"].values()]
    assert frames[0].shape == (256, 256, 3) and not np.array_equal(frames[0], frames[-1])
    counters = seen.stats["sent"]
    assert counters["in_flight"] <= 2 and counters["unreported"] == counters["failed"] == 0
    assert len(seen.pictures["bob"]) >= counters["sent"] - 6, "frames wait somewhere between Alice and Bob's window"
    assert colourful(seen.shot) > 0.05


@WINDOW
def test_video_sim_plays_pictures_of_a_folder_and_publishes_them(program, tmp_path):
    from deepjscec.telemetry import Picture, Status, Subscriber

    (tmp_path / "frames").mkdir()
    for number in range(3):
        part = default_picture()[40 * number : 40 * number + 320, 100:420]
        (tmp_path / "frames" / f"{number}.png").write_bytes(png_bytes(part))
    address = f"ipc://{tmp_path}/telemetry"
    arguments = ["--telemetry", address, "--video", tmp_path / "frames", "--fps", 3]
    heard, over = set(), threading.Event()

    def listen():
        with Subscriber(address) as subscriber:
            while not over.is_set():
                message = subscriber.receive(0.1)
                heard.add((message.role, type(message)) if message else None)

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        seen = run_window(program("video_sim"), tmp_path, LINK, least=4, arguments=arguments, tab=1, shot_name=HISTORY)
    finally:
        over.set()
        listener.join()
    assert quality(seen, "bob").min() > 24
    assert heard >= {(role, kind) for role in ("alice", "bob", "eve") for kind in (Picture, Status)}


@WINDOW
def test_classify_sim_names_what_alice_sees(program, tmp_path):
    seen = run_window(program("classify_sim"), tmp_path, LINK, least=8)
    metas = [meta for meta, _ in seen.pictures["bob"].values()]
    assert sum(meta["label"] == "cat" for meta in metas[:20]) >= 0.8 * len(metas[:20])
    assert all(0 < meta["confidence"] <= 1 for meta in metas)
    # each went when it had waited long enough, not when the packet was full
    assert {meta["packets_sent"] for meta in metas} == {1} and len(metas) < 90
    assert len(seen.pictures["eve"]) >= 8
    assert max(np.mean([values for _, values in seen.pictures["eve"].values()], axis=0)) < 0.5, "she guesses"
    assert seen.stats["sent"]["unreported"] == 0
    assert colourful(seen.shot) > 0.05


def test_loopback_headless_ends_by_itself_with_pictures(program, tmp_path):
    (tmp_path / "mine.png").write_bytes(png_bytes(default_picture()[:192, 100:356]))
    options = ["--image", "mine.png", "--model", "lite", "--snr-db", 12, "--out", "here"]
    done = run_program(program("loopback_headless"), tmp_path, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Bob: PSNR" in done.stdout and "Eve: PSNR" in done.stdout
    sent, bob, eve = (load_picture(tmp_path / "here" / f"{name}_0000.png") for name in ("sent", "bob", "eve"))
    np.testing.assert_array_equal(sent, default_picture()[:192, 100:356])
    assert psnr_db(sent, bob) > 28 and psnr_db(sent, eve) < 12


def test_loopback_headless_without_a_picture_at_bob_is_exit_code_1(program, tmp_path):
    done = run_program(program("loopback_headless"), tmp_path, "--model", "lite", "--snr-db", -20)
    assert done.returncode == 1 and "no picture at Bob" in done.stderr


def test_loopback_headless_names_a_picture_that_is_not_there(program, tmp_path):
    done = run_program(program("loopback_headless"), tmp_path, "--image", "nowhere.png")
    assert done.returncode == 2 and done.stderr == "loopback_headless.py: image nowhere.png: no such file\n"


@pytest.fixture(scope="module")
def recorded(program, tmp_path_factory):
    """A folder in which file_record has run: its recordings, its key."""
    folder = tmp_path_factory.mktemp("recorded")
    done = run_program(program("file_record"), folder, "--snr-db", 12)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 packets" in done.stdout
    return folder


def test_file_record_makes_a_recording_that_replay_decodes(recorded, tmp_path):
    (meta,) = (recorded / "out" / "recordings").glob("*.sigmf-meta")
    key = recorded / "data" / "deepjscec" / "bench.key"
    command = [sys.executable, "-m", "deepjscec.cli", "replay", meta, "--key", key, "--out", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    assert psnr_db(default_picture(), np.asarray(Image.open(tmp_path / "001_bob.png"))) > 31


@WINDOW
def test_file_replay_gives_bob_the_picture_once(recorded, program):
    taps = {"bob": LINK["bob"], "eve": LINK["eve"]}
    seen = run_window(program("file_replay"), recorded, taps, after=2)
    assert {len(found) for found in seen.pictures.values()} == {1}
    assert psnr_db(default_picture(), seen.pictures["bob"][0][1]) > 31
    assert psnr_db(default_picture(), seen.pictures["eve"][0][1]) < 12
    assert seen.stats["bob"]["accepted"] == 12 and seen.stats["bob"]["replayed"] > 0
    assert colourful(seen.shot) > 0.08
