# SPDX-License-Identifier: GPL-3.0-or-later
"""Replay window and session memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepjscec.crypto import CounterExhaustedError, ReplayWindow, SessionMemory


def test_each_number_is_taken_once_in_any_order():
    order = np.random.default_rng(8).permutation(1024).tolist()
    window = ReplayWindow()
    assert all(window.accept(p) for p in order)
    assert not any(window.accept(p) for p in order)


def test_window_edges():
    window = ReplayWindow(64)
    assert window.accept(100)
    assert window.accept(37)
    assert not window.accept(36)
    assert window.accept(2**32 - 1)
    assert not window.accept(100)
    assert window.accept(2**32 - 64)
    assert not window.accept(2**32 - 65)
    with pytest.raises(CounterExhaustedError):
        window.accept(2**32)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 20), st.lists(st.integers(0, 60), max_size=80))
def test_window_equals_a_plain_set(size, packets):
    window, taken = ReplayWindow(size), set()
    for packet in packets:
        expected = packet not in taken and packet > max(taken, default=-1) - size
        assert window.accept(packet) == expected
        if expected:
            taken.add(packet)


def test_sessions_have_windows_of_their_own():
    memory = SessionMemory()
    assert memory.accept(b"key1session1", 5)
    assert memory.accept(b"key1session2", 5)
    assert not memory.accept(b"key1session1", 5)


def test_a_pushed_out_session_stays_refused():
    memory = SessionMemory(max_sessions=2, max_retired=3)
    for i in range(5):
        assert memory.accept(bytes([i]) * 12, 0)
    for i in range(3):
        assert not memory.accept(bytes([i]) * 12, 1)
    assert memory.accept(bytes([4]) * 12, 1)
    assert memory.accept(bytes([3]) * 12, 1)


def test_memory_is_bounded_and_forgets_the_oldest():
    memory = SessionMemory(max_sessions=2, max_retired=3)
    for i in range(100):
        memory.accept(i.to_bytes(12, "big"), 0)
    assert len(memory._windows) == 2
    assert len(memory._retired) == 3
    assert memory.accept(bytes(12), 0)  # the documented limit


def test_a_retired_session_is_refused():
    memory = SessionMemory()
    memory.accept(b"key1session1", 0)
    memory.retire(b"key1session1")
    assert not memory.accept(b"key1session1", 1)


def test_bad_parameters_are_refused():
    for make in (lambda: ReplayWindow(0), lambda: SessionMemory(0), lambda: SessionMemory(window=0)):
        with pytest.raises(ValueError, match=r"at least 1|>= 1"):
            make()
    with pytest.raises(ValueError, match="12 bytes"):
        SessionMemory().accept(b"short", 0)
