# SPDX-License-Identifier: GPL-3.0-or-later
"""Every parser of bytes from strangers or from disk, on random bytes and on damaged valid inputs: read, or refused as
documented. `benchmarks/fuzz_parsers.py` goes on from here by coverage, for as long as one likes."""

import numpy as np
import pytest
from fuzz_parsers import escaped
from fuzz_targets import TARGETS, BrokenPromiseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepjscec.crypto import HeaderOpener
from deepjscec.link.fields import PacketFields


@pytest.fixture(scope="module", params=TARGETS)
def target(request):
    return TARGETS[request.param]


@pytest.fixture(scope="module")
def seeds(target, tmp_path_factory):
    return target.seeds(tmp_path_factory.mktemp("seeds"))


@st.composite
def damaged(draw, seeds: list[bytes], words: tuple[bytes, ...]) -> bytes:
    """A valid input after a few cuts, repetitions, changed bytes and inserted words."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        start, stop = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
        how = draw(st.sampled_from(["cut", "repeat", "replace", "insert"]))
        if how == "cut":
            del data[start : start + min(stop - start, 8)]
        elif how == "repeat":
            data[start:start] = data[start : start + 64]
        elif how == "replace" and data:
            data[min(start, len(data) - 1)] = draw(st.integers(0, 255))
        else:
            data[start:start] = draw(st.sampled_from(words) if words else st.binary(max_size=8))
    return bytes(data[:16384])


def test_valid_inputs_are_read(target, seeds, tmp_path):
    assert seeds
    for data in seeds:
        target.feed(data, tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_inputs_are_read_or_refused_as_documented(target, seeds, tmp_path, data):
    target.feed(data.draw(damaged(seeds, target.words)), tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_random_bytes_are_read_or_refused_as_documented(target, tmp_path, data):
    target.feed(data, tmp_path)


def test_an_undocumented_error_is_a_finding(tmp_path, monkeypatch):
    def crash(self, header):
        raise IndexError("off by one")

    monkeypatch.setattr(HeaderOpener, "open", crash)
    with pytest.raises(IndexError):
        TARGETS["header"].feed(bytes(48), tmp_path)


def test_an_error_of_two_lines_and_a_wrong_reading_are_findings(tmp_path, monkeypatch):
    fields = PacketFields(7, 1, 3, 12, 512, 768, 2, bytes(8))

    def two_lines(data):
        raise ValueError("one\ntwo")

    for wrong, complaint in ((two_lines, "not one line"), (lambda data: fields, "other bytes")):
        monkeypatch.setattr(PacketFields, "unpack", wrong)
        with pytest.raises(BrokenPromiseError, match=complaint):
            TARGETS["fields"].feed(b"\1" * 23, tmp_path)


def test_words_of_a_dictionary_are_written_as_libfuzzer_reads_them():
    assert escaped(b'"\\\n') == r"\x22\x5C\x0A"
    assert np.frombuffer(bytes.fromhex(escaped(bytes(range(256))).replace(r"\x", "")), np.uint8).tolist() == list(
        range(256)
    )
