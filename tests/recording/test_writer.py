# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings are written whole or not at all, and what was written is kept."""

import hashlib
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import sigmf

from deepjscec.recording import Annotation, RecordingWriter, annotate
from tests.recording.recording_setup import noise, read, record

SAMPLES = noise(np.random.default_rng(1), 10_000)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", ["", ".sigmf-meta", ".sigmf-data"])
def test_what_is_written_in_pieces_is_read_whole(tmp_path, suffix):
    with RecordingWriter(tmp_path / "deep" / f"a.b{suffix}", 1e6) as writer:
        for piece in np.split(SAMPLES, [1, 1, 4096, 9999]):
            writer.write(piece)
        assert writer.length == len(SAMPLES)
    assert names(tmp_path / "deep") == ["a.b.sigmf-data", "a.b.sigmf-meta"]
    np.testing.assert_array_equal(read(writer.path), SAMPLES)


def test_reference_library_takes_the_recording_for_its_own(tmp_path):
    meta = record(
        tmp_path / "x",
        SAMPLES,
        2e6,
        frequency=915e6,
        author="A. Lice",
        description="d",
        hw="dipole",
        fields={"cipher": "none", "profile": {"fft_len": 256}},
    )
    signal_file = sigmf.fromfile(meta)  # checks the hash
    signal_file.validate()
    assert signal_file.sample_rate == 2e6 and signal_file.datatype == "cf32_le"
    assert (signal_file.author, signal_file.description, signal_file.hw) == ("A. Lice", "d", "dipole")
    assert signal_file.recorder.startswith("gr-deepjscec")
    (capture,) = signal_file.get_captures()
    assert capture["core:frequency"] == 915e6
    assert sigmf.utils.parse_iso8601_datetime(capture["core:datetime"]).year > 2000
    assert signal_file.get_global_field("deepjscec:profile") == {"fft_len": 256}
    np.testing.assert_array_equal(signal_file.read_samples(), SAMPLES)
    data = meta.with_suffix(".sigmf-data").read_bytes()
    assert signal_file.sha512 == hashlib.sha512(data).hexdigest()


def test_there_is_no_metadata_before_the_end(tmp_path):
    writer = RecordingWriter(tmp_path / "x", 1e6)
    assert names(tmp_path) == []
    writer.write(SAMPLES)
    assert names(tmp_path) == ["x.sigmf-data.partial"]
    assert writer.finish()
    assert names(tmp_path) == ["x.sigmf-data", "x.sigmf-meta"]
    with pytest.raises(ValueError, match="finished"):
        writer.write(SAMPLES)


def test_killed_recording_leaves_its_samples_and_passes_for_nothing(tmp_path):
    script = """
import os, signal, sys, numpy as np
from deepjscec.recording import RecordingWriter
writer = RecordingWriter(sys.argv[1], 1e6)
writer.write(np.arange(5000).astype(np.complex64))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "x"], check=False)
    assert done.returncode == -signal.SIGKILL
    assert names(tmp_path) == ["x.sigmf-data.partial"]
    np.testing.assert_array_equal(np.fromfile(tmp_path / "x.sigmf-data.partial", "<c8"), np.arange(5000))


def test_exception_in_the_middle_keeps_what_came(tmp_path):
    with pytest.raises(KeyError), RecordingWriter(tmp_path / "x", 1e6) as writer:
        writer.write(SAMPLES)
        raise KeyError
    np.testing.assert_array_equal(read(tmp_path / "x"), SAMPLES)


def test_no_sample_no_file(tmp_path):
    with RecordingWriter(tmp_path / "x", 1e6) as writer:
        writer.write(SAMPLES[:0])
        writer.annotate(Annotation(0, 1, "x"))
    assert not writer.finish()
    with RecordingWriter(tmp_path / "x", 1e6) as writer:
        writer.write_bytes(b"seven b")
    assert names(tmp_path) == []


def test_sample_cut_off_at_the_end_is_left_out(tmp_path):
    with RecordingWriter(tmp_path / "x", 1e6) as writer:
        writer.write_bytes(SAMPLES.tobytes()[:-3])
    np.testing.assert_array_equal(read(tmp_path / "x"), SAMPLES[:-1])  # reading checks the hash


@pytest.mark.parametrize("name", ["x.sigmf-meta", "x.sigmf-data", "x.sigmf-data.partial"])
def test_nothing_is_overwritten(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(FileExistsError, match=f"{name}: exists already"):
        RecordingWriter(tmp_path / "x", 1e6)
    assert (tmp_path / name).read_text() == "precious"


@pytest.mark.parametrize(
    "options, field",
    [
        ({"sample_rate": float("nan")}, "core:sample_rate"),
        ({"sample_rate": -1.0}, "global/core:sample_rate"),
        ({"frequency": 1e15}, "captures/0/core:frequency"),
        ({"frequency": float("inf")}, "metadata"),
        ({"description": 3}, "global/core:description"),
        ({"fields": {"x": {1, 2}}}, "not JSON serializable"),
    ],
)
def test_what_sigmf_does_not_allow_is_refused_at_once(tmp_path, options, field):
    with pytest.raises(ValueError, match=field) as error:
        RecordingWriter(tmp_path / "x", options.pop("sample_rate", 1e6), **options)
    assert "x.sigmf-meta" in str(error.value) and "\n" not in str(error.value)
    assert names(tmp_path) == []


def test_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"x\.sigmf-meta"):
        RecordingWriter(tmp_path / "file" / "x", 1e6)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission_is_refused(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(PermissionError, match="cannot be written"):
        RecordingWriter(tmp_path / "locked" / "x", 1e6)


def test_full_disk_ends_a_recording_that_stays_good(tmp_path):
    script = """
import resource, signal, sys, numpy as np
from deepjscec.recording import RecordingWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_005, 50_005))  # in the middle of a sample
try:
    with RecordingWriter(sys.argv[1], 1e6) as writer:
        for first in range(0, 10_000, 1000):
            writer.write(np.arange(first, first + 1000).astype(np.complex64))
except OSError as error:
    print(error.errno, writer.length)
"""
    done = subprocess.run([sys.executable, "-c", script, tmp_path / "x"], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["27", "6250"]  # EFBIG
    np.testing.assert_array_equal(read(tmp_path / "x"), np.arange(6250))


def test_packets_become_annotations_in_order_before_and_after_the_end(tmp_path):
    writer = RecordingWriter(tmp_path / "x", 1e6)
    writer.write(SAMPLES)
    writer.annotate(Annotation.of_packet(5000, 300, 9.96, 120.5))
    writer.annotate(Annotation.of_packet(100, 300, 10.0, 0.0))
    writer.finish()
    writer.annotate(Annotation.of_packet(2000, 300, 8.0, 0.0))
    writer.finish()
    annotations = json.loads(writer.path.read_text())["annotations"]
    assert [a["core:sample_start"] for a in annotations] == [100, 2000, 5000]
    last = annotations[-1]
    assert (last["core:sample_count"], last["core:label"]) == (300, "packet 10.0 dB")
    assert (last["deepjscec:snr_db"], last["deepjscec:cfo_hz"]) == (9.96, 120.5)


def test_annotating_replaces_our_annotations_and_keeps_others(tmp_path):
    meta = record(tmp_path / "x", SAMPLES)
    metadata = json.loads(meta.read_text())
    metadata["annotations"] = [{"core:sample_start": 50, "core:label": "a bird"}]
    del metadata["global"]["core:extensions"]  # as in another program's file
    meta.write_text(json.dumps(metadata))
    annotate(meta, [Annotation(700, 10, "old"), Annotation(900, 10, "not looked at again")], 0, 1000)
    annotate(meta, [Annotation(9, 10, "new"), Annotation(70, 10, "newer")], 0, 800)
    after = json.loads(meta.read_text())
    assert [a["core:label"] for a in after["annotations"]] == ["new", "a bird", "newer", "not looked at again"]
    assert [extension["name"] for extension in after["global"]["core:extensions"]] == ["deepjscec"]
    np.testing.assert_array_equal(read(meta), SAMPLES)
