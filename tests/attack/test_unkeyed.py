# SPDX-License-Identifier: GPL-3.0-or-later
"""Eve without the key: she gets the picture when it is not encrypted, and nothing when it is."""

import itertools

import numpy as np
import pytest

from deepjscec.app.pictures import default_picture
from deepjscec.app.quality import mean_colour_psnr_db, psnr_db, ssim
from deepjscec.attack import UNKEYED_ATTACKS, UnkeyedReceiver
from deepjscec.codec import Codec
from deepjscec.link import PictureGrouper
from tests.link.link_setup import RATE_INDEX, pair

PAYLOAD = 4096


@pytest.fixture(scope="module")
def codec():
    return Codec.load("photo")


def overheard(codec, cipher, pictures):
    """Packets on air for pictures, uint8[H, W, 3] each."""
    sender, _ = pair(cipher, payload_symbols=PAYLOAD)
    grouper = PictureGrouper(sender.data_symbols)
    groups = []
    for image_id, image in enumerate(pictures):
        z = codec.encode(image, codec.rates[RATE_INDEX])
        groups += grouper.add(z, image_id, image.shape[:2], RATE_INDEX)
    groups += grouper.flush()
    return [p for g in groups for p in sender.send(g.codewords, g.image_id, g.shape, g.rate_index)]


def listen(codec, packets, shapes):
    eve = UnkeyedReceiver(codec, shapes, RATE_INDEX, PAYLOAD, "none")
    got = [x for p in packets for x in eve.receive(p.header, p.payload, np.full(len(p.payload), 1e-6, np.float32))]
    return got + eve.flush(), eve


PICTURES = [default_picture()[:160, :192], default_picture()[100:132, :32], default_picture()[200:232, :32]]


def test_without_encryption_eve_sees_every_picture(codec):
    got, eve = listen(codec, overheard(codec, "none", PICTURES), [p.shape[:2] for p in PICTURES])
    assert [g.image_id for g in got] == [0, 1, 2]
    for picture, sent in zip(got, PICTURES, strict=True):
        expected = codec.decode(codec.encode(sent, 1 / 6), 1e-6, sent.shape[:2], 1 / 6)
        assert np.abs(picture.result.astype(int) - expected).max() <= 1
    assert eve.stats["unplaced"] == 0


def test_eve_finds_pictures_of_packets_that_went_before_they_were_full(codec):
    sender, _ = pair("none", payload_symbols=PAYLOAD)
    pictures = [np.ascontiguousarray(default_picture()[at : at + 32, at : at + 32]) for at in range(0, 210, 30)]
    codewords = [codec.encode(picture, codec.rates[RATE_INDEX]) for picture in pictures]
    packets, first = [], 0
    for together in (2, 1, 3, 1):
        group = np.stack(codewords[first : first + together])
        assert group.size < sender.data_symbols
        packets += sender.send(group, first, (32, 32), RATE_INDEX)
        first += together
    for shapes in (itertools.repeat((32, 32)), [(32, 32)] * 7):
        got, eve = listen(codec, packets, shapes)
        assert [picture.image_id for picture in got] == list(range(7))
        assert min(psnr_db(sent, picture.result) for sent, picture in zip(pictures, got, strict=True)) > 25
        assert not eve.stats["unplaced"]


def test_with_encryption_eve_knows_less_than_the_mean_colour(codec):
    image = default_picture()
    (got,), _ = listen(codec, overheard(codec, "isometric", [image]), [image.shape[:2]])
    assert psnr_db(image, got.result) <= mean_colour_psnr_db(image)
    assert abs(ssim(image, got.result)) < 0.1


def test_packets_that_eve_missed_are_erasures(codec):
    packets = overheard(codec, "none", PICTURES[:1])
    got, _ = listen(codec, packets[:1] + packets[2:], [PICTURES[0].shape[:2]])
    assert got[0].packets_received == got[0].packets_sent - 1
    assert psnr_db(PICTURES[0], got[0].result) > 15


def test_noise_and_unknown_packets_are_counted(codec):
    packets = overheard(codec, "none", PICTURES)
    got, eve = listen(codec, packets, [PICTURES[0].shape[:2]])
    assert [g.image_id for g in got] == [0]
    assert eve.stats["unplaced"] == len(packets) - got[0].packets_sent
    assert eve.receive(b"short", packets[0].payload, np.ones(1, np.float32)) == []


def test_eve_follows_alice_into_her_next_session(codec):
    first, second = (overheard(codec, "none", PICTURES[:1]) for _ in range(2))
    got, eve = listen(codec, first[:1] + second, [PICTURES[0].shape[:2]])
    assert [g.packets_received for g in got] == [1, len(second)]
    assert eve.stats["late"] == 0


def test_forged_counter_does_not_keep_eve_busy(codec):
    packet = overheard(codec, "none", PICTURES[:1])[0]
    forged = packet.header[:13] + b"\xff\xff\xff\xff" + packet.header[17:]
    eve = UnkeyedReceiver(codec, itertools.repeat((64, 64)), RATE_INDEX, PAYLOAD)
    assert eve.receive(forged, packet.payload, np.ones(len(packet.payload), np.float32)) == []
    assert eve.stats["unplaced"] == 1


def test_pictures_of_another_size_than_told_give_nothing(codec):
    got, eve = listen(codec, overheard(codec, "none", PICTURES[:1]), [(96, 64)])
    assert got == [] and eve.stats["unplaced"] > 0


@pytest.mark.parametrize("attack", UNKEYED_ATTACKS)
def test_every_attack_gets_the_picture_without_encryption_and_nothing_with_it(codec, attack):
    image = default_picture()[:160, :192]
    quality = {}
    for cipher in ("none", "isometric"):
        packets = overheard(codec, cipher, [image] * 8)  # eight times the same
        eve = UnkeyedReceiver(codec, itertools.repeat(image.shape[:2]), RATE_INDEX, PAYLOAD, cipher, attack)
        rng, got = np.random.default_rng(0), []
        for packet in packets:
            noise = (rng.standard_normal((packet.payload.size, 2)) @ [1, 1j] * np.sqrt(0.5)).astype(np.complex64)
            got += eve.receive(packet.header, packet.payload + noise, np.ones(packet.payload.size, np.float32))
        quality[cipher] = [psnr_db(image, picture.result) for picture in got + eve.flush()]
    assert len(quality["none"]) == 8 and min(quality["none"]) > 20
    assert max(quality["isometric"]) < mean_colour_psnr_db(image) + 1
    if attack == "average":
        assert quality["none"][-1] > quality["none"][0] + 3


def test_unknown_attack_is_named(codec):
    with pytest.raises(ValueError, match="unknown attack 'x': choose from unencrypted"):
        UnkeyedReceiver(codec, [], RATE_INDEX, PAYLOAD, attack="x")
