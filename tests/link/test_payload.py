# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference blocks in every payload: what Bob refuses, and what he learns of the noise."""

import numpy as np
import pytest

from deepjscec.crypto import (
    IsometricCipher,
    LweCipher,
    NullCipher,
    Secret,
    Session,
    check_reference,
    correlation_threshold,
    reference_symbols,
    secret_order,
)
from deepjscec.link import PayloadFormat
from deepjscec.link.payload import REFERENCE_SYMBOLS
from tests.link.link_setup import RATE_INDEX, SHAPE, codewords, pair

BLOCKS = codewords(np.random.default_rng(0)).reshape(-1, 64)[:40]


def noisy(payload, variance, rng):
    noise = rng.standard_normal((payload.size, 2)) @ [1, 1j] * np.sqrt(variance / 2)
    return (payload + noise).astype(np.complex64)


def sealed():
    session = Session.start(Secret.random())
    payload_format = PayloadFormat(IsometricCipher(session, 64))
    return session, payload_format, payload_format.seal(session, 0, BLOCKS)


def opened(session, payload_format, payload, reported):
    return payload_format.open(session, 0, payload, np.full(payload.size, reported, np.float32))


def test_payload_comes_back_and_is_vouched_for():
    session, payload_format, payload = sealed()
    assert payload.size == payload_format.length(len(BLOCKS)) == 64 * len(BLOCKS) + REFERENCE_SYMBOLS
    assert payload_format.capacity(payload.size) == len(BLOCKS) == payload_format.capacity(payload.size + 63)
    got = opened(session, payload_format, payload, 1e-6)
    np.testing.assert_allclose(got.blocks, BLOCKS, atol=2e-3)
    assert got.check.genuine and got.check.unscaled and got.check.correlation > 0.999


@pytest.mark.parametrize("variance", [3.16, 1.0, 0.1])
def test_correlation_of_a_genuine_payload_follows_its_noise(variance):
    rng = np.random.default_rng(1)
    session, payload_format, payload = sealed()
    got = [opened(session, payload_format, noisy(payload, variance, rng), variance).check for _ in range(40)]
    assert np.mean([c.correlation for c in got]) == pytest.approx(1 / np.sqrt(1 + variance), rel=0.05)
    assert all(c.genuine and c.unscaled for c in got)
    assert np.mean([c.noise_ratio for c in got]) == pytest.approx(1, abs=0.05)


def test_correlation_of_foreign_payloads_stays_below_hoeffdings_bound():
    rng = np.random.default_rng(2)
    session = Session.start(Secret.random())
    n = 64
    found = []
    for packet in range(4000):
        foreign = rng.standard_normal((n, 2)) @ [1, 1j] * 10 ** rng.uniform(-3, 3)
        expected = reference_symbols(session, packet, n)
        check = check_reference(expected, np.zeros(n, np.float32), foreign, np.full(n, 0.1, np.float32))
        found.append(check.correlation)
    for t in (0.1, 0.2, 0.3):
        assert np.mean(np.array(found) >= t) <= np.exp(-n * t * t)
    assert np.std(found) == pytest.approx(1 / np.sqrt(2 * n), rel=0.1)  # not far below either
    assert np.exp(-n * correlation_threshold(n) ** 2) == pytest.approx(1e-9)


def test_noise_that_was_not_reported_is_measured():
    rng = np.random.default_rng(3)
    session, payload_format, payload = sealed()
    for true, reported in ((0.5, 0.1), (0.1, 0.5)):
        got = opened(session, payload_format, noisy(payload, true, rng), reported)
        assert got.noise_var.mean() == pytest.approx(true, rel=0.3)
        assert np.mean(np.abs(got.blocks - BLOCKS) ** 2) == pytest.approx(got.noise_var.mean(), rel=0.3)


def test_reported_noise_is_believed_when_it_is_true():
    session, payload_format, payload = sealed()
    got = opened(session, payload_format, noisy(payload, 0.1, np.random.default_rng(4)), 0.1)
    np.testing.assert_allclose(got.noise_var, 0.1, rtol=1e-5)


def received(change, snr_db=20.0):
    """Bob's stats for a picture whose payloads went through `change`, and whether he got it."""
    rng = np.random.default_rng(5)
    sender, receiver = pair()
    variance = 10 ** (-snr_db / 10)
    got = []
    for packet in sender.send(codewords(rng), 0, SHAPE, RATE_INDEX):
        payload = noisy(change(packet.payload, rng), variance, rng)
        got += receiver.receive(packet.header, payload, np.full(payload.size, variance, np.float32))
    return receiver.stats, bool(got + receiver.flush())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda payload, rng: np.roll(payload, 1), "spoofed"),
        (lambda payload, rng: noisy(0 * payload, 1, rng), "spoofed"),
        (lambda payload, rng: -payload, "spoofed"),
        (lambda payload, rng: 1j * payload, "spoofed"),
        (lambda payload, rng: payload.conj(), "spoofed"),
        (lambda payload, rng: payload * 2, "rescaled"),
        (lambda payload, rng: payload * 0.5, "rescaled"),
        (lambda payload, rng: payload * np.exp(0.6j), "rescaled"),
        (lambda payload, rng: np.where(rng.random(payload.size) < 0.9, 3, payload), "spoofed"),
    ],
)
def test_payload_that_is_not_as_sent_reaches_no_picture(change, reason):
    stats, pictures = received(change)
    assert not pictures and stats["accepted"] == 0 and set(stats) == {reason}


def test_jamming_of_chosen_symbols_hits_all_blocks_alike():
    def jam(payload, rng):
        payload = payload.copy()
        payload[:200] += 3 * noisy(0 * payload[:200], 1, rng)
        return payload

    rng, errors, reported = np.random.default_rng(6), [], []
    for _ in range(50):  # keys: where the jammed symbols land, and how many are references, is chance
        session, payload_format, payload = sealed()
        got = opened(session, payload_format, jam(payload, rng), 1e-3)
        assert got.check.genuine
        errors.append(np.mean(np.abs(got.blocks - BLOCKS) ** 2, axis=1))
        reported.append(got.noise_var.mean())
    error = np.mean(errors, axis=0)
    assert error.max() < 2 * error.mean()
    # and Bob, who was told of 1e-3, knows how strong it was
    assert 0.7 < np.mean(reported) / error.mean() < 1.4


def test_a_foreign_payload_does_not_use_up_the_packets_number():
    sender, receiver = pair()
    packets = sender.send(codewords(np.random.default_rng(7)), 0, SHAPE, RATE_INDEX)
    for packet in packets:
        variance = np.full(packet.payload.size, 1e-3, np.float32)
        assert receiver.receive(packet.header, np.roll(packet.payload, 5), variance) == []
        got = receiver.receive(packet.header, packet.payload, variance)
    assert len(got) == 1 and receiver.stats["spoofed"] == len(packets)


def test_order_is_secret_and_new_in_every_packet_but_public_without_encryption():
    session = Session.start(Secret.random())
    first, second = (secret_order(session, packet, 5000) for packet in range(2))
    assert np.array_equal(np.sort(first), np.arange(5000))
    assert np.mean(first == second) < 0.01
    clear = PayloadFormat(NullCipher(session, 64))
    payload = clear.seal(session, 0, BLOCKS)
    blocks, _ = clear.data_without_key(payload, np.ones(payload.size, np.float32))
    np.testing.assert_array_equal(blocks, BLOCKS)


def test_reference_looks_like_any_other_block_on_the_air():
    session = Session.start(Secret.random())
    payload_format = PayloadFormat(IsometricCipher(session, 64))
    payloads = np.stack([payload_format.seal(session, packet, BLOCKS[:4]) for packet in range(400)])
    power = np.mean(np.abs(payloads) ** 2, axis=0)
    assert np.abs(power - 1).max() < 5 / np.sqrt(400)


def test_reference_symbols_known_answer():
    session = Session.derive(bytes(range(32)), bytes(range(100, 108)))
    symbols = reference_symbols(session, 17, 40)
    assert symbols.size == 40
    quadrants = "".join(str(2 * (s.real < 0) + (s.imag < 0)) for s in symbols)
    assert quadrants == "0303302302131322103302032203020132031303"
    assert secret_order(session, 17, 8).tolist() == [7, 1, 0, 3, 4, 2, 6, 5]


def test_a_packet_holds_no_more_than_the_cipher_takes_at_once():
    session = Session.start(Secret.random())
    payload_format = PayloadFormat(LweCipher(session, 64, max_symbols=1024))
    blocks = payload_format.capacity(15360)
    assert blocks == (1024 - payload_format.reference_symbols) // 64
    payload = payload_format.seal(session, 0, BLOCKS[:blocks])
    assert payload.size == payload_format.length(blocks) <= 15360
    with pytest.raises(ValueError, match="1088 symbols, and a key for 1024"):
        payload_format.seal(session, 1, BLOCKS[: blocks + 1])
