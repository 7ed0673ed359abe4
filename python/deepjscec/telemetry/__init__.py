# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running link tells of itself over ZeroMQ: pictures and counters of Alice, Bob, Eve and the channel.

Telemetry is in the clear: with Alice's goes the plaintext.
"""

from deepjscec.telemetry.pictures import decode_picture, encode_picture
from deepjscec.telemetry.publisher import Publisher
from deepjscec.telemetry.subscriber import Subscriber
from deepjscec.telemetry.wire import DEFAULT_ADDRESS, ROLES, Picture, Status, parse, serialize

__all__ = [
    "DEFAULT_ADDRESS",
    "ROLES",
    "Picture",
    "Publisher",
    "Status",
    "Subscriber",
    "decode_picture",
    "encode_picture",
    "parse",
    "serialize",
]
