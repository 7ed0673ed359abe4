# SPDX-License-Identifier: GPL-3.0-or-later
"""The telemetry's messages: what was said arrives, and what nobody should say is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepjscec.telemetry import Picture, Status, parse, serialize
from deepjscec.telemetry.wire import MAX_BLOB, MAX_JSON

PICTURE = Picture("bob", 7, 20, 30, 5_000, b"file", 1, 9.5, 11, 12, "ship", 0.75)
STATUS = Status("channel", 3, {"packets": 12, "real_time_factor": 1.5})


@pytest.mark.parametrize("message", [PICTURE, STATUS, Picture("alice", 0, 1, 1, 0, b"x"), Status("eve", 0, {})])
def test_message_survives_its_bytes(message):
    parts = serialize(message)
    assert parts[0] == f"deepjscec/1/{message.role}/{type(message).__name__.lower()}".encode()
    assert parse(parts) == message


@given(
    st.integers(0, 2**32 - 1),
    st.floats(-100, 200) | st.none(),
    st.text(max_size=64).filter(str.isprintable) | st.none(),
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True), st.integers(-(2**62), 2**62), max_size=64),
)
def test_any_values_in_range_survive(image_id, snr_db, label, counters):
    picture = Picture("eve", image_id, 1, 1, 2**63 - 1, b"", snr_db=snr_db, label=label)
    assert parse(serialize(picture)) == picture
    assert parse(serialize(Status("bob", 0, counters))) == Status("bob", 0, counters)


def changed(message, **fields):
    topic, text, blob = serialize(message)
    return [topic, json.dumps({**json.loads(text), **fields}).encode(), blob]


@pytest.mark.parametrize(
    "fields, complaint",
    [
        ({"image_id": -1}, "image_id -1"),
        ({"image_id": 2**32}, "image_id 4294967296"),
        ({"image_id": True}, "image_id True"),
        ({"image_id": 1.0}, "image_id 1.0"),
        ({"image_id": None}, "image_id None"),
        ({"height": 0}, "height 0"),
        ({"width": 65_536}, "width 65536"),
        ({"reduced": 0}, "reduced 0"),
        ({"time_ns": "now"}, "time_ns 'now'"),
        ({"snr_db": 1e9}, "snr_db 1000000000.0"),
        ({"snr_db": float("nan")}, "snr_db nan"),
        ({"snr_db": "9"}, "snr_db '9'"),
        ({"packets_received": -1}, "packets_received -1"),
        ({"packets_sent": 1.5}, "packets_sent 1.5"),
        ({"confidence": 1.01}, "confidence 1.01"),
        ({"label": 5}, "label 5"),
        ({"label": "x" * 65}, "label 'xxx"),
        ({"label": "a\nb"}, r"label 'a\\nb'"),
    ],
)
def test_picture_with_a_bad_field_is_refused(fields, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse(changed(PICTURE, **fields))


@pytest.mark.parametrize(
    "counters",
    [
        None,
        [1],
        {"Big": 1},
        {"x" * 41: 1},
        {"": 1},
        {"a": "1"},
        {"a": True},
        {"a": None},
        {"a": {"b": 1}},
        {"a": float("inf")},
        {"a": 10**19},
        {"a": -(10**400)},
        {f"n{i}": i for i in range(65)},
    ],
)
def test_bad_counters_are_refused(counters):
    with pytest.raises(ValueError, match="counter"):
        parse(changed(STATUS, counters=counters))


@pytest.mark.parametrize(
    "parts, complaint",
    [
        ([], "0 parts"),
        ([b"deepjscec/1/bob/status", b"{}"], "2 parts"),
        ([b"deepjscec/2/bob/status", b"{}", b""], "unknown topic"),
        ([b"deepjscec/1/mallory/status", b"{}", b""], "unknown topic"),
        ([b"deepjscec/1/bob/video", b"{}", b""], "unknown topic"),
        ([b"deepjscec/1/bob/status/x", b"{}", b""], "unknown topic"),
        ([b"deepjscec/1/b\xffb/status", b"{}", b""], "unknown topic"),
        ([b"deepjscec/1/bob/status", b"{", b""], "no JSON"),
        ([b"deepjscec/1/bob/status", b"\xff", b""], "no JSON"),
        ([b"deepjscec/1/bob/status", b"[" * 10_000, b""], "no JSON"),
        ([b"deepjscec/1/bob/status", b"9" * 10_000, b""], "no JSON"),
        ([b"deepjscec/1/bob/status", b"[]", b""], "no object"),
        ([b"deepjscec/1/bob/status", b" " * (MAX_JSON + 1), b""], "bytes of JSON"),
        ([b"deepjscec/1/bob/status", b'{"time_ns": 1, "counters": {}}', b"x"], "status with a picture"),
    ],
)
def test_what_is_no_message_is_refused(parts, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse(parts)


def test_channel_has_no_pictures():
    topic, text, blob = serialize(PICTURE)
    with pytest.raises(ValueError, match="picture of role 'channel'"):
        parse([topic.replace(b"bob", b"channel"), text, blob])


def test_oversized_picture_is_refused():
    topic, text, _ = serialize(PICTURE)
    with pytest.raises(ValueError, match=f"more than {MAX_BLOB}"):
        parse([topic, text, bytes(MAX_BLOB + 1)])


def test_what_a_later_publisher_may_add_is_left_out():
    assert parse(changed(PICTURE, colour="red")) == PICTURE


def test_what_would_be_refused_is_not_sent():
    with pytest.raises(ValueError, match="snr_db"):
        serialize(Picture("bob", 0, 1, 1, 0, b"", snr_db=-1e6))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["image_id", "height", "width", "time_ns", "reduced", "snr_db", "label", "counters"])


@given(
    st.sampled_from([b"deepjscec/1/bob/picture", b"deepjscec/1/bob/status"]),
    st.binary(max_size=50) | st.dictionaries(NAMES, JSON).map(lambda fields: json.dumps(fields).encode()),
    st.binary(max_size=20),
)
def test_anything_else_is_a_value_error(topic, text, blob):
    try:
        message = parse([topic, text, blob])
    except ValueError as error:
        assert len(str(error)) < 300, "a complaint is no copy of what came"
    else:
        assert parse(serialize(message)) == message
