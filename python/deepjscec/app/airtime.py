# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture takes on the air."""

from __future__ import annotations

from dataclasses import dataclass

from deepjscec.codec import ModelCard
from deepjscec.crypto import Secret, Session, make_cipher
from deepjscec.link import PayloadFormat
from deepjscec.phy import Profile


@dataclass(frozen=True)
class Airtime:
    """Of one group of `pictures` that share packets, 1 where a picture has packets of its own."""

    pictures: int
    packets: int
    payload_symbols: int
    samples: int  # of the bursts, with the gap after each
    sample_rate: float

    @property
    def seconds(self) -> float:
        """For each picture."""
        return self.samples / self.sample_rate / self.pictures


def airtime(
    card: ModelCard, cipher: str, shape: tuple[int, int], rate_index: int, profile: Profile, gap: int
) -> Airtime:
    """Of pictures of `shape` (H, W) at the rate of that index, `gap` idle samples after each packet.

    Raises `ValueError` where a packet has no room for the cipher's blocks.
    """
    layout = PayloadFormat(make_cipher(cipher, Session.start(Secret.random()), card.block_size))
    room = layout.capacity(profile.max_payload_symbols)
    if room < 1:
        raise ValueError(f"packets of {profile.max_payload_symbols} symbols have no room beside what {cipher} adds")
    blocks = card.codeword_length(shape, rate_index) // card.block_size
    pictures = max(1, room // blocks)
    blocks *= pictures
    packets = -(-blocks // room)
    shares = [(i + 1) * blocks // packets - i * blocks // packets for i in range(packets)]
    lengths = [layout.length(share) for share in shares]
    samples = sum(profile.packet_len(length) + gap for length in lengths)
    return Airtime(pictures, packets, sum(lengths), samples, profile.sample_rate)
