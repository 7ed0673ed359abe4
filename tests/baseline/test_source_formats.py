# SPDX-License-Identifier: GPL-3.0-or-later
"""Colour planes, NAL units and OBUs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepjscec.baseline.colour import BT601, YCGCO, from_planes, to_planes
from deepjscec.baseline.nal import split_stream, unit_type, with_emulation_prevention, without_emulation_prevention
from deepjscec.baseline.obu import FRAME, media_data, split_units, unit


@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 255])).map(bytes))
def test_emulation_prevention_is_undone_and_leaves_no_start_code(payload):
    escaped = with_emulation_prevention(payload)
    assert not any(code in escaped for code in (b"\0\0\0", b"\0\0\1", b"\0\0\2"))
    assert without_emulation_prevention(escaped) == payload


def test_units_of_a_stream_with_both_start_codes():
    units = split_stream(b"\0\0\0\1\x40\1a\0\0\1\x28\1b")
    assert units == [b"\x40\1a", b"\x28\1b"]
    assert [unit_type(u) for u in units] == [32, 20]


@given(st.binary(max_size=400))
def test_obu_is_split_as_it_was_made(payload):
    assert split_units(unit(FRAME, payload) + unit(1, b"z")) == [(FRAME, payload), (1, b"z")]


def test_media_data_is_found_and_a_cut_file_refused():
    file = b"\0\0\0\x0cftypavif" + b"\0\0\0\x0amdatxy"
    assert media_data(file) == b"xy"
    with pytest.raises(ValueError, match="box of 10 bytes at 12"):
        media_data(file[:-1])


@pytest.mark.parametrize("matrix, largest", [(BT601, 2), (YCGCO, 3)])
def test_colour_without_subsampling_is_lost_only_in_rounding(matrix, largest):
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), dtype=np.uint8)
    error = from_planes(to_planes(images, matrix, False), matrix).astype(int) - images
    assert np.abs(error).max() <= largest


@pytest.mark.parametrize("matrix", [BT601, YCGCO])
def test_grey_is_luma_alone(matrix):
    images = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    luma, *chroma = to_planes(images, matrix, False)
    np.testing.assert_array_equal(luma, images[..., 0])
    assert all((plane == 128).all() for plane in chroma)


def test_subsampled_chroma_of_a_ramp_is_interpolated_exactly_inside():
    ramp = np.zeros((1, 16, 16, 3), np.uint8)
    ramp[..., 2] = 8 * np.arange(16)
    restored = from_planes(to_planes(ramp, BT601, True), BT601).astype(int)
    assert np.abs(restored - ramp)[:, :, 1:-1].max() <= 2
