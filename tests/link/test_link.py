# SPDX-License-Identifier: GPL-3.0-or-later
"""Codewords to packets and back."""

import numpy as np
import pytest

from deepjscec.crypto import CIPHER_NAMES, Secret, SessionFile, SessionMemory
from deepjscec.link import PacketFields, PictureGrouper
from tests.link.link_setup import CARD, RATE_INDEX, SHAPE, codewords, other_model, pair


def deliver(receiver, packets, noise_var=1e-6):
    """Through a channel that adds noise of that variance."""
    rng, got = np.random.default_rng(100), []
    for packet in packets:
        noise = rng.standard_normal((len(packet.payload), 2)) @ [1, 1j] * np.sqrt(noise_var / 2)
        received = (packet.payload + noise).astype(np.complex64)
        got += receiver.receive(packet.header, received, np.full(len(received), noise_var, np.float32))
    return got


@pytest.mark.parametrize("cipher", ["isometric", "none"])
def test_codeword_comes_back_whatever_the_order_of_packets(cipher):
    rng = np.random.default_rng(0)
    sent = codewords(rng)
    sender, receiver = pair(cipher)
    packets = sender.send(sent, 7, SHAPE, RATE_INDEX)
    assert len(packets) == sender.packet_count(sent.size) > 3
    (got,) = deliver(receiver, [packets[i] for i in rng.permutation(len(packets))])
    assert (got.image_id, got.shape, got.rate_index) == (7, SHAPE, RATE_INDEX)
    assert got.packets_received == got.packets_sent == len(packets)
    # the cipher's dither is 80 dB down
    np.testing.assert_allclose(got.symbols, sent, atol=6e-3)
    np.testing.assert_allclose(got.noise_var, 1e-6, rtol=1e-3)
    assert got.snr_db == pytest.approx(60, abs=0.01)


@pytest.mark.parametrize("cipher", CIPHER_NAMES)
def test_every_cipher_crosses_the_link(cipher):
    sent = codewords(np.random.default_rng(1), 3)
    sender, receiver = pair(cipher, payload_symbols=11520)
    packets = sender.send(sent, 0, SHAPE, RATE_INDEX)
    assert max(packet.payload.size for packet in packets) <= 11520
    assert np.mean([np.mean(np.abs(p.payload) ** 2) for p in packets]) == pytest.approx(1, abs=0.02)
    (got,) = deliver(receiver, packets, noise_var=1e-3)
    estimate = got.symbols / (1 + got.noise_var)
    assert np.mean(np.abs(estimate - sent) ** 2) < 0.1
    assert receiver.stats == {"accepted": len(packets), "pictures_complete": 3}


def test_lwe_without_its_prefix_gives_nothing_and_says_so():
    sender, receiver = pair("lwe", payload_symbols=11520)
    packets = sender.send(codewords(np.random.default_rng(1)), 0, SHAPE, RATE_INDEX)
    assert deliver(receiver, packets, noise_var=2.0) == []  # -3 dB
    assert receiver.stats == {"bad_prefix": len(packets)}


def test_payload_on_air_is_not_the_codeword_but_as_strong():
    sent = codewords(np.random.default_rng(1))
    clear, _ = pair("none")
    hidden, _ = pair("isometric")
    for a, b in zip(clear.send(sent, 0, SHAPE, RATE_INDEX), hidden.send(sent, 0, SHAPE, RATE_INDEX), strict=True):
        correlation = abs(np.vdot(a.payload, b.payload)) / len(a.payload)
        assert correlation < 5 / np.sqrt(len(a.payload))
        assert np.mean(np.abs(b.payload) ** 2) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("lost", range(5))
def test_losing_any_packet_erases_an_even_share_and_nothing_else(lost):
    sent = codewords(np.random.default_rng(2))
    sender, receiver = pair(payload_symbols=1600 + 256)
    packets = sender.send(sent, 0, SHAPE, RATE_INDEX)
    assert len(packets) == 5
    assert deliver(receiver, packets[:lost] + packets[lost + 1 :]) == []
    (got,) = receiver.flush()
    erased = np.isinf(got.noise_var)
    assert erased.mean() == pytest.approx(1 / len(packets), abs=0.02)
    np.testing.assert_allclose(got.symbols[~erased], sent[~erased], atol=6e-3)
    assert (got.symbols[erased] == 0).all()
    # over the picture: no tile of 32 x 32 pixels may lose most of its blocks
    tiers = CARD.rates[RATE_INDEX][1]
    per_tile = erased.reshape(tiers, -1, CARD.block_size)[:, :, 0].sum(axis=0)
    assert per_tile.max() <= tiers - 2
    assert receiver.stats["pictures_partial"] == 1


def test_small_pictures_share_a_packet():
    rng = np.random.default_rng(3)
    sent = codewords(rng, 5, (32, 32))
    sender, receiver = pair(payload_symbols=11520)
    grouper = PictureGrouper(sender.data_symbols)
    groups = [g for i, z in enumerate(sent) for g in grouper.add(z, i, (32, 32), RATE_INDEX)]
    assert groups == []
    (group,) = grouper.flush()
    packets = sender.send(group.codewords, group.image_id, group.shape, group.rate_index)
    assert len(packets) == 1
    (got,) = deliver(receiver, packets)
    np.testing.assert_allclose(got.symbols, sent, atol=6e-3)


def test_grouper_closes_a_group_when_it_is_full_or_the_size_changes():
    k = 100
    grouper = PictureGrouper(250)
    closed = [len(grouper.add(np.zeros(k), i, (32, 32), 0)) for i in range(4)]
    assert closed == [0, 1, 0, 1]
    assert grouper.add(np.zeros(k), 4, (32, 32), 0) == []
    (before,) = grouper.add(np.zeros(120), 5, (32, 64), 0)
    assert (before.image_id, before.codewords.shape) == (4, (1, k))
    (large,) = PictureGrouper(250).add(np.zeros(1000), 0, (512, 512), 0)
    assert large.codewords.shape == (1, 1000)


def test_wrong_key_gets_nothing_and_is_counted():
    sender, receiver = pair(bob_secret=Secret.random())
    packets = sender.send(codewords(np.random.default_rng(4)), 0, SHAPE, RATE_INDEX)
    assert deliver(receiver, packets) == []
    assert receiver.flush() == []
    assert receiver.failed_authentication == len(packets)


def test_replayed_packets_are_dropped_and_counted():
    sender, receiver = pair()
    packets = sender.send(codewords(np.random.default_rng(5)), 0, SHAPE, RATE_INDEX)
    assert len(deliver(receiver, packets)) == 1
    assert deliver(receiver, packets) == []
    assert receiver.flush() == []
    assert receiver.stats["replayed"] == len(packets)


def test_any_flipped_header_bit_is_refused():
    sender, receiver = pair(payload_symbols=11520)
    (packet, *_) = sender.send(codewords(np.random.default_rng(6), shape=(32, 32)), 0, (32, 32), RATE_INDEX)
    noise_var = np.full(len(packet.payload), 0.1, np.float32)
    for bit in range(8 * len(packet.header)):
        header = bytearray(packet.header)
        header[bit // 8] ^= 1 << bit % 8
        assert receiver.receive(bytes(header), packet.payload, noise_var) == []
    assert receiver.stats["accepted"] == 0
    assert len(receiver.receive(packet.header, packet.payload, noise_var)) == 1


def test_another_model_is_refused_and_counted():
    sender, receiver = pair(card=other_model())
    packets = sender.send(codewords(np.random.default_rng(7)), 0, SHAPE, RATE_INDEX)
    assert deliver(receiver, packets) == []
    assert receiver.stats["wrong_model"] == len(packets)


def test_another_cipher_is_refused_and_counted():
    sender, receiver = pair("none", bob_cipher="isometric")
    packets = sender.send(codewords(np.random.default_rng(7)), 0, SHAPE, RATE_INDEX)
    assert deliver(receiver, packets) == []
    assert receiver.stats["wrong_model"] == len(packets)


def test_payload_of_the_wrong_length_is_refused_and_the_genuine_one_still_taken():
    sender, receiver = pair()
    packets = sender.send(codewords(np.random.default_rng(8)), 0, SHAPE, RATE_INDEX)
    short = packets[0].payload[:-64]
    assert receiver.receive(packets[0].header, short, np.ones(len(short), np.float32)) == []
    assert receiver.stats["malformed"] == 1
    assert len(deliver(receiver, packets)) == 1


def test_a_variance_that_is_no_number_costs_its_symbol_and_no_picture():
    sender, receiver = pair()
    for packet in sender.send(codewords(np.random.default_rng(8)), 0, SHAPE, RATE_INDEX):
        variance = np.full(len(packet.payload), 1e-3, np.float32)
        variance[::50] = np.nan
        variance[1::50] = -1
        got = receiver.receive(packet.header, packet.payload, variance)
    assert np.isfinite(got[0].noise_var).all() and np.isfinite(got[0].symbols).all()


def test_header_cannot_claim_unbounded_memory():
    sender, receiver = pair(max_symbols=1000)
    packets = sender.send(codewords(np.random.default_rng(9)), 0, SHAPE, RATE_INDEX)
    assert deliver(receiver, packets) == []
    assert receiver.stats["malformed"] == len(packets)


def test_older_pictures_leave_incomplete_when_too_many_are_open():
    rng = np.random.default_rng(10)
    sender, receiver = pair(max_open=2)
    groups = [sender.send(codewords(rng), image_id, SHAPE, RATE_INDEX) for image_id in range(4)]
    got = [r for packets in groups for r in deliver(receiver, packets[1:])]
    assert [g.image_id for g in got] == [0, 1]
    assert deliver(receiver, groups[0][:1]) == []  # too late
    assert receiver.stats["late"] == 1
    assert [g.image_id for g in receiver.flush()] == [2, 3]


@pytest.mark.parametrize("cipher", ["isometric", "none"])
def test_noise_variance_is_calibrated_on_a_frequency_selective_channel(cipher):
    rng = np.random.default_rng(11)
    sent = codewords(rng, 20)
    sender, receiver = pair(cipher, payload_symbols=11520)
    reported = measured = zero_forcing = 0.0
    for packet in sender.send(sent, 0, SHAPE, RATE_INDEX):
        variance = (0.1 / rng.exponential(size=len(packet.payload))).astype(np.float32)  # Rayleigh fading
        noise = rng.standard_normal((2, len(variance))) * np.sqrt(variance / 2)
        got = receiver.receive(
            packet.header, (packet.payload + noise[0] + 1j * noise[1]).astype(np.complex64), variance
        )
        zero_forcing += variance.mean() / 1
    (got,) = got
    error = np.abs(got.symbols - sent) ** 2
    if cipher == "isometric":  # one variance for a block, and far less than zero forcing leaves
        blocks = got.noise_var.reshape(-1, CARD.block_size)
        assert np.ptp(blocks, axis=1).max() < 1e-6
        reported, measured = got.noise_var.mean(), error.mean()
        assert measured < 0.5 * zero_forcing / got.packets_sent
    else:
        reported, measured = 1.0, np.mean(error / got.noise_var)
    assert measured == pytest.approx(reported, rel=0.03)


def test_what_the_disk_does_not_remember_is_refused_and_counted(tmp_path, monkeypatch):
    memory = SessionMemory(file=SessionFile(tmp_path / "sessions"))
    sender, receiver = pair(memory=memory)
    packets = sender.send(codewords(np.random.default_rng(15)), 0, SHAPE, RATE_INDEX)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert deliver(receiver, packets[:1]) == [] and receiver.flush() == []
    assert receiver.stats == {"not_remembered": 1}


def test_symbols_that_wrapped_are_as_uncertain_as_the_link_says():
    rng = np.random.default_rng(14)
    sent = codewords(rng, 20)
    sender, receiver = pair("modulo", payload_symbols=11520)
    for packet in sender.send(sent, 0, SHAPE, RATE_INDEX):
        noise = (rng.standard_normal((2, len(packet.payload))) * np.sqrt(0.05)).astype(np.float32)
        variance = np.full(len(packet.payload), 0.1, np.float32)
        got = receiver.receive(packet.header, packet.payload + noise[0] + 1j * noise[1], variance)
    (got,) = got
    estimate, predicted = got.symbols / (1 + got.noise_var), got.noise_var / (1 + got.noise_var)
    error, known = np.abs(estimate - sent) ** 2, predicted < 0.7
    assert known.mean() > 0.8
    assert error[known].mean() == pytest.approx(predicted[known].mean(), rel=0.05)


def test_erased_carriers_cost_a_block_little():
    rng = np.random.default_rng(12)
    sent = codewords(rng)
    sender, receiver = pair()
    for packet in sender.send(sent, 0, SHAPE, RATE_INDEX):
        variance = np.where(rng.random(len(packet.payload)) < 0.1, np.inf, 1e-4).astype(np.float32)
        payload = np.where(np.isinf(variance), 0, packet.payload).astype(np.complex64)
        got = receiver.receive(packet.header, payload, variance)
    assert np.isfinite(got[0].noise_var).all()
    assert np.mean(np.abs(got[0].symbols - sent) ** 2) == pytest.approx(got[0].noise_var.mean(), rel=0.1)
    assert got[0].noise_var.mean() < 0.15


def test_fields_survive_packing():
    fields = PacketFields(2**32 - 1, 3, 4, 5, 600, 700, 2, b"12345678")
    assert PacketFields.unpack(fields.pack()) == fields


@pytest.mark.parametrize("change", [{"image_id": 2**32}, {"count": 70000}, {"height": -1}])
def test_fields_that_do_not_fit_are_named(change):
    values = {"image_id": 0, "pictures": 1, "index": 0, "count": 1, "height": 32, "width": 32, "rate_index": 0}
    with pytest.raises(ValueError, match="packet fields"):
        PacketFields(**{**values, **change}, system=bytes(8)).pack()


def test_fields_that_contradict_each_other_are_refused():
    for fields in (PacketFields(0, 1, 2, 2, 32, 32, 0, bytes(8)), PacketFields(0, 0, 0, 1, 32, 32, 0, bytes(8))):
        with pytest.raises(ValueError, match="contradict"):
            PacketFields.unpack(fields.pack())
