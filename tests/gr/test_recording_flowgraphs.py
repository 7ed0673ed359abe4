# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowgraphs are recorded, by ZeroMQ or by a block, and what was recorded gives the same pictures again."""

import json

import numpy as np
import pytest
from gnuradio import blocks, deepjscec, gr, zeromq
from gnuradio.deepjscec._pdu import make_pdu
from gnuradio.deepjscec.headless import main as run_flowgraph
from PIL import Image

from deepjscec.app.pictures import default_picture, png_bytes
from deepjscec.cli import main
from deepjscec.crypto import write_key_file
from deepjscec.recording import Recording

RATE = 2e6
ITEM = gr.sizeof_gr_complex


def read(path):
    return np.concatenate(list(Recording.open(path).chunks()))


class Publisher(gr.top_block):
    """Counts from 0 to 9999 over and over, at `RATE` samples a second, to a ZMQ sink at `address`."""

    def __init__(self, kind=zeromq.pub_sink, repeat=True, **options):
        gr.top_block.__init__(self)
        self.source = blocks.vector_source_c(np.arange(10_000).tolist(), repeat)
        self.throttle = blocks.throttle(ITEM, RATE)
        self.sink = kind(ITEM, 1, "tcp://127.0.0.1:*", 100, options.pop("pass_tags", False), -1, **options)
        self.address = self.sink.last_endpoint()
        self.connect(self.source, self.throttle, self.sink)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()
        self.wait()


def record(address, out, *options):
    return main(["record", "zmq", address, "--sample-rate", str(RATE), "--out", str(out), *options])


@pytest.mark.parametrize("key, topic", [("", ""), ("IQ", "I"), ("IQ", "")])
def test_pub_sink_is_recorded_without_a_gap(tmp_path, key, topic):
    with Publisher(key=key) as flowgraph:
        code = record(flowgraph.address, tmp_path / "x", "--samples", "123457", "--topic", topic, "--frequency", "1e9")
    assert code == 0
    samples = read(tmp_path / "x")
    assert len(samples) == 123_457
    assert set(np.diff(samples)) <= {1, -9999}
    recording = Recording.open(tmp_path / "x")
    assert (recording.sample_rate, recording.frequency) == (RATE, 1e9)


def test_topic_of_somebody_else_is_not_recorded(tmp_path, capsys):
    with Publisher(key="IQ") as flowgraph:
        assert record(flowgraph.address, tmp_path / "x", "--topic", "audio", "--timeout", "0.5") == 1
    assert "no samples came" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_push_sink_loses_no_sample(tmp_path):
    with Publisher(zeromq.push_sink, repeat=False) as flowgraph:
        assert record(flowgraph.address, tmp_path / "x", "--pull", "--timeout", "1") == 0
    np.testing.assert_array_equal(read(tmp_path / "x"), np.arange(10_000))


@pytest.mark.parametrize("size", [gr.sizeof_float, gr.sizeof_gr_complex])
def test_messages_with_tags_or_of_another_type_are_refused(tmp_path, capsys, size):
    flowgraph = gr.top_block()
    source = blocks.null_source(size)
    cut = blocks.head(size, 3)
    sink = zeromq.push_sink(size, 1, "tcp://127.0.0.1:*", 100, size == gr.sizeof_gr_complex)
    flowgraph.connect(source, cut, sink)
    flowgraph.start()
    code = record(sink.last_endpoint(), tmp_path / "x", "--pull", "--timeout", "60")
    flowgraph.stop()
    flowgraph.wait()
    err = capsys.readouterr().err
    assert code == 2 and "is no whole number of samples" in err and "Pass Tags off" in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def recorded(samples, *arguments, **options):
    """Run samples through a recorder; returns it."""
    flowgraph = gr.top_block()
    source = blocks.vector_source_c(samples.tolist())
    recorder = deepjscec.sigmf_recorder(*arguments, **options)
    flowgraph.connect(source, recorder)
    flowgraph.run()
    return recorder


def test_recorder_writes_a_recording_of_any_flowgraph(tmp_path):
    samples = np.arange(100_001).astype(np.complex64)
    recorder = recorded(samples, str(tmp_path / "x"), 5e5, 433e6, "me", "here", {"cipher": "none"})
    np.testing.assert_array_equal(read(tmp_path / "x"), samples)
    recording = Recording.open(tmp_path / "x")
    assert (recording.sample_rate, recording.frequency, recording.fields) == (5e5, 433e6, {"cipher": "none"})
    head = json.loads(recording.path.read_text())
    assert (head["global"]["core:author"], head["global"]["core:description"]) == ("me", "here")
    assert head["annotations"] == []
    assert recorder.get_stats() == {"samples": 100_001, "lost": 0}


def test_recordings_name_holds_the_time(tmp_path):
    recorded(np.ones(10), str(tmp_path / "%Y_100%%"))
    (meta,) = tmp_path.glob("*.sigmf-meta")
    assert meta.stem.endswith("_100%") and meta.stem.split("_")[0].isdecimal()


def test_recorder_refuses_what_exists_and_leaves_nothing_when_it_never_ran(tmp_path):
    recorder = deepjscec.sigmf_recorder(str(tmp_path / "y"))
    del recorder
    assert list(tmp_path.iterdir()) == []
    recorded(np.ones(10), str(tmp_path / "x"))
    with pytest.raises(FileExistsError, match="exists already"):
        deepjscec.sigmf_recorder(str(tmp_path / "x"))
    with pytest.raises(ValueError, match="core:sample_rate"):
        deepjscec.sigmf_recorder(str(tmp_path / "z"), -1.0)


def test_recorder_ends_when_its_flowgraph_is_run_again(tmp_path):
    flowgraph = gr.top_block()
    source = blocks.vector_source_c(np.ones(1000).tolist())
    recorder = deepjscec.sigmf_recorder(str(tmp_path / "x"))
    flowgraph.connect(source, recorder)
    flowgraph.run()
    source.rewind()
    flowgraph.run()
    assert recorder.get_stats() == {"samples": 1000, "lost": 1000}
    assert len(read(tmp_path / "x")) == 1000


@pytest.mark.parametrize("packets_end_first", [True, False])
def test_samples_and_packets_may_end_in_either_order(tmp_path, packets_end_first):
    recorder = deepjscec.sigmf_recorder(str(tmp_path / "x"))
    samples, packets = recorder._samples, recorder._packets
    piece = np.ones(1000, np.complex64)
    meta = {"snr_db": 9.0, "cfo_hz": 0.0, "length": 500}
    samples.work([piece], [])
    packets._take(make_pdu({**meta, "start": 100}, piece))
    if packets_end_first:
        packets.stop()
        samples.work([piece], [])
        samples.stop()
    else:
        samples.work([piece], [])
        samples.stop()
        packets._take(make_pdu({**meta, "start": 1200}, piece))
        packets.stop()
    assert recorder.wait(0)
    assert len(read(tmp_path / "x")) == 2000
    annotations = json.loads((tmp_path / "x.sigmf-meta").read_text())["annotations"]
    assert [a["core:sample_start"] for a in annotations] == ([100] if packets_end_first else [100, 1200])


def test_file_source_plays_a_recording(tmp_path):
    samples = np.arange(20_000).astype(np.complex64)
    recorded(samples, str(tmp_path / "x"))
    flowgraph, sink = gr.top_block(), blocks.vector_sink_c()
    source = blocks.file_source(ITEM, str(tmp_path / "x.sigmf-data"), False)
    flowgraph.connect(source, sink)
    flowgraph.run()
    np.testing.assert_array_equal(sink.data(), samples)


def test_recording_of_gnu_radios_own_sink_is_read(tmp_path):
    samples = np.arange(5000).astype(np.complex64)
    flowgraph = gr.top_block()
    source = blocks.vector_source_c(samples.tolist())
    sink = blocks.sigmf_sink_minimal(ITEM, str(tmp_path / "x.sigmf-data"), 1e6, 2.4e9, "", "", "", True)
    flowgraph.connect(source, sink)
    flowgraph.run()
    del source, sink, flowgraph  # closes the file
    np.testing.assert_array_equal(read(tmp_path / "x"), samples)
    assert Recording.open(tmp_path / "x").frequency == 2.4e9


@pytest.fixture
def link(tmp_path):
    """Arguments for a link with a key file and a small picture."""
    write_key_file(tmp_path / "alice.key")
    (tmp_path / "small.png").write_bytes(png_bytes(default_picture()[60:220, 140:300]))
    return ["--key", str(tmp_path / "alice.key"), "--image", str(tmp_path / "small.png"), "--snr", "12"]


def replay(capture, out, *options):
    code = main(["replay", str(capture), "--out", str(out), *map(str, options)])
    return code, json.loads((out / "metrics.json").read_text())


def pixels(path):
    return np.asarray(Image.open(path))


def test_replay_gives_the_same_pictures_as_the_flowgraph(tmp_path, link):
    assert (
        run_flowgraph([*link, "--cfo", "3e3", "--record", str(tmp_path / "100%"), "--out", str(tmp_path / "out")]) == 0
    )
    bob, eve = (tmp_path / "100%" / f"{role}.sigmf-meta" for role in ("bob", "eve"))
    code, metrics = replay(bob, tmp_path / "bob", "--key", tmp_path / "alice.key")
    assert code == 0
    np.testing.assert_array_equal(pixels(tmp_path / "bob" / "001_bob.png"), pixels(tmp_path / "out" / "bob.png"))
    code, _ = replay(eve, tmp_path / "eve", "--eve")
    assert code == 0
    np.testing.assert_array_equal(pixels(tmp_path / "eve" / "001_eve.png"), pixels(tmp_path / "out" / "eve.png"))
    fields = Recording.open(bob).fields
    assert (fields["role"], fields["snr_db"], fields["cipher"], fields["rate"]) == ("bob", 12, "isometric", "1/6")
    assert Recording.open(eve).fields["role"] == "eve"
    noted = [(a["core:sample_start"], a["core:sample_count"]) for a in json.loads(bob.read_text())["annotations"]]
    assert noted == [(packet["start"], packet["length"]) for packet in metrics["packets"]] and noted
    assert all(abs(packet["cfo_hz"] - 3000) < 20 for packet in metrics["packets"])
    secret = (tmp_path / "alice.key").read_text().split()[-1]
    assert not any(secret.encode() in path.read_bytes() for path in (tmp_path / "100%").iterdir())


def test_sweep_numbers_its_recordings(tmp_path, link):
    command = [*link, "--sweep", "10:12:2", "--record", str(tmp_path / "rec"), "--out", str(tmp_path / "out")]
    assert run_flowgraph(command) == 0
    metas = sorted((tmp_path / "rec").glob("*.sigmf-meta"))
    assert [meta.stem for meta in metas] == ["001_bob", "001_eve", "002_bob", "002_eve"]
    assert [Recording.open(meta).fields["snr_db"] for meta in metas] == [10, 30, 12, 30]


def test_recording_a_link_wants_a_key_that_is_kept(tmp_path, capsys):
    code = run_flowgraph(["--record", str(tmp_path / "rec"), "--out", str(tmp_path / "out")])
    err = capsys.readouterr().err
    assert code == 2 and "--record needs --key" in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_recordings_of_an_earlier_run_are_not_overwritten(tmp_path, link, capsys):
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "eve.sigmf-data").write_text("precious")
    code = run_flowgraph([*link, "--record", str(tmp_path / "rec"), "--out", str(tmp_path / "out")])
    err = capsys.readouterr().err
    assert code == 2 and "eve.sigmf-data: exists already" in err and err.count("\n") == 1
    assert [path.name for path in (tmp_path / "rec").iterdir()] == ["eve.sigmf-data"]
