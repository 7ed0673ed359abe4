# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords to sealed, encrypted packets, and back from whatever arrives. Knows neither OFDM nor pixels."""

from deepjscec.link.assembly import Assembly, ReceivedCodewords
from deepjscec.link.fields import PacketFields
from deepjscec.link.grouper import PictureGroup, PictureGrouper
from deepjscec.link.opening import SessionOpening, is_opening
from deepjscec.link.packet import Packet
from deepjscec.link.payload import PayloadFormat
from deepjscec.link.receiver import LinkReceiver
from deepjscec.link.sender import LinkSender

__all__ = [
    "Assembly",
    "LinkReceiver",
    "LinkSender",
    "Packet",
    "PacketFields",
    "PayloadFormat",
    "PictureGroup",
    "PictureGrouper",
    "ReceivedCodewords",
    "SessionOpening",
    "is_opening",
]
