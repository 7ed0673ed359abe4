# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of the telemetry and their bytes.

A message has three parts: the topic `deepjscec/1/ROLE/KIND`, a JSON object, and a picture's file or nothing. Whoever
reaches the socket can send anything, so `parse` takes what is described here and refuses the rest. Fields of the
object that are not named here are left out, so that a later publisher may say more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

DEFAULT_ADDRESS = "tcp://127.0.0.1:5599"
TOPIC = "deepjscec/1"
ROLES = ("alice", "bob", "eve", "channel")
PICTURE_ROLES = ROLES[:3]  # a channel has counters alone

MAX_JSON = 16_384  # bytes
MAX_BLOB = 8 << 20  # bytes; see MAX_PIXELS in pictures.py, which keeps below
MAX_COUNTERS = 64
MAX_LABEL = 64  # characters
MAX_SIDE = 65_535  # pixels, as in a packet's header

INTEGER_LIMIT = 1 << 63  # of times and counters

_COUNTER_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Picture:
    """A picture that was taken in (Alice) or came out (Bob, Eve).

    `blob`: a PNG or JPEG file. `time_ns`: CLOCK_MONOTONIC of the machine. `height`, `width` in pixels are those of the
    picture in the link; the file shows it smaller by `reduced`. `snr_db`: Es/N0 per complex symbol.
    """

    role: str
    image_id: int
    height: int
    width: int
    time_ns: int
    blob: bytes = field(repr=False)
    reduced: int = 1
    snr_db: float | None = None
    packets_received: int | None = None
    packets_sent: int | None = None
    label: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Status:
    """Counters and measurements of a role, by name."""

    role: str
    time_ns: int
    counters: Mapping[str, float]


def serialize(message: Picture | Status) -> list[bytes]:
    """The parts of a multipart message. Raises `ValueError` for what `parse` would refuse."""
    fields = {key: value for key, value in asdict(message).items() if value is not None}
    role, blob = fields.pop("role"), fields.pop("blob", b"")
    kind = "picture" if isinstance(message, Picture) else "status"
    parts = [f"{TOPIC}/{role}/{kind}".encode(), json.dumps(fields, allow_nan=False).encode(), blob]
    parse(parts)
    return parts


def parse(parts: Sequence[bytes]) -> Picture | Status:
    """Inverse of `serialize`, of bytes that nobody vouches for. Raises `ValueError` that says what is wrong."""
    if len(parts) != 3:
        raise ValueError(f"a message of {len(parts)} parts, not 3")
    topic, text, blob = parts
    role, kind = _topic(topic)
    fields = _json_object(text)
    if len(blob) > MAX_BLOB:
        raise ValueError(f"a picture of {len(blob)} bytes, more than {MAX_BLOB}")
    time_ns = _integer(fields, "time_ns", 0, INTEGER_LIMIT - 1)
    if kind == "status":
        if blob:
            raise ValueError("a status with a picture")
        return Status(role, time_ns, _counters(fields.get("counters")))
    if role not in PICTURE_ROLES:
        raise ValueError(f"a picture of role {role!r}")
    received, sent = (_optional(_integer, fields, name, 0, 1 << 16) for name in ("packets_received", "packets_sent"))
    return Picture(
        role,
        _integer(fields, "image_id", 0, (1 << 32) - 1),
        _integer(fields, "height", 1, MAX_SIDE),
        _integer(fields, "width", 1, MAX_SIDE),
        time_ns,
        bytes(blob),
        _integer(fields, "reduced", 1, 256) if "reduced" in fields else 1,
        _optional(_number, fields, "snr_db", -100, 200),
        received,
        sent,
        _label(fields.get("label")),
        _optional(_number, fields, "confidence", 0, 1),
    )


def _topic(topic: bytes) -> tuple[str, str]:
    role, _, kind = topic.removeprefix(f"{TOPIC}/".encode()).decode("ascii", "replace").partition("/")
    if not topic.startswith(f"{TOPIC}/".encode()) or role not in ROLES or kind not in ("picture", "status"):
        raise ValueError(f"unknown topic {topic[:80]!r}")
    return role, kind


def _json_object(text: bytes) -> dict[str, Any]:
    if len(text) > MAX_JSON:
        raise ValueError(f"{len(text)} bytes of JSON, more than {MAX_JSON}")
    try:
        fields = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise ValueError(f"no JSON: {bytes(text[:80])!r}") from None
    if not isinstance(fields, dict):
        raise ValueError("JSON that is no object")
    return fields


def _integer(fields: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = fields.get(name)
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} {_short(value)} is no whole number from {least} to {most}")
    return value


def _number(fields: Mapping[str, Any], name: str, least: float, most: float) -> float:
    value: Any = fields.get(name)
    if type(value) not in (int, float) or not least <= value <= most:
        raise ValueError(f"{name} {_short(value)} is no number from {least} to {most}")
    return float(value)


def _optional(check: Any, fields: Mapping[str, Any], name: str, least: float, most: float) -> Any:
    return check(fields, name, least, most) if fields.get(name) is not None else None


def _label(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_LABEL or not value.isprintable():
        raise ValueError(f"label {_short(value)} is no text of up to {MAX_LABEL} printable characters")
    return value


def _counters(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or len(value) > MAX_COUNTERS:
        raise ValueError(f"counters are no object of up to {MAX_COUNTERS} numbers")
    for name, count in value.items():
        if not _COUNTER_NAME.fullmatch(name):
            raise ValueError(f"counter name {_short(name)}: lower-case letters, digits and _ are allowed, 40 of them")
        if type(count) not in (int, float) or not -INTEGER_LIMIT < count < INTEGER_LIMIT:
            raise ValueError(f"counter {name} is {_short(count)}")
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
