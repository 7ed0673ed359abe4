# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on the air beside the codeword, for every scheme alike, in samples per source sample."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from deepjscec.codec import Codec
from deepjscec.crypto import Secret, Session, make_cipher
from deepjscec.crypto.hybrid import CAPSULE_BYTES
from deepjscec.evaluation.configuration import Learned, Scheme
from deepjscec.link import PayloadFormat
from deepjscec.link.coded import HALVES, half_symbols
from deepjscec.link.sender import OPENING_INTERVAL
from deepjscec.phy import Profile

FIRST_ROUNDS = 2  # of all packets of an opening, at its start


@dataclass(frozen=True)
class PayloadCost:
    """What a packet's payload holds beside its share of codewords, in complex symbols."""

    block: int = 1  # symbols of the codeword that stay together
    expansion: int = 1  # symbols on the air for each of the codeword
    reference: int = 0  # secret reference symbols, before expansion
    prefix: int = 0  # LWE's c1 as coded bytes
    largest: int | None = None  # symbols that the cipher takes at once, with reference symbols


def payload_cost(scheme: Scheme, codec: Codec | None) -> PayloadCost:
    """Of a learned scheme by its cipher; bits of separate coding travel as they are, its tag inside of them."""
    if not isinstance(scheme, Learned) or codec is None:
        return PayloadCost()
    cipher = make_cipher(scheme.cipher, Session.start(Secret.random()), codec.block_size)
    references = PayloadFormat(cipher).reference_symbols
    prefix = half_symbols(cipher.prefix_bytes)
    return PayloadCost(cipher.block_size, cipher.expansion, references, prefix, cipher.max_symbols)


def account(
    cost: PayloadCost, shape: tuple[int, int], rate: Fraction, profile: Profile, session_pictures: int
) -> dict[str, Any]:
    """Where the samples go that carry pictures of `shape` (H, W) at a net `rate`, and the gross rate they add up to.

    Small pictures share a packet and large ones take several, as the link does it. `session_pictures`: over which the
    opening of a session is spread; of its packets one more goes with every `OPENING_INTERVAL` others. Raises
    `ValueError` where a packet has no room.
    """
    source = 3 * shape[0] * shape[1]
    k = int(rate * source)
    room = (profile.max_payload_symbols - cost.prefix) // cost.expansion
    room = (min(room, cost.largest or room) - cost.reference) // cost.block * cost.block
    if room < 1:
        raise ValueError(f"packets of {profile.max_payload_symbols} symbols have no room beside what the cipher adds")
    pictures = max(1, room // k)
    packets = -(-pictures * k // room)
    blocks = pictures * k // cost.block
    shares = [((i + 1) * blocks // packets - i * blocks // packets) * cost.block for i in range(packets)]
    samples = dict.fromkeys(
        ("data", "reference", "cipher", "padding", "pilots", "guard", "prefix", "preamble", "header"), 0
    )
    for share in shares:
        payload = cost.prefix + (cost.reference + share) * cost.expansion
        rows = profile.payload_ofdm_symbols(payload)
        samples["data"] += share
        samples["reference"] += cost.reference
        samples["cipher"] += cost.prefix + (cost.reference + share) * (cost.expansion - 1)
        samples["padding"] += rows * profile.data_carriers - payload
        samples["pilots"] += rows * profile.pilot_carriers
        samples["guard"] += rows * (profile.fft_len - profile.active_carriers)
        samples["prefix"] += rows * profile.cp_len
        samples["preamble"] += profile.preamble_len
        samples["header"] += profile.header_len
    each = {name: count / (pictures * source) for name, count in samples.items()}
    each["opening"] = _opening(profile, packets / pictures, session_pictures) / source
    return {
        "pictures_per_group": pictures,
        "packets_per_group": packets,
        "net": float(rate),
        "gross": sum(each.values()),
        "samples": each,
    }


def _opening(profile: Profile, packets_per_picture: float, session_pictures: int) -> float:
    """Samples a picture, of the packets that open a session for the holder of a private key."""
    symbols = half_symbols(CAPSULE_BYTES)
    pieces = -(-symbols // profile.max_payload_symbols)
    one_round = HALVES * pieces * profile.packet_len(-(-symbols // pieces))
    return FIRST_ROUNDS * one_round / session_pictures + packets_per_picture / OPENING_INTERVAL * one_round / (
        HALVES * pieces
    )
