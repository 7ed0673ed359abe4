# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords to sealed, encrypted packets, and back from whatever arrives. Knows neither OFDM nor pixels."""

from deepjscec.link.assembly import Assembly, ReceivedCodewords
from deepjscec.link.fields import PacketFields
from deepjscec.link.grouper import PictureGroup, PictureGrouper
from deepjscec.link.receiver import LinkReceiver
from deepjscec.link.sender import LinkSender, Packet

__all__ = [
    "Assembly",
    "LinkReceiver",
    "LinkSender",
    "Packet",
    "PacketFields",
    "PictureGroup",
    "PictureGrouper",
    "ReceivedCodewords",
]
