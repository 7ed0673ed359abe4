# SPDX-License-Identifier: GPL-3.0-or-later
"""Regression on known plaintexts, and averaging over retransmissions: every control gives in, no real cipher does."""

import numpy as np
import pytest

from deepjscec.attack import CONTROLS, REAL_CIPHERS
from deepjscec.attack.averaging import average
from deepjscec.attack.front_end import fit_front_end
from deepjscec.attack.guess import guess
from deepjscec.attack.known_plaintext import known_plaintext
from deepjscec.attack.pictures import decode_noiseless, mean_psnr_db, size_of
from deepjscec.crypto import Secret, Session
from deepjscec.crypto.lwe import LweCipher
from tests.attack.attack_setup import RATE, codec, codewords, held_out, known, oracle


@pytest.fixture(scope="module")
def bob_db():
    """Without noise, and without what a cipher costs him."""
    return mean_psnr_db(
        held_out(), decode_noiseless(codec(), codec().encode_batch(held_out(), RATE), size_of(held_out()), RATE)
    )


@pytest.fixture(scope="module")
def guess_db():
    return guess(known(), held_out())[0].mean_picture_db


@pytest.fixture(scope="module")
def bob_lwe_db():
    """Bob's own receive path of the LWE cipher, on which symbols are clipped to the cell."""
    cipher = LweCipher(Session.start(Secret.random()), codec().block_size)
    sent = codec().encode_batch(held_out(), RATE)
    clear = np.empty(sent.shape, np.complex64)
    noise_var = np.empty(sent.shape, np.float32)
    for packet, codeword in enumerate(sent):
        c1, symbols = cipher.encrypt_message(codeword, packet)
        air = np.full(symbols.shape, 1e-3, np.float32)
        clear[packet], noise_var[packet] = cipher.decrypt_message(c1, symbols, air, packet)
    return mean_psnr_db(held_out(), codec().decode_batch(clear, noise_var, size_of(held_out()), RATE))


def attack(name):
    eve = oracle(name)
    rng = np.random.default_rng(1)
    return eve, *known_plaintext(eve, codec(), known(), held_out(), RATE, 4000, rng)


@pytest.mark.parametrize("name", REAL_CIPHERS)
def test_real_ciphers_leave_guessing(name, guess_db):
    eve, learned, pictures, front_end = attack(name)
    assert 0.98 < learned.normalised_error < 1.1
    assert learned.psnr_db < guess_db + 0.5
    assert pictures.shape == held_out().shape
    rng = np.random.default_rng(2)
    averaged, _ = average(eve, codec(), held_out(), RATE, front_end, rng, repeats=(1, 16, 64))
    assert max(averaged.direct_db + averaged.regressed_db) < guess_db + 0.5
    assert abs(averaged.regressed_db[2] - averaged.regressed_db[0]) < 0.5


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_give_up_the_picture(name, guess_db, bob_db, bob_lwe_db):
    bob_db = bob_lwe_db if name.startswith("lwe") else bob_db
    eve, learned, pictures, front_end = attack(name)
    assert learned.normalised_error < 0.1  # of so few pairs
    assert learned.psnr_db > bob_db - 1.5 > guess_db + 5
    assert mean_psnr_db(held_out(), pictures) == learned.psnr_db
    rng = np.random.default_rng(2)
    noisy, _ = average(eve, codec(), held_out(), RATE, front_end, rng, repeats=(1, 16, 64), noise_var=1.0)
    assert noisy.regressed_db[0] < noisy.regressed_db[1] - 1 < noisy.regressed_db[2] - 2
    clean, _ = average(eve, codec(), held_out(), RATE, front_end, rng, repeats=(2,))
    assert clean.regressed_db[0] > bob_db - 1.5


def test_averaging_in_noise_reaches_bob_where_nothing_is_encrypted(bob_db):
    eve = oracle("none")
    front_end = fit_front_end(eve, codewords(), 2000, np.random.default_rng(3))
    averaged, _ = average(
        eve, codec(), held_out(), RATE, front_end, np.random.default_rng(4), repeats=(1, 100), noise_var=1.0
    )
    assert averaged.direct_db[0] < bob_db - 5
    assert averaged.direct_db[1] > bob_db - 1.5


def test_estimates_come_with_the_noise_variance_they_have():
    eve = oracle("none")
    front_end = fit_front_end(eve, codewords(), 4000, np.random.default_rng(5))
    sent = codec().encode_batch(held_out(), RATE)
    symbols, noise_var = front_end.as_received(front_end.estimate(front_end.features(eve.encrypt(sent))))
    assert np.square(np.abs(symbols - sent)).mean() < 3 * noise_var.mean() < 0.1
    _, noisier = front_end.as_received(sent, noise_var=0.5)
    assert np.median(noisier - noise_var) == pytest.approx(0.5, rel=0.1)


def test_bad_input_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="99 pairs of 1500 codewords are too few"):
        fit_front_end(oracle("none"), codewords(), 99, rng)
    with pytest.raises(ValueError, match="4160 symbols are too long"):
        fit_front_end(oracle("none"), np.ones((30, 4160), np.complex64), 1000, rng)
    front_end = fit_front_end(oracle("none"), codewords(), 200, rng)
    with pytest.raises(ValueError, match=r"\[4, 4\] are not rising"):
        average(oracle("none"), codec(), held_out(), RATE, front_end, rng, repeats=(4, 4))
