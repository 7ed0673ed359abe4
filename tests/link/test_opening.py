# SPDX-License-Identifier: GPL-3.0-or-later
"""A session opens over the air: Bob has his private key and nothing else."""

import numpy as np
import pytest

from deepjscec.crypto import HeaderOpener, HeaderSealer, PrivateKey, Session
from deepjscec.link import LinkReceiver, LinkSender, SessionOpening
from deepjscec.link.opening import OPENING_SYMBOLS, OpeningReceiver
from deepjscec.link.sender import OPENING_INTERVAL
from tests.link.link_setup import CARD, RATE_INDEX, SHAPE, codewords, pair

KEY = PrivateKey.generate()
OPENING_PACKETS = 4  # at the start, where one holds half a capsule


def alice(payload_symbols=11520, key=KEY):
    opening = SessionOpening(key.public_key, payload_symbols)
    return LinkSender(Session.start(opening.secret), "isometric", CARD, payload_symbols, opening)


def bob(key=KEY):
    return LinkReceiver(HeaderOpener(), "isometric", CARD, private_key=key)


def through_noise(packets, snr_db, rng):
    variance = 10 ** (-snr_db / 10)
    for packet in packets:
        noise = rng.standard_normal((len(packet.payload), 2)) @ [1, 1j] * np.sqrt(variance / 2)
        symbols = (packet.payload + noise).astype(np.complex64)
        yield packet.header, symbols, np.full(len(symbols), variance, np.float32)


@pytest.mark.parametrize("snr_db", [10, 0, -1.5])
def test_bob_needs_nothing_but_his_private_key(snr_db):
    rng = np.random.default_rng(0)
    receiver = bob()
    packets = alice().send(codewords(rng), 0, SHAPE, RATE_INDEX)
    got = [g for packet in through_noise(packets, snr_db, rng) for g in receiver.receive(*packet)]
    assert [g.image_id for g in got] == [0]
    assert receiver.stats["openings"] == 1
    assert receiver.stats["opening_used"] + receiver.stats["opening_known"] == OPENING_PACKETS


def test_one_packet_of_the_opening_is_enough_on_a_good_channel():
    for half in range(2):
        receiver = bob()
        packets = alice().send(codewords(np.random.default_rng(1)), 0, SHAPE, RATE_INDEX)
        chosen = [packets[half], *packets[OPENING_PACKETS:]]
        got = [g for packet in through_noise(chosen, 6, np.random.default_rng(2)) for g in receiver.receive(*packet)]
        assert len(got) == 1


def test_bob_who_tunes_in_late_learns_the_secret_from_the_next_opening():
    rng = np.random.default_rng(3)
    sender, receiver = alice(), bob()
    packets = [p for i in range(OPENING_INTERVAL + 1) for p in sender.send(codewords(rng), i, SHAPE, RATE_INDEX)]
    late = packets[OPENING_PACKETS:]
    got = [g for packet in through_noise(late, 10, rng) for g in receiver.receive(*packet)]
    assert receiver.stats["foreign_key"] >= OPENING_INTERVAL and [g.image_id for g in got] == [OPENING_INTERVAL]


def test_an_opening_for_somebody_else_gives_nothing():
    rng = np.random.default_rng(4)
    receiver = bob(PrivateKey.generate())
    packets = alice().send(codewords(rng), 0, SHAPE, RATE_INDEX)
    assert [g for packet in through_noise(packets, 20, rng) for g in receiver.receive(*packet)] == []
    assert receiver.stats == {"opening_foreign": OPENING_PACKETS, "foreign_key": len(packets) - OPENING_PACKETS}


def test_garbage_under_the_openings_name_does_not_shut_it_out():
    rng = np.random.default_rng(5)
    opening, receiver = SessionOpening(KEY.public_key), OpeningReceiver(KEY)
    packet = opening.first[0]
    noise = (rng.standard_normal((OPENING_SYMBOLS, 2)) @ [3, 3j]).astype(np.complex64)
    for _ in range(5):
        assert receiver.receive(packet.header, noise, np.full(OPENING_SYMBOLS, 1e-3, np.float32)) is None
    secret = receiver.receive(packet.header, packet.payload, np.full(OPENING_SYMBOLS, 0.1, np.float32))
    assert secret is not None and secret.reveal() == opening.secret.reveal()


def test_a_capsule_under_another_ones_name_is_refused():
    first, second = SessionOpening(KEY.public_key), SessionOpening(KEY.public_key)
    receiver = OpeningReceiver(KEY)
    header, payload = first.first[0].header, second.first[0].payload
    variance = np.full(OPENING_SYMBOLS, 0.01, np.float32)
    assert receiver.receive(header, payload, variance) is None
    assert receiver.stats["opening_malformed"] == 1
    assert receiver.receive(header, first.first[0].payload, variance) is not None


def test_malformed_openings_are_counted():
    packet = SessionOpening(KEY.public_key).first[0]
    receiver = OpeningReceiver(KEY)
    variance = np.full(OPENING_SYMBOLS, 0.01, np.float32)
    assert receiver.receive(packet.header, packet.payload[:-1], variance[:-1]) is None
    for changed in (b"\2\0\1", b"\0\1\1", b"\0\0\0", b"\0\0\2", b"\0\0\xff"):  # half, piece, pieces
        header = packet.header[:13] + changed + packet.header[16:]
        assert receiver.receive(header, packet.payload, variance) is None
    assert receiver.stats["opening_malformed"] == 6


@pytest.mark.parametrize(("payload_symbols", "pieces"), [(5760, 2), (1000, 9)])
def test_short_packets_carry_a_capsule_in_pieces(payload_symbols, pieces):
    rng = np.random.default_rng(6)
    receiver = bob()
    packets = alice(payload_symbols).send(codewords(rng), 0, SHAPE, RATE_INDEX)
    got = [g for packet in through_noise(packets, 0, rng) for g in receiver.receive(*packet)]
    assert len(got) == 1
    assert receiver.stats["opening_used"] + receiver.stats["opening_known"] == 4 * pieces
    assert max(packet.payload.size for packet in packets) <= payload_symbols


def test_a_packet_too_short_for_an_opening_is_named():
    with pytest.raises(ValueError, match="a packet of 200 symbols is too short to open a session"):
        SessionOpening(KEY.public_key, 200)


@pytest.mark.parametrize(("payload_symbols", "snr_db"), [(11520, 0), (5760, 20), (5760, 2)])
def test_garbage_delays_an_opening_and_does_not_shut_it_out(payload_symbols, snr_db):
    rng = np.random.default_rng(7)
    opening, receiver = SessionOpening(KEY.public_key, payload_symbols), OpeningReceiver(KEY)
    for packet in opening.first:  # strong, and reported as clean
        noise = (rng.standard_normal((packet.payload.size, 2)) @ [30, 30j]).astype(np.complex64)
        assert receiver.receive(packet.header, noise, np.full(noise.size, 1e-3, np.float32)) is None
    packets = through_noise((opening.one_more() for _ in range(40)), snr_db, rng)
    assert any(receiver.receive(*packet) for packet in packets)


def test_a_flood_of_openings_leaves_alices_session_alone():
    rng = np.random.default_rng(8)
    sender, receiver = alice(), bob()
    for packet in sender.send(codewords(rng), 0, SHAPE, RATE_INDEX):
        receiver.receive(packet.header, packet.payload, np.full(packet.payload.size, 1e-3, np.float32))
    for _ in range(70):
        stranger = SessionOpening(KEY.public_key)
        for packet in stranger.first[:1]:
            receiver.receive(packet.header, packet.payload, np.full(packet.payload.size, 0.1, np.float32))
        header = HeaderSealer(Session.start(stranger.secret)).seal(0, bytes(23))
        receiver.receive(header, np.zeros(1, np.complex64), np.ones(1, np.float32))
    assert receiver.stats["openings"] == 71
    (got,) = [
        g
        for packet in sender.send(codewords(rng), 1, SHAPE, RATE_INDEX)
        for g in receiver.receive(packet.header, packet.payload, np.full(packet.payload.size, 1e-3, np.float32))
    ]
    assert got.image_id == 1


def test_a_secret_that_was_pushed_out_comes_back_with_the_next_opening():
    rng = np.random.default_rng(9)
    sender, receiver = alice(), bob()
    first = sender.send(codewords(rng), 0, SHAPE, RATE_INDEX)
    for packet in first[:OPENING_PACKETS]:
        receiver.receive(packet.header, packet.payload, np.full(packet.payload.size, 0.1, np.float32))
    for _ in range(64):
        packet = SessionOpening(KEY.public_key).first[0]
        receiver.receive(packet.header, packet.payload, np.full(packet.payload.size, 0.1, np.float32))
    packet = first[OPENING_PACKETS]
    assert receiver.receive(packet.header, packet.payload, np.full(packet.payload.size, 0.1, np.float32)) == []
    assert receiver.stats["foreign_key"] == 1
    for packet in first:  # as the sender's next round would
        receiver.receive(packet.header, packet.payload, np.full(packet.payload.size, 0.1, np.float32))
    assert receiver.stats["accepted"] == len(first) - OPENING_PACKETS


def test_a_header_that_claims_a_huge_picture_is_refused_before_anything_is_made(monkeypatch):
    sender, receiver = pair()
    packet = sender.send(codewords(np.random.default_rng(10)), 0, SHAPE, RATE_INDEX)[0]
    monkeypatch.setattr("deepjscec.link.receiver.Assembly", None)
    assert receiver.receive(packet.header, packet.payload[:1], np.ones(1, np.float32)) == []
    assert receiver.stats == {"malformed": 1}
