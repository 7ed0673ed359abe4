# SPDX-License-Identifier: GPL-3.0-or-later
"""What people are told of packets that brought no picture."""

from deepjscec.app.capture.output import _clear_part
from deepjscec.app.refusals import describe_refusals
from deepjscec.crypto import HeaderSealer, PrivateKey, Secret, Session
from deepjscec.link import SessionOpening


def test_refusals_are_told_in_words_and_counts_of_nothing_left_out():
    told = describe_refusals({"spoofed": 3, "bad_tag": 0, "accepted": 7, "bad_prefix": 2})
    assert told == ["3 with a payload that Alice did not send", "2 whose prefix did not arrive whole"]


def test_an_opening_is_listed_as_one():
    key, session = PrivateKey.generate().public_key, Session.start(Secret.random())
    assert _clear_part(SessionOpening(key).first[0].header) == (key.id.hex(), "opening", "")
    assert _clear_part(HeaderSealer(session).seal(5, bytes(23))) == (session.key_id.hex(), session.id.hex(), "5")
