# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of any radio's types are read, damaged ones refused in one line, and neither fills the memory."""

import tarfile
import tracemalloc

import numpy as np
import pytest
import sigmf

from deepjscec.recording import Recording, RecordingWriter, convert
from tests.recording.recording_setup import edit, noise, read, record

SAMPLES = noise(np.random.default_rng(2), 3000)

INTEGERS = np.array([[-100, 100], [0, 0], [127, -128], [1, 2]])


@pytest.mark.parametrize("datatype", ["ci8", "ci16_le", "ci16_be", "ci32_le", "ci32_be"])
def test_signed_integers_are_scaled_to_one(tmp_path, datatype):
    bits = int(datatype[2:].split("_")[0])
    dtype = np.dtype(f"{'>' if datatype.endswith('be') else '<'}i{bits // 8}")
    full = INTEGERS * 2 ** (bits - 8)
    write(tmp_path, datatype, full.astype(dtype))
    np.testing.assert_array_equal(read(tmp_path / "x"), INTEGERS @ [1, 1j] / 128)


@pytest.mark.parametrize("datatype", ["cu8", "cu16_le", "cu16_be"])
def test_unsigned_integers_lose_their_middle(tmp_path, datatype):
    bits = int(datatype[2:].split("_")[0])
    dtype = np.dtype(f"{'>' if datatype.endswith('be') else '<'}u{bits // 8}")
    full = INTEGERS * 2 ** (bits - 8) + 2 ** (bits - 1)
    write(tmp_path, datatype, full.astype(dtype))
    np.testing.assert_array_equal(read(tmp_path / "x"), INTEGERS @ [1, 1j] / 128)


@pytest.mark.parametrize(
    "datatype, dtype", [("cf32_le", "<c8"), ("cf32_be", ">c8"), ("cf64_le", "<c16"), ("cf64_be", ">c16")]
)
def test_floats_are_read_as_they_are(tmp_path, datatype, dtype):
    write(tmp_path, datatype, SAMPLES.astype(dtype))
    samples = read(tmp_path / "x")
    assert samples.dtype == np.complex64 and samples.dtype.isnative
    np.testing.assert_array_equal(samples, SAMPLES)


def write(folder, datatype, array):
    """A recording by the reference library."""
    array.tofile(folder / "x.sigmf-data")
    recording = sigmf.SigMFFile(
        data_file=folder / "x.sigmf-data", global_info={"core:datatype": datatype, "core:sample_rate": 1e6}
    )
    recording.add_capture(0, {"core:frequency": 1e9})
    recording.tofile(folder / "x.sigmf-meta")
    assert Recording.open(folder / "x").datatype == datatype


def test_metadata_are_there_to_ask(tmp_path):
    meta = record(tmp_path / "x", SAMPLES, 250e3, frequency=433e6, fields={"role": "bob"})
    recording = Recording.open(meta)
    assert (recording.sample_rate, recording.frequency, recording.length) == (250e3, 433e6, 3000)
    assert recording.fields == {"role": "bob"}
    assert recording.path == meta
    edit(meta, "captures", frequency=None)
    assert Recording.open(meta).frequency is None


@pytest.mark.parametrize("start, stop, size", [(0, None, 7), (10, 2000, 512), (2999, 10**9, 64), (500, 500, 8)])
def test_chunks_are_the_stretch_asked_for(tmp_path, start, stop, size):
    recording = Recording.open(record(tmp_path / "x", SAMPLES))
    chunks = list(recording.chunks(start, stop, size))
    assert all(0 < len(chunk) <= size for chunk in chunks)
    np.testing.assert_array_equal(np.concatenate([np.zeros(0), *chunks]), SAMPLES[start:stop])


def test_archive_is_read_where_it_lies(tmp_path):
    meta = record(tmp_path / "x", SAMPLES, fields={"role": "eve"})
    sigmf.fromfile(meta).archive(str(tmp_path / "packed.sigmf"))
    recording = Recording.open(tmp_path / "packed.sigmf")
    assert recording.fields == {"role": "eve"}
    np.testing.assert_array_equal(np.concatenate(list(recording.chunks(5, size=1000))), SAMPLES[5:])
    raw = bytearray((tmp_path / "packed.sigmf").read_bytes())
    raw[raw.index(SAMPLES.tobytes()) + 800] ^= 1
    (tmp_path / "packed.sigmf").write_bytes(raw)
    with pytest.raises(ValueError, match=r"packed\.sigmf: its hash"):
        Recording.open(tmp_path / "packed.sigmf")


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "x.sigmf").write_bytes(b"no tar" * 300)
    with pytest.raises(ValueError, match=r"x\.sigmf: not a SigMF archive"):
        Recording.open(tmp_path / "x.sigmf")
    with tarfile.open(tmp_path / "y.sigmf", "w") as archive:
        archive.add(tmp_path / "x.sigmf", "y.sigmf-data")
    with pytest.raises(ValueError, match=r"y\.sigmf: .*no metadata"):
        Recording.open(tmp_path / "y.sigmf")
    with pytest.raises(FileNotFoundError, match=r"z\.sigmf: No such file"):
        Recording.open(tmp_path / "z.sigmf")


def cut(meta, data):
    data.write_bytes(data.read_bytes()[:-800])


def cut_in_a_sample(meta, data):
    data.write_bytes(data.read_bytes()[:-3])


def change(meta, data):
    raw = bytearray(data.read_bytes())
    raw[1234] ^= 1
    data.write_bytes(raw)


def wrong_hash(meta, data):
    edit(meta, sha512="0" * 128)


def no_json(meta, data):
    meta.write_text(meta.read_text()[:-20])


def no_object(meta, data):
    meta.write_text("[1, 2]")


def no_text(meta, data):
    meta.write_bytes(b"\xff\xfe\x00")


def nested(meta, data):
    meta.write_text("[" * 100_000)


BAD = [
    (cut, r"x\.sigmf-data: its hash is not core:sha512"),
    (cut_in_a_sample, r"x\.sigmf-data: 23997 bytes .* samples of 8 bytes \(core:datatype cf32_le\)"),
    (change, r"x\.sigmf-data: its hash is not core:sha512"),
    (wrong_hash, r"x\.sigmf-data: its hash is not core:sha512"),
    (lambda meta, data: data.unlink(), r"x\.sigmf-data: no such file"),
    (lambda meta, data: data.write_bytes(b""), r"x\.sigmf-data: holds no samples"),
    (lambda meta, data: meta.unlink(), r"x\.sigmf-meta: No such file"),
    (lambda meta, data: (meta.unlink(), meta.mkdir()), r"x\.sigmf-meta: Is a directory"),
    (no_json, r"x\.sigmf-meta: not JSON"),
    (no_object, r"x\.sigmf-meta: metadata: .*'object'"),
    (no_text, r"x\.sigmf-meta: not JSON"),
    (nested, r"x\.sigmf-meta: not JSON"),
    (lambda meta, data: edit(meta, datatype=None), "global: 'core:datatype' is a required property"),
    (lambda meta, data: edit(meta, datatype="cf31_le"), "global/core:datatype: 'cf31_le'"),
    (lambda meta, data: edit(meta, datatype="rf32_le"), "core:datatype: rf32_le is not complex"),
    (lambda meta, data: edit(meta, sample_rate=None), "core:sample_rate: missing"),
    (lambda meta, data: edit(meta, sample_rate="fast"), "global/core:sample_rate: 'fast'"),
    (lambda meta, data: edit(meta, sample_rate=float("nan")), "metadata: .*JSON"),
    (lambda meta, data: edit(meta, num_channels=2), "core:num_channels: 2"),
    (lambda meta, data: edit(meta, trailing_bytes=8), "core:trailing_bytes"),
    (lambda meta, data: edit(meta, dataset="other.bin"), "core:dataset: 'other.bin'"),
    (lambda meta, data: edit(meta, "captures", header_bytes=8), "core:header_bytes"),
    (lambda meta, data: edit(meta, "captures", sample_start=None), "captures/0: 'core:sample_start'"),
]


@pytest.mark.parametrize("damage, message", BAD)
def test_damage_is_told_in_one_line(tmp_path, damage, message):
    meta = record(tmp_path / "x", SAMPLES)
    damage(meta, meta.with_suffix(".sigmf-data"))
    with pytest.raises((ValueError, OSError), match=message) as error:
        Recording.open(meta)
    assert "\n" not in str(error.value) and str(error.value).startswith("recording ")


def test_recording_without_hash_is_taken_as_it_is(tmp_path):
    meta = record(tmp_path / "x", SAMPLES)
    edit(meta, sha512=None)
    cut(meta, meta.with_suffix(".sigmf-data"))
    np.testing.assert_array_equal(read(meta), SAMPLES[:-100])


def test_memory_does_not_grow_with_the_recording(tmp_path):
    count = 1 << 24  # 128 MiB
    tracemalloc.start()
    with RecordingWriter(tmp_path / "x", 2e6) as writer:
        piece = np.ones(1 << 16, np.complex64)
        for _ in range(count // len(piece)):
            writer.write(piece)
    recording = Recording.open(writer.path)
    read_back = sum(map(len, convert(recording.chunks(), 2e6, shift=1e4, to_rate=1e6)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert recording.length == count and read_back == count // 2
    assert peak < 48 << 20
