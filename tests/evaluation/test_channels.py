# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluation's channels do what they say, at the SNR they say."""

import numpy as np
import pytest

from deepjscec.crypto import Session
from deepjscec.evaluation.burst_channel import BurstChannel
from deepjscec.evaluation.learned import cached_codec
from deepjscec.evaluation.packet_link import PacketLink
from deepjscec.evaluation.symbol_channel import SymbolChannel
from deepjscec.evaluation.symbol_link import SymbolLink
from deepjscec.phy import Profile

SECRET, SESSION_ID = bytes(range(32)), bytes(8)


def symbols(rows, length, seed=0):
    parts = np.random.default_rng(seed).standard_normal((rows, length, 2), np.float32) * np.float32(np.sqrt(0.5))
    return parts.view(np.complex64)[..., 0]


@pytest.mark.parametrize("snr_db", [-5, 0, 10, 25])
def test_white_noise_has_its_variance_per_complex_symbol(snr_db):
    sent = symbols(200, 256)
    channel = SymbolChannel(snr_db, np.random.default_rng(1))
    received, variance = channel.carry(sent)
    assert variance.dtype == np.float32 and received.dtype == np.complex64
    error = received - sent
    assert np.mean(np.abs(error) ** 2) == pytest.approx(10 ** (-snr_db / 10), rel=0.02)
    assert np.mean(error.real**2) == pytest.approx(np.mean(error.imag**2), rel=0.05)
    assert variance == pytest.approx(10 ** (-snr_db / 10), rel=1e-5)
    assert channel.true_snr_db == pytest.approx(snr_db, abs=0.1)


def test_a_faded_row_has_one_gain_and_the_noise_it_reports():
    sent = symbols(4000, 64)
    received, variance = SymbolChannel(10, np.random.default_rng(2), fading=True).carry(sent)
    assert (variance == variance[:, :1]).all()
    measured = np.mean(np.abs(received - sent) ** 2, axis=1)
    assert np.median(measured / variance[:, 0]) == pytest.approx(1, abs=0.02)
    gains = 0.1 / variance[:, 0]  # |h|^2 is exponential of mean 1
    assert gains.mean() == pytest.approx(1, abs=0.05)
    assert np.mean(gains < 0.1) == pytest.approx(1 - np.exp(-0.1), abs=0.02)


def test_gains_of_a_picture_do_not_depend_on_the_length_of_its_row():
    variances = [
        SymbolChannel(10, np.random.default_rng(3), fading=True).carry(symbols(50, length))[1][:, 0]
        for length in (64, 512)
    ]
    assert np.array_equal(*variances)


@pytest.mark.parametrize(("rows", "length"), [(7, 256), (2, 20000), (100, 512), (1, 1)])
def test_bursts_bring_every_symbol_to_its_place(rows, length):
    sent = symbols(rows, length)
    channel = BurstChannel(Profile(), 20, 5000, np.random.default_rng(4))
    received, variance = channel.carry(sent)
    assert received.shape == variance.shape == sent.shape and np.isfinite(variance).all()
    if sent.size > 100:
        error = np.mean(np.abs(received - sent) ** 2)
        assert error == pytest.approx(0.01, rel=0.15)  # the channel is estimated, too
        assert np.mean(variance) == pytest.approx(error, rel=0.15)
        assert channel.true_snr_db == pytest.approx(20, abs=0.5)


def test_bursts_in_strong_noise_are_lost_and_marked():
    received, variance = BurstChannel(Profile(), -15, 5000, np.random.default_rng(5)).carry(symbols(3, 3000))
    assert np.isinf(variance).all() and not received.any()


@pytest.mark.parametrize("cipher", ["isometric", "modulo", "lwe", "lwe-qam4096", "none"])
def test_bob_gets_the_codeword_that_alice_sent_and_eve_only_without_a_cipher(cipher):
    codec = cached_codec("cifar")
    pictures = np.random.default_rng(6).integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    codewords = codec.encode_batch(pictures, "1/12")
    for receiver in ("bob", "eve"):
        session = Session.derive(SECRET, SESSION_ID)
        link = SymbolLink(cipher, session, codec.block_size, SymbolChannel(40, np.random.default_rng(7)))
        over_symbols = link.exchange(codewords, receiver)
        session = Session.derive(SECRET, SESSION_ID)
        bursts = BurstChannel(Profile(), 40, 5000, np.random.default_rng(8))
        over_bursts = PacketLink(codec, cipher, SECRET, session, bursts).exchange(
            codewords, (32, 32), codec.rate_index("1/12"), receiver
        )
        for heard in (over_symbols, over_bursts):
            assert heard.symbols.shape == codewords.shape and not heard.missing.any()
            weighted = heard.symbols / (1 + heard.noise_var)  # where a symbol wrapped, little is known of it
            alike = np.abs(np.vdot(weighted, codewords)) / (np.linalg.norm(weighted) * np.linalg.norm(codewords))
            if receiver == "bob" or cipher == "none":
                assert alike > 0.9
            else:
                assert alike < 0.06  # 7680 symbols: chance gives 0.011


def test_pictures_whose_packet_is_lost_are_missing():
    codec = cached_codec("cifar")
    codewords = codec.encode_batch(np.zeros((3, 32, 32, 3), np.uint8), "1/12")
    bursts = BurstChannel(Profile(), -15, 0, np.random.default_rng(9))
    link = PacketLink(codec, "isometric", SECRET, Session.derive(SECRET, SESSION_ID), bursts)
    heard = link.exchange(codewords, (32, 32), codec.rate_index("1/12"), "bob")
    assert heard.missing.all() and np.isinf(heard.noise_var).all()
