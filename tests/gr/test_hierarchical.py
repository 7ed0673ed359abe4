# SPDX-License-Identifier: GPL-3.0-or-later
"""Alice, Bob and Eve as one block each, and the key that the programs of one user share."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pmt
import pytest
from gnuradio import blocks, deepjscec, gr

from deepjscec.app.pictures import default_picture
from deepjscec.app.quality import psnr_db
from deepjscec.crypto import PrivateKey, read_key_file, write_private_key_file, write_public_key_file

SIDE = 160
PHOTO = default_picture()
PICTURES = [np.ascontiguousarray(PHOTO[at : at + SIDE, at : at + SIDE]) for at in (60, 180, 300)]


@pytest.fixture
def key(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return deepjscec.machine_key("test")


class Link(gr.top_block):
    """Pictures from Alice to Bob and Eve over white noise, and what Alice reports as sent."""

    def __init__(
        self, key, bob_key=None, cipher="isometric", bob_snr_db=12.0, session_file="", pictures=PICTURES, **more
    ):
        gr.top_block.__init__(self)
        self.source = deepjscec.image_source(pictures)
        self.alice = deepjscec.secure_transmitter(key, "lite", cipher=cipher, idle=False, threads=1, **more)
        self.bob_channel = deepjscec.simulated_channel(snr_db=bob_snr_db, frequency_offset=2e3, seed=1)
        self.eve_channel = deepjscec.simulated_channel(snr_db=40.0, frequency_offset=-1e3, seed=2)
        self.bob = deepjscec.secure_receiver(bob_key or key, "lite", cipher, session_file=session_file, threads=1)
        self.eve = deepjscec.eavesdropper_receiver("lite", shapes=(SIDE, SIDE), cipher=cipher, threads=1)
        self.sinks = {name: deepjscec.image_sink(keep=10) for name in ("bob", "eve")}
        self.sent = blocks.message_debug()
        self.bob_packets, self.eve_packets = blocks.message_debug(), blocks.message_debug()
        self.msg_connect(self.source, "images", self.alice, "images")
        self.msg_connect(self.alice, "sent", self.sent, "store")
        self.connect(self.alice, self.bob_channel, self.bob)
        self.connect(self.alice, self.eve_channel, self.eve)
        self.msg_connect(self.bob, "images", self.sinks["bob"], "images")
        self.msg_connect(self.eve, "images", self.sinks["eve"], "images")
        self.msg_connect(self.bob, "packets", self.bob_packets, "store")
        self.msg_connect(self.eve, "packets", self.eve_packets, "store")

    def run_to_end(self):
        self.start()
        ended = all(sink.done.wait(60) for sink in self.sinks.values())
        self.stop()
        self.wait()
        assert ended
        return self

    def psnr_db(self, name):
        """Of each picture that arrived, by image id."""
        return {key: psnr_db(PICTURES[key], pixels) for key, (_, pixels) in self.sinks[name].pictures.items()}


def test_bob_gets_every_picture_and_eve_none(key):
    link = Link(key).run_to_end()
    bob, eve = link.psnr_db("bob"), link.psnr_db("eve")
    assert sorted(bob) == sorted(eve) == [0, 1, 2]
    assert min(bob.values()) > 27 and max(eve.values()) < 12, (bob, eve)
    meta = link.sinks["bob"].pictures[0][0]
    assert (meta["height"], meta["width"], meta["packets_received"]) == (SIDE, SIDE, meta["packets_sent"])
    assert abs(meta["snr_db"] - 12) < 1


def test_without_a_cipher_eve_has_the_picture(key):
    link = Link(key, cipher="none").run_to_end()
    assert min(link.psnr_db("eve").values()) > 30


def test_counters_agree_along_the_way(key):
    link = Link(key).run_to_end()
    alice, bob, eve = link.alice.get_stats(), link.bob.get_stats(), link.eve.get_stats()
    assert alice["encoded"] == bob["decoded"] == eve["decoded"] == 3
    assert alice["packets"] == bob["published"] == eve["published"] >= 3
    assert bob["accepted"] == alice["packets"]
    assert not any(stats.get("rejected") for stats in (alice, bob, eve))
    # what comes out at `packets` is as much, and then the end of the stream
    assert link.bob_packets.num_messages() == link.eve_packets.num_messages() == bob["published"] + 1


def test_refused_messages_of_all_parts_are_counted(key):
    alice = deepjscec.secure_transmitter(key, "lite")
    for part in (alice._encoder, alice._encryptor):
        part._take(pmt.intern("no PDU"))
    assert alice.get_stats()["rejected"] == 2


def test_alice_reports_each_picture_once_it_is_on_the_air(key):
    link = Link(key).run_to_end()
    reports = [pmt.to_python(link.sent.get_message(n)) for n in range(link.sent.num_messages())]
    assert [(report["image_id"], report["pictures"]) for report in reports if report] == [(0, 1), (1, 1), (2, 1)]


def test_session_opens_over_the_air_with_bobs_public_key(tmp_path):
    private = PrivateKey.generate()
    write_private_key_file(tmp_path / "bob", private)
    write_public_key_file(tmp_path / "bob.pub", private.public_key)
    link = Link(str(tmp_path / "bob.pub"), str(tmp_path / "bob"), session_file=str(tmp_path / "seen")).run_to_end()
    assert len(link.psnr_db("bob")) == 3 and (tmp_path / "seen").exists()


def test_another_key_gives_bob_nothing(key):
    link = Link(key, deepjscec.machine_key("other")).run_to_end()
    assert link.psnr_db("bob") == {}
    assert link.bob.get_stats()["published"] > 0 == link.bob.get_stats().get("accepted", 0)


def test_amplitude_is_that_of_the_bursts_and_changes_while_running(key):
    alice = deepjscec.secure_transmitter(key, "lite", idle=False, amplitude=0.1, lead_in=0, gap=0)
    alice.set_amplitude(0.25)
    with pytest.raises(ValueError, match=r"amplitude 1\.5"):
        alice.set_amplitude(1.5)
    flowgraph, sink, sent = gr.top_block(), blocks.vector_sink_c(), blocks.message_debug()
    source = deepjscec.image_source(PICTURES[:1])
    flowgraph.msg_connect(source, "images", alice, "images")
    flowgraph.msg_connect(alice, "sent", sent, "store")
    flowgraph.connect(alice, sink)
    flowgraph.start()
    until = time.monotonic() + 60
    while not sent.num_messages() and time.monotonic() < until:
        time.sleep(0.01)
    flowgraph.stop()
    flowgraph.wait()
    burst = np.array(sink.data())[: alice.get_stats()["burst_samples"]]
    assert np.sqrt(np.mean(np.abs(burst) ** 2)) == pytest.approx(0.25, rel=0.1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: deepjscec.secure_transmitter("nowhere.key"),
        lambda: deepjscec.secure_receiver("nowhere.key"),
        lambda: deepjscec.eavesdropper_receiver(attack="none such"),
        lambda: deepjscec.eavesdropper_receiver(rate="1/7"),
    ],
)
def test_bad_settings_are_refused(make):
    with pytest.raises((ValueError, OSError), match=r"nowhere\.key|none such|1/7"):
        make()


def test_machine_key_is_made_once_and_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = deepjscec.machine_key()
    assert path == str(tmp_path / "deepjscec" / "bench.key")
    assert os.stat(path).st_mode & 0o777 == 0o600 and os.stat(tmp_path / "deepjscec").st_mode & 0o777 == 0o700
    before = Path(path).read_bytes()
    assert deepjscec.machine_key() == path and Path(path).read_bytes() == before
    assert read_key_file(deepjscec.machine_key("other")).reveal() != read_key_file(path).reveal()


def test_relative_data_home_is_ignored(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert deepjscec.machine_key() == str(tmp_path / ".local" / "share" / "deepjscec" / "bench.key")


@pytest.mark.parametrize("name", ["", "../x", "a b", "a/b", "ä", "x\n"])
def test_machine_key_refuses_names_that_lead_elsewhere(name, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(ValueError, match="machine key"):
        deepjscec.machine_key(name)
    assert list(tmp_path.iterdir()) == []


def test_machine_key_where_no_file_can_be_made_is_a_plain_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(OSError, match="file"):
        deepjscec.machine_key()


def test_programs_that_start_together_get_the_same_key(tmp_path):
    code = "from gnuradio import deepjscec; print(open(deepjscec.machine_key()).read())"
    environment = os.environ | {"XDG_DATA_HOME": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(6)
    ]
    said = {process.communicate(timeout=60)[0] for process in started}
    assert len(said) == 1 and said.pop().startswith("deepjscec-key 1")
    assert [path.name for path in (tmp_path / "deepjscec").iterdir()] == ["bench.key"]


def test_demo_video_is_a_folder_of_frames_that_goes_with_the_program(tmp_path):
    code = "from gnuradio import deepjscec; print(deepjscec.demo_video(4, 48), deepjscec.demo_video(4, 48, 'cat'))"
    code += "; import os; print(*(len(os.listdir(deepjscec.demo_video(4, 48, *s))) for s in ((), ('cat',))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *folders, first, second = done.stdout.split()
    assert (first, second) == ("4", "4") and len(set(folders)) == 2
    assert not any(Path(folder).exists() for folder in folders)
