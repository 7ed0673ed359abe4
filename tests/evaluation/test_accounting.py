# SPDX-License-Identifier: GPL-3.0-or-later
"""The account of what is on the air against what the link and the transmitter really make."""

from fractions import Fraction

import numpy as np
import pytest

from deepjscec.crypto import PrivateKey, Session
from deepjscec.evaluation.accounting import PayloadCost, account, payload_cost
from deepjscec.evaluation.configuration import Jscc
from deepjscec.evaluation.learned import cached_codec
from deepjscec.link import LinkSender, PictureGrouper, SessionOpening
from deepjscec.phy import PROFILES, Profile, Transmitter


def samples_on_air(codec, cipher, shape, rate, profile, pictures):
    """Samples of all bursts that carry so many pictures."""
    session = Session.derive(bytes(32), bytes(8))
    sender = LinkSender(session, cipher, codec.card, profile.max_payload_symbols)
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    index, codeword = codec.rate_index(rate), codec.encode(image, rate)
    grouper = PictureGrouper(sender.data_symbols)
    groups = [g for i in range(pictures) for g in grouper.add(codeword, i, shape, index)] + grouper.flush()
    transmitter = Transmitter(profile)
    return sum(
        transmitter.modulate(packet.header, packet.payload).size
        for group in groups
        for packet in sender.send(group.codewords, group.image_id, group.shape, group.rate_index)
    )


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("cipher", ["isometric", "lwe", "lwe-qam4096", "none"])
@pytest.mark.parametrize(("model", "shape", "rate"), [("cifar", (32, 32), "1/6"), ("lite", (256, 192), "1/6")])
def test_gross_is_what_the_transmitter_makes(profile, cipher, model, shape, rate):
    codec, waveform = cached_codec(model), PROFILES[profile]
    cost = payload_cost(Jscc(name="x", model=model, cipher=cipher), codec)
    found = account(cost, shape, Fraction(rate), waveform, session_pictures=1000)
    count = found["pictures_per_group"]
    expected = samples_on_air(codec, cipher, shape, rate, waveform, count) / (count * 3 * shape[0] * shape[1])
    assert found["gross"] - found["samples"]["opening"] == pytest.approx(expected, rel=1e-12)
    assert found["samples"]["data"] == found["net"] == pytest.approx(float(Fraction(rate)))


def test_an_opening_costs_what_its_packets_take():
    profile = Profile()
    opening = SessionOpening(PrivateKey.generate().public_key, profile.max_payload_symbols)
    lengths = [profile.packet_len(len(packet.payload)) for packet in opening.first]
    found = account(PayloadCost(), (512, 768), Fraction("1/6"), profile, session_pictures=100)
    each = found["packets_per_group"] / found["pictures_per_group"]
    expected = (sum(lengths) / 100 + each / 32 * lengths[0]) / (3 * 512 * 768)
    assert found["samples"]["opening"] == pytest.approx(expected, rel=1e-12)


def test_the_fewer_pictures_a_session_has_the_more_its_opening_costs():
    costs = [account(PayloadCost(), (32, 32), Fraction("1/6"), Profile(), n)["gross"] for n in (1, 10, 1000)]
    assert costs[0] > costs[1] > costs[2]


def test_a_packet_without_room_is_refused():
    with pytest.raises(ValueError, match="no room"):
        account(PayloadCost(reference=20000), (32, 32), Fraction("1/6"), Profile(), 1)
