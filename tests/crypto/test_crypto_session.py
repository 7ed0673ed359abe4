# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions, packet counters and secrets."""

import contextlib
import copy
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

from deepjscec.crypto import (
    CounterExhaustedError,
    HeaderSealer,
    IsometricCipher,
    ReusedCounterError,
    Secret,
    Session,
    key_id,
)
from deepjscec.crypto.counter import PacketCounter

SECRET = bytes(range(32))


def test_keys_follow_from_secret_and_session_id_alone():
    one, same = (Session.derive(SECRET, b"12345678") for _ in range(2))
    assert one.header_key == same.header_key
    assert one.key_id == key_id(Secret(SECRET)) == bytes.fromhex("ca00e229")
    for other in (Session.derive(SECRET, b"12345679"), Session.derive(bytes(32), b"12345678")):
        assert other.header_key != one.header_key
        assert other.key_stream(0, 1).words(1) != one.key_stream(0, 1).words(1)


def test_session_ids_are_fresh():
    assert len({Session.start(SECRET).id for _ in range(100)}) == 100


@pytest.mark.parametrize(("secret", "session_id"), [(b"short", bytes(8)), (bytes(33), bytes(8)), (SECRET, bytes(7))])
def test_wrong_lengths_are_refused(secret, session_id):
    with pytest.raises(ValueError, match="bytes, not"):
        Session.derive(secret, session_id)


def test_text_is_no_secret_and_no_session_id():
    with pytest.raises(TypeError):
        Session.derive("x" * 32, bytes(8))
    with pytest.raises(TypeError):
        Session.derive(SECRET, "12345678")


def test_packet_numbers_are_issued_once_and_in_order():
    session = Session.start(SECRET)
    assert [session.next_packet() for _ in range(3)] == [0, 1, 2]


def test_counter_rises_and_never_wraps():
    counter = PacketCounter("test")
    assert counter.claim(np.uint32(5)) == 5
    for packet in (5, 4, 0):
        with pytest.raises(ReusedCounterError):
            counter.claim(packet)
    with pytest.raises(CounterExhaustedError):
        counter.claim(2**32)
    with pytest.raises(ValueError, match="negative"):
        counter.claim(-1)
    with pytest.raises(TypeError):
        counter.claim(6.0)
    assert counter.last == 5
    counter.claim(2**32 - 1)
    with pytest.raises(CounterExhaustedError):
        counter.next()
    with pytest.raises(ReusedCounterError):
        counter.claim(0)


def test_threads_cannot_share_a_number():
    counter, won = PacketCounter("test"), []
    barrier = threading.Barrier(8)

    def race():
        barrier.wait()
        for packet in range(200):
            with contextlib.suppress(ReusedCounterError):
                won.append(counter.claim(packet))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == len(set(won))
    assert counter.last == 199


def test_a_received_session_refuses_to_send():
    session = Session.derive(SECRET, bytes(8), receive_only=True)
    with pytest.raises(ReusedCounterError, match="receive"):
        IsometricCipher(session, 4).encrypt(np.ones(4, np.complex64), packet=0)
    with pytest.raises(ReusedCounterError, match="receive"):
        HeaderSealer(session).seal(0, bytes(23))
    with pytest.raises(ReusedCounterError, match="receive"):
        session.next_packet()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_cannot_use_its_parents_numbers():
    counter = PacketCounter("test")
    child = os.fork()
    if child == 0:  # no pytest machinery may run in here
        try:
            counter.claim(0)
            os._exit(1)
        except ReusedCounterError:
            os._exit(0)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_secrets_do_not_show():
    secret = Secret(b"\xabSECRETSECRETSECRETSECRETSECRET!")
    session = Session.derive(secret, bytes(8))
    shown = " ".join(map(repr, (secret, session, session.header_key, vars(session)))) + str(secret) + f"{session}"
    for key in (secret, session.header_key, session._stream_key):
        raw = key.reveal()
        assert "SECRET" not in shown
        assert raw.hex() not in shown
        assert repr(raw)[2:-1] not in shown
    for maker in (lambda: Secret(b"SECRET"), lambda: Session.derive(b"SECRET", bytes(8))):
        with pytest.raises(ValueError, match="32 bytes, not 6") as caught:
            maker()
        assert "SECRET" not in str(caught.value)


def test_secrets_and_sessions_cannot_be_copied_by_accident():
    for thing in (Secret(SECRET), Session.start(SECRET)):
        for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="copied"):
                duplicate(thing)
    with pytest.raises(TypeError):
        hash(Secret(SECRET))


def test_import_loads_no_numba():
    code = "import sys, deepjscec.crypto; sys.exit('numba' in sys.modules or 'scipy' in sys.modules)"
    path = os.pathsep.join(p for p in sys.path if p)
    assert subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}).returncode == 0
