# SPDX-License-Identifier: GPL-3.0-or-later
"""Guessing, decoding as if unencrypted, and a wrong key."""

import numpy as np
import pytest

from deepjscec.app.quality import psnr_db
from deepjscec.attack.guess import best_constant, decode_as_if_unencrypted, guess, mean_picture, try_wrong_key
from deepjscec.attack.pictures import mean_psnr_db
from deepjscec.crypto import CIPHER_NAMES
from tests.attack.attack_setup import RATE, codec, held_out, known, oracle


def test_psnr_is_the_mean_over_pictures():
    sent, found = known()[:5], known()[5:10]
    assert mean_psnr_db(sent, found) == pytest.approx(np.mean([psnr_db(a, b) for a, b in zip(sent, found)]), abs=1e-4)
    assert mean_psnr_db(sent, sent) == np.inf


def test_best_constant_beats_the_mean_picture_and_its_neighbours():
    best = best_constant(known())
    reached = mean_psnr_db(known(), best)
    assert reached > mean_psnr_db(known(), mean_picture(known()))
    rng = np.random.default_rng(1)
    for step in (1, 3, 10):
        assert reached > mean_psnr_db(known(), best + step * rng.standard_normal(best.shape))


def test_guesses_are_pictures():
    found, pictures = guess(known(), held_out())
    assert pictures.shape == (2, 32, 32, 3)
    assert found.mean_picture_db == mean_psnr_db(held_out(), pictures[0])


@pytest.mark.parametrize("name", [name for name in CIPHER_NAMES if name != "none"])
def test_wrong_key_shows_less_than_a_guess(name):
    found, pictures = try_wrong_key(name, codec(), held_out()[:8], RATE)
    assert found.right_key_db > 20
    assert found.wrong_key_db < guess(known(), held_out()[:8])[0].mean_picture_db
    assert pictures.shape == (8, 32, 32, 3)


@pytest.mark.parametrize("name", ["isometric", "modulo", "lwe", "static_isometry"])
def test_ciphertext_decoded_as_it_is_shows_less_than_a_guess(name):
    found, _ = decode_as_if_unencrypted(oracle(name), codec(), held_out(), RATE)
    assert found.psnr_db < guess(known(), held_out())[0].mean_picture_db


def test_without_encryption_decoding_is_all_it_takes():
    found, pictures = decode_as_if_unencrypted(oracle("none"), codec(), held_out(), RATE)
    assert found.psnr_db == mean_psnr_db(held_out(), pictures) > 25
