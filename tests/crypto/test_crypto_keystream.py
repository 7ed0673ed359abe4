# SPDX-License-Identifier: GPL-3.0-or-later
"""The AES-256-CTR key stream and its counter layout."""

import struct

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from deepjscec.crypto import CounterExhaustedError, KeyStream, Secret, Session

SECRET = bytes(range(32))
SESSION_ID = bytes(range(100, 108))


def ecb_words(key: bytes, packet: int, scheme: int, parameter: int, first: int, count: int) -> np.ndarray:
    """The key stream once more: each counter block through AES in ECB mode."""
    aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    counters = b"".join(struct.pack(">IHHQ", packet, scheme, parameter, first + i) for i in range(count // 2))
    return np.frombuffer(aes.update(counters), "<u8").astype(np.uint64)


def test_words_equal_an_independent_ecb_computation():
    key = bytes(range(50, 82))
    # 20000 words are more than one piece of the implementation's loop.
    words = KeyStream(Secret(key), 0xDEADBEEF, 1, 64, first=2**32 - 3).words(20000)
    assert np.array_equal(words, ecb_words(key, 0xDEADBEEF, 1, 64, 2**32 - 3, 20000))


def test_known_answer_of_a_session():
    words = Session.derive(SECRET, SESSION_ID).key_stream(17, 1, 4, 10).words(4)
    assert [hex(w) for w in words.tolist()] == [
        "0x6b772095a7ed4513",
        "0x255b39dbf7bbe5af",
        "0xb8909828e4a7694a",
        "0x1a27ef92cbe90f44",
    ]


def test_cut_reads_and_random_access_give_the_same_words():
    session = Session.derive(SECRET, SESSION_ID)
    whole = session.key_stream(3, 1, 64).words(5000)
    stream = session.key_stream(3, 1, 64)
    cut = np.concatenate([stream.words(n) for n in (2, 1, 997, 4000)])
    assert np.array_equal(cut, whole)
    assert np.array_equal(session.key_stream(3, 1, 64, first=1000).words(3000), whole[2000:])


def test_packets_schemes_parameters_and_sessions_have_streams_of_their_own():
    one, other = (Session.derive(SECRET, bytes(7) + bytes([i])) for i in range(2))
    streams = [
        one.key_stream(5, 1, 64),
        one.key_stream(6, 1, 64),
        one.key_stream(5, 2, 64),
        one.key_stream(5, 1, 63),
        other.key_stream(5, 1, 64),
    ]
    words = np.concatenate([s.words(1000) for s in streams])
    assert np.unique(words).size == words.size


@pytest.mark.parametrize(
    ("packet", "scheme", "parameter", "first"),
    [
        (-1, 1, 0, 0),
        (0, 0, 0, 0),
        (0, 65536, 0, 0),
        (0, 1, -1, 0),
        (0, 1, 65536, 0),
        (0, 1, 0, -1),
        (0, 1, 0, 2**63),
    ],
)
def test_fields_out_of_range_are_refused(packet, scheme, parameter, first):
    with pytest.raises(ValueError, match=r"packet|scheme|parameter|position"):
        KeyStream(Secret(SECRET), packet, scheme, parameter, first)


def test_packet_number_does_not_wrap():
    with pytest.raises(CounterExhaustedError):
        KeyStream(Secret(SECRET), 2**32, 1)


def test_fill_refuses_what_it_cannot_fill():
    stream = KeyStream(Secret(SECRET), 0, 1)
    for words in (np.empty(4, np.float64), np.empty(8, np.uint64)[::2]):
        with pytest.raises(ValueError, match="uint64"):
            stream.fill(words)
