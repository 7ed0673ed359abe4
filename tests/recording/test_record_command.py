# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec record file`: raw samples to recordings. (Flowgraphs: tests/gr/test_recording_flowgraphs.py.)"""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from deepjscec.cli import main
from deepjscec.recording import Recording
from tests.recording.recording_setup import noise, read

RAW = np.random.default_rng(5).integers(0, 256, 40_000, dtype=np.uint8).tobytes()


def command(*arguments):
    return main(["record", *map(str, arguments)])


@pytest.mark.parametrize("name, datatype, size", [("ci16", "ci16_le", 4), ("ci8", "ci8", 2), ("cu8", "cu8", 2)])
def test_raw_files_keep_their_type(tmp_path, name, datatype, size, capsys):
    (tmp_path / "raw").write_bytes(RAW)
    out = tmp_path / "x"
    assert command("file", tmp_path / "raw", "--format", name, "--sample-rate", "2.4e6", "--out", out) == 0
    recording = Recording.open(out)
    assert (recording.datatype, recording.length) == (datatype, len(RAW) // size)
    assert (tmp_path / "x.sigmf-data").read_bytes() == RAW
    assert "x.sigmf-meta: " in capsys.readouterr().out
    assert "core:datetime" not in (tmp_path / "x.sigmf-meta").read_text(), "nobody knows when the file was made"


def test_file_of_a_file_sink_becomes_a_recording_with_all_that_is_said_of_it(tmp_path):
    samples = noise(np.random.default_rng(6), 5000)
    samples.tofile(tmp_path / "raw")
    texts = ["--author", "me", "--description", "roof", "--hw", "dipole", "--cipher", "none", "--model", "photo"]
    options = ["--sample-rate", "250e3", "--frequency", "433.1e6", "--profile", "narrowband", *texts]
    assert command("file", tmp_path / "raw", *options, "--out", tmp_path / "x.sigmf-meta") == 0
    np.testing.assert_array_equal(read(tmp_path / "x"), samples)
    recording = Recording.open(tmp_path / "x")
    assert (recording.sample_rate, recording.frequency) == (250e3, 433.1e6)
    assert recording.fields["profile"]["sample_rate"] == 250e3
    assert (recording.fields["cipher"], recording.fields["model"]) == ("none", "photo")
    head = json.loads(recording.path.read_text())["global"]
    assert [head[f"core:{name}"] for name in ("author", "description", "hw")] == ["me", "roof", "dipole"]


@pytest.mark.parametrize("limit, count", [(["--samples", 1234], 1234), (["--seconds", "0.002"], 2000)])
def test_recording_stops_at_its_limit(tmp_path, limit, count):
    np.arange(9000).astype(np.complex64).tofile(tmp_path / "raw")
    assert command("file", tmp_path / "raw", "--sample-rate", "1e6", *limit, "--out", tmp_path / "x") == 0
    np.testing.assert_array_equal(read(tmp_path / "x"), np.arange(count))


def test_bytes_left_over_are_told(tmp_path, capsys):
    (tmp_path / "raw").write_bytes(bytes(8 * 100 + 5))
    assert command("file", tmp_path / "raw", "--sample-rate", "1e6", "--out", tmp_path / "x") == 0
    assert "last 5 bytes" in capsys.readouterr().err
    assert Recording.open(tmp_path / "x").length == 100


def test_killed_recording_is_rescued_from_its_partial_file(tmp_path):
    partial = tmp_path / "x.sigmf-data.partial"
    np.arange(700).astype(np.complex64).tofile(partial)
    assert command("file", partial, "--sample-rate", "1e6", "--out", tmp_path / "y") == 0
    np.testing.assert_array_equal(read(tmp_path / "y"), np.arange(700))


def test_nothing_that_came_is_exit_code_1_and_no_file(tmp_path, capsys):
    (tmp_path / "raw").write_bytes(b"")
    assert command("file", tmp_path / "raw", "--sample-rate", "1e6", "--out", tmp_path / "x") == 1
    assert capsys.readouterr().err == "deepjscec record: no samples came\n"
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["file", "{0}/none", "--sample-rate", "1e6"], "none: No such file"),
        (["file", "{0}", "--sample-rate", "1e6"], "is a folder"),
        (["file", "{0}/raw"], "--sample-rate"),
        (["file", "{0}/raw", "--sample-rate", "-1"], "'-1' is not a rate from 1 to 1e12 Hz"),
        (["file", "{0}/raw", "--sample-rate", "nan"], "'nan' is not a number"),
        (["file", "{0}/raw", "--sample-rate", "1e6", "--samples", "0"], "'0' is not a number of samples"),
        (["file", "{0}/raw", "--sample-rate", "1e6", "--format", "rf32"], "rf32"),
        (["file", "{0}/raw", "--sample-rate", "1e6", "--profile", "wide"], "profile must be one of default"),
        (["file", "{0}/raw", "--sample-rate", "1e6", "--cipher", "rot13"], "unknown cipher 'rot13'"),
        (["file", "{0}/raw", "--sample-rate", "1e6", "--model", "none"], "known models"),
        (["file", "{0}/raw", "--sample-rate", "1e6", "--frequency", "1e99"], "core:frequency"),
        (["zmq", "nowhere", "--sample-rate", "1e6"], "nowhere: Invalid argument; an address is such as tcp://"),
        (["radio", "--sample-rate", "1e6"], "radio"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, capsys, arguments, message):
    (tmp_path / "raw").write_bytes(RAW)
    arguments = [argument.format(tmp_path) for argument in arguments]
    try:
        code = command(*arguments, *(["--out", tmp_path / "x"] if arguments[0] != "radio" else []))
    except SystemExit as error:
        code = error.code
    err = capsys.readouterr().err
    assert code == 2 and message in err and err.count("\n") == 1, err
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


def test_existing_recording_is_refused(tmp_path, capsys):
    (tmp_path / "raw").write_bytes(RAW)
    arguments = ["file", tmp_path / "raw", "--format", "cu8", "--sample-rate", "1e6", "--out", tmp_path / "x"]
    assert command(*arguments) == 0
    before = (tmp_path / "x.sigmf-meta").read_bytes()
    assert command(*arguments) == 2
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "x.sigmf-meta").read_bytes() == before


def start(tmp_path, *options):
    """A process that records what it is given by a pipe."""
    arguments = ["record", "file", "-", "--sample-rate", "1e6", "--out", tmp_path / "x", *options]
    return subprocess.Popen(
        [sys.executable, "-m", "deepjscec.cli", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=False,
    )


def wait_for(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("waited for a minute")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_in_the_middle_leaves_a_valid_shorter_recording(tmp_path, number):
    process = start(tmp_path)
    samples = np.arange(50_000).astype(np.complex64)
    os.write(process.stdin.fileno(), samples.tobytes()[: 8 * 7000 + 3])
    partial = tmp_path / "x.sigmf-data.partial"
    wait_for(lambda: partial.exists() and partial.stat().st_size == 8 * 7000 + 3)
    assert not (tmp_path / "x.sigmf-meta").exists()
    process.send_signal(number)  # the pipe stays open
    assert process.wait(60) == 0
    assert b"7000 samples" in process.stdout.read()
    np.testing.assert_array_equal(read(tmp_path / "x"), samples[:7000])
    assert "core:datetime" in (tmp_path / "x.sigmf-meta").read_text()
    process.stdin.close()


def test_silence_ends_a_recording_that_has_a_timeout(tmp_path):
    process = start(tmp_path, "--timeout", "0.5")
    os.write(process.stdin.fileno(), bytes(800))
    assert process.wait(60) == 0
    assert Recording.open(tmp_path / "x").length == 100
    process.stdin.close()


def test_end_of_the_pipe_ends_the_recording(tmp_path):
    process = start(tmp_path, "--format", "cu8")
    _, err = process.communicate(RAW, timeout=60)
    assert process.returncode == 0 and not err
    assert (tmp_path / "x.sigmf-data").read_bytes() == RAW
