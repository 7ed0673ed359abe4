# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver's memory on disk: what was seen stays seen, whenever the receiver ends."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepjscec.crypto import SessionFile, SessionMemory
from deepjscec.crypto.session_file import MAGIC, STEP

A, B = b"key1session1", b"key1session2"


def reopened(path):
    return SessionMemory(file=SessionFile(path))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions"


def restart(memory):
    memory._file.close()  # a process that ends lets its lock go


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([A, B]), st.integers(0, 60)), max_size=40), st.integers(0, 40))
def test_no_packet_is_taken_twice_whenever_the_receiver_restarts(tmp_path_factory, packets, at):
    path = tmp_path_factory.mktemp("memory") / "sessions"
    memory, taken = reopened(path), set()
    for i, packet in enumerate(packets):
        if i == at:
            restart(memory)
            memory = reopened(path)
        if memory.accept(*packet):
            assert packet not in taken
            taken.add(packet)


def test_a_session_goes_on_after_a_restart(path):
    memory = reopened(path)
    assert all(memory.accept(A, i) for i in range(100))
    restart(memory)
    memory = reopened(path)
    assert not any(memory.accept(A, i) for i in range(100))
    later = [i for i in range(100, 200) if memory.accept(A, i)]
    assert len(later) >= 100 - STEP and later[-1] == 199
    assert memory.accept(B, 0)


def test_two_receivers_do_not_share_a_file(path):
    memory = reopened(path)
    with pytest.raises(ValueError, match="another receiver uses this session file"):
        SessionFile(path)
    restart(memory)
    SessionFile(path).close()


def test_the_file_is_private_and_a_folder_or_nowhere_is_named(path, tmp_path):
    restart(reopened(path))
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError, match="cannot open the session file"):
        SessionFile(tmp_path)
    with pytest.raises(OSError, match=r"nowhere.*cannot open the session file"):
        SessionFile(tmp_path / "nowhere" / "sessions")


@pytest.mark.parametrize("content", [b"deepjscec-key 1\nid", b"x", bytes(24)])
def test_other_files_are_refused_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="not a session file"):
        SessionFile(path)
    assert path.read_bytes() == content


def test_a_record_cut_short_by_a_crash_is_dropped(path):
    memory = reopened(path)
    memory.accept(A, 5)
    restart(memory)
    path.write_bytes(path.read_bytes() + b"sess")
    memory = reopened(path)
    assert not memory.accept(A, 5) and memory.accept(B, 0)
    restart(memory)
    assert path.stat().st_size % 16 == 0
    assert not reopened(path).accept(B, 0)


def test_the_file_does_not_grow_for_ever(path):
    record = (A + bytes(4), B + bytes(4))
    path.write_bytes(MAGIC + b"".join(record) * 5000)
    memory = reopened(path)
    assert path.stat().st_size == 48
    assert not memory.accept(A, 0) and memory.accept(A, 1)
    with pytest.raises(ValueError, match="another receiver"):  # the new file is locked as the old one was
        SessionFile(path)


def test_what_the_disk_does_not_take_is_not_accepted(path, monkeypatch):
    memory = reopened(path)

    def full(handle):
        raise OSError(28, "No space left on device")

    def half(handle, data, write=os.write):
        if len(data) < 16:
            full(handle)
        return write(handle, data[:5])

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="sessions: cannot write the session file: No space"):
            memory.accept(A, 0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(OSError, match="sessions: cannot write the session file: No space"):
            memory.accept(A, 1)
    assert memory.accept(B, 7)
    restart(memory)
    memory = reopened(path)
    assert not memory.accept(B, 7) and memory.accept(A, 2)
