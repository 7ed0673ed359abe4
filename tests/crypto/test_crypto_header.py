# SPDX-License-Identifier: GPL-3.0-or-later
"""The sealed header: 48 bytes that open under the right secret and in no other way."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepjscec.crypto import (
    FIELD_BYTES,
    HEADER_BYTES,
    CounterExhaustedError,
    ForeignKeyError,
    HeaderError,
    HeaderLengthError,
    HeaderOpener,
    HeaderSealer,
    HeaderTagError,
    HeaderVersionError,
    ReusedCounterError,
    Secret,
    Session,
    key_id,
    open_header,
)

SECRET = bytes(range(32))
FIELDS = bytes(range(FIELD_BYTES))


def sealed(packet: int = 17, session_id: bytes = bytes(range(100, 108))) -> bytes:
    return HeaderSealer(Session.derive(SECRET, session_id)).seal(packet, FIELDS)


def test_a_change_of_keys_leaves_no_gap():
    old, new = Secret(SECRET), Secret.random()
    opener = HeaderOpener(old, new)
    assert opener.key_ids == (key_id(old), key_id(new))
    for secret in (old, new, old):
        session = Session.start(secret)
        assert opener.open(HeaderSealer(session).seal(0, bytes(23))).session.id == session.id
    with pytest.raises(ForeignKeyError, match=f"ours is {key_id(old).hex()}, {key_id(new).hex()}"):
        opener.open(HeaderSealer(Session.start(Secret.random())).seal(0, bytes(23)))
    with pytest.raises(ValueError, match="each secret once"):
        HeaderOpener(old, old)


def test_secrets_that_came_later_are_kept_by_use_and_never_replace_another():
    own, used, *more = (Secret.random() for _ in range(5))
    opener = HeaderOpener(own, max_added=2)
    assert opener.add(used) is opener.add(used) is opener.add(own) is None
    session = Session.start(used)
    opener.keep(opener.open(HeaderSealer(session).seal(0, FIELDS)).session)
    assert opener.add(more[0]) is None
    for before, secret in itertools.pairwise(more):  # each pushes out the one before, which brought nothing
        opener.open(HeaderSealer(Session.start(before)).seal(0, FIELDS))
        assert opener.add(secret) == key_id(before)
        assert opener.key_ids == (key_id(own), key_id(used), key_id(secret))
    with pytest.raises(ForeignKeyError):
        opener.open(HeaderSealer(Session.start(more[0])).seal(0, FIELDS))


def test_a_secret_that_came_later_is_good_for_one_session():
    own, added = Secret.random(), Secret.random()
    opener = HeaderOpener(own)
    opener.add(added)
    session, other = Session.start(added), Session.start(added)
    opener.keep(opener.open(HeaderSealer(session).seal(0, FIELDS)).session)
    assert opener.open(HeaderSealer(session).seal(1, FIELDS)).packet == 1
    with pytest.raises(ForeignKeyError, match="good for one"):
        opener.open(HeaderSealer(other).seal(0, FIELDS))
    for _ in range(3):  # not so its own
        opener.keep(opener.open(HeaderSealer(Session.start(own)).seal(0, FIELDS)).session)


def test_known_answer():
    assert sealed().hex() == (
        "01ca00e2296465666768696a6b000000111fd84be9e75f5f75c1caf45a4b480850937b93cd36a0fd3d2f29f19178b202"
    )


def test_opens_to_what_was_sealed():
    header = sealed()
    assert (len(header), FIELD_BYTES) == (HEADER_BYTES, 23) == (48, 23)
    opened = HeaderOpener(SECRET).open(header)
    assert (opened.packet, opened.fields, opened.session.id) == (17, FIELDS, bytes(range(100, 108)))
    assert open_header(SECRET, bytearray(header)).fields == FIELDS


def test_fields_are_hidden_and_every_packet_looks_different():
    sealer = HeaderSealer(Session.start(SECRET))
    sealed_parts = {sealer.seal(p, FIELDS)[17:] for p in range(200)}
    assert len(sealed_parts) == 200
    assert all(FIELDS[:4] not in part for part in sealed_parts)


def test_any_flipped_bit_is_rejected():
    header, opener = sealed(), HeaderOpener(SECRET)
    for bit in range(8 * HEADER_BYTES):
        damaged = bytearray(header)
        damaged[bit // 8] ^= 1 << bit % 8
        expected = HeaderVersionError if bit < 8 else ForeignKeyError if bit < 40 else HeaderTagError
        with pytest.raises(expected):
            opener.open(damaged)
    assert opener.open(header).fields == FIELDS


def test_each_failure_has_its_own_error():
    opener = HeaderOpener(SECRET)
    for data in (b"", sealed()[:-1], sealed() + b"\0"):
        with pytest.raises(HeaderLengthError, match="48"):
            opener.open(data)
    with pytest.raises(HeaderVersionError, match="version 2"):
        opener.open(b"\2" + sealed()[1:])
    with pytest.raises(ForeignKeyError, match="ca00e229"):
        HeaderOpener(bytes(32)).open(sealed())
    forged = HeaderSealer(Session.derive(bytes(32), bytes(8)), key_id=bytes.fromhex("ca00e229")).seal(0, FIELDS)
    with pytest.raises(HeaderTagError):
        opener.open(forged)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.binary(min_size=43, max_size=43).map(lambda b: b"\1\xca\0\xe2\x29" + b)))
def test_fuzzed_headers_raise_documented_errors_only(data):
    opener = HeaderOpener(SECRET)
    with pytest.raises(HeaderError) as caught:
        opener.open(data)
    assert caught.type in (HeaderLengthError, HeaderVersionError, ForeignKeyError, HeaderTagError)


def test_a_packet_number_is_sealed_once():
    sealer = HeaderSealer(session := Session.derive(SECRET, bytes(8)))
    sealer.seal(3, FIELDS)
    with pytest.raises(ReusedCounterError):
        HeaderSealer(session).seal(3, FIELDS)
    with pytest.raises(CounterExhaustedError):
        sealer.seal(2**32, FIELDS)
    assert sealer.seal(2**32 - 1, FIELDS)


def test_wrong_sizes_are_refused_before_a_number_is_used():
    session = Session.derive(SECRET, bytes(8))
    with pytest.raises(ValueError, match="23 bytes, not 22"):
        HeaderSealer(session).seal(0, FIELDS[1:])
    with pytest.raises(ValueError, match="4 bytes, not 3"):
        HeaderSealer(session, key_id=b"abc")
    HeaderSealer(session).seal(0, FIELDS)


def test_cached_sessions_are_bounded_and_forgeries_do_not_evict():
    opener = HeaderOpener(SECRET, max_sessions=2)
    a, b = (sealed(session_id=bytes([i]) * 8) for i in (1, 2))
    session_a, session_b = opener.open(a).session, opener.open(b).session
    for i in range(3, 20):
        with pytest.raises(HeaderTagError):
            opener.open(a[:5] + bytes([i]) * 8 + a[13:])
    assert opener.open(a).session is session_a
    assert opener.open(sealed(session_id=b"newcomer")).session.id == b"newcomer"
    assert opener.open(a).session is session_a
    assert opener.open(b).session is not session_b  # pushed out, derived again
