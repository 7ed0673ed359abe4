# SPDX-License-Identifier: GPL-3.0-or-later
"""The SigMF source plays what was recorded, sample by sample, and tells receivers where it ends."""

import os
import time

import numpy as np
import pytest
from gnuradio import blocks, deepjscec, gr
from gnuradio.deepjscec.ofdm_transmitter import END_TAG
from gnuradio.deepjscec.sigmf_source import END_AT, TAIL

from deepjscec.recording import RecordingWriter

SAMPLES = (np.arange(300_000) % 997 + 1j).astype(np.complex64)  # more than one piece of a recording


def record(path, samples=SAMPLES, **options):
    with RecordingWriter(path, 1e6, **options) as writer:
        writer.write(samples)
    return path


def played(source, count=None):
    """Samples and offsets of end tags."""
    flowgraph, sink, tags = gr.top_block(), blocks.vector_sink_c(), blocks.tag_debug(gr.sizeof_gr_complex, "", END_TAG)
    tags.set_display(False)
    tags.set_save_all(True)
    if count is None:
        flowgraph.connect(source, sink)
        flowgraph.connect(source, tags)
    else:
        head = blocks.head(gr.sizeof_gr_complex, count)
        flowgraph.connect(source, head, sink)
        flowgraph.connect(head, tags)
    flowgraph.run()
    return np.array(sink.data()), [tag.offset for tag in tags.current_tags()]


@pytest.mark.parametrize("suffix", ["", ".sigmf-meta", ".sigmf-data"])
def test_plays_a_recording_to_its_end_and_a_tail(tmp_path, suffix):
    record(tmp_path / "x")
    source = deepjscec.sigmf_source(str(tmp_path / f"x{suffix}"), 1e6)
    samples, ends = played(source)
    np.testing.assert_array_equal(samples, np.concatenate([SAMPLES, np.zeros(TAIL)]))
    assert ends == [SAMPLES.size + END_AT]
    assert source.get_stats() == {"samples": samples.size, "passes": 1}


def test_repeats_with_an_end_in_each_tail(tmp_path):
    record(tmp_path / "x")
    once = SAMPLES.size + TAIL
    samples, ends = played(deepjscec.sigmf_source(str(tmp_path / "x"), repeat=True), 2 * once + 100)
    np.testing.assert_array_equal(samples[once : 2 * once], samples[:once])
    np.testing.assert_array_equal(samples[2 * once :], SAMPLES[:100])
    assert ends == [SAMPLES.size + END_AT, once + SAMPLES.size + END_AT]


def test_takes_the_newest_recording_of_a_folder(tmp_path):
    for age, name in enumerate(("c", "a", "b")):
        record(tmp_path / name, np.full(1000, age, np.complex64))
        when = time.time() - 100 * age
        os.utime(tmp_path / f"{name}.sigmf-meta", (when, when))
    assert deepjscec.sigmf_source(str(tmp_path)).recording.path.stem == "c"


def test_samples_of_another_type_are_converted(tmp_path):
    (tmp_path / "x.sigmf-data").write_bytes(np.array([16384, -16384, 0, 8192], "<i2").tobytes())
    (tmp_path / "x.sigmf-meta").write_text(
        '{"global": {"core:datatype": "ci16_le", "core:sample_rate": 1e6, "core:version": "1.0.0"},'
        ' "captures": [{"core:sample_start": 0}], "annotations": []}'
    )
    samples, _ = played(deepjscec.sigmf_source(str(tmp_path / "x")))
    np.testing.assert_allclose(samples[:2], [0.5 - 0.5j, 0.25j], atol=1e-3)


def test_what_cannot_be_played_is_a_plain_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no \.sigmf-meta file in this folder"):
        deepjscec.sigmf_source(str(tmp_path))
    with pytest.raises(OSError, match="nowhere"):
        deepjscec.sigmf_source(str(tmp_path / "nowhere"))
    record(tmp_path / "x")
    with pytest.raises(ValueError, match="recorded at 1e\\+06 Hz, not at 2e\\+06 Hz"):
        deepjscec.sigmf_source(str(tmp_path / "x"), 2e6)
    with open(tmp_path / "x.sigmf-data", "r+b") as data:
        data.write(b"x")
    with pytest.raises(ValueError, match="hash"):
        deepjscec.sigmf_source(str(tmp_path / "x"))
