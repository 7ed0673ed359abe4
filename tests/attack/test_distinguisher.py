# SPDX-License-Identifier: GPL-3.0-or-later
"""The chosen-plaintext distinguisher tells every control's ciphertexts apart and no real cipher's."""

import numpy as np
import pytest

from deepjscec.attack import CONTROLS, REAL_CIPHERS
from deepjscec.attack.discriminants import ClassMoments
from deepjscec.attack.distinguisher import chosen_pictures, distinguish
from deepjscec.attack.interval import clopper_pearson
from deepjscec.attack.oracle import without_prefix
from tests.attack.attack_setup import CERTAIN, RATE, codec, codewords, held_out, oracle


@pytest.fixture(scope="module")
def chosen():
    pairs = chosen_pictures(held_out()[:2], np.random.default_rng(3))
    return {what: codec().encode_batch(pair, RATE) for what, pair in pairs.items()}


@pytest.mark.parametrize("name", REAL_CIPHERS)
def test_real_ciphers_leave_guessing(name, chosen):
    for pair in chosen.values():
        told = distinguish(oracle(name), pair, 4000, np.random.default_rng(4), confidence=CERTAIN)
        assert told.is_guessing, told
        assert told.tested == 1000
        assert len(told.validation_accuracy) == 9


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_are_told_apart(name, chosen):
    for pair in chosen.values():
        told = distinguish(oracle(name), pair, 2000, np.random.default_rng(5))
        assert told.accuracy > 0.99, told
        assert not told.is_guessing


class RandomPhase:
    """Turns each block by one random phase: the mean ciphertext is nothing, and yet all angles inside stay."""

    name, block_size, cell, scale = "random phase", 64, None, 1.0

    def __init__(self, rng):
        self.rng = rng

    def encrypt(self, z):
        turns = np.exp(2j * np.pi * self.rng.random((len(z), z.shape[1] // 64)))
        return without_prefix((z * np.repeat(turns, 64, axis=1)).astype(np.complex64))


class LeakyEnergy:
    """A fresh isotropic direction each time, as the isometric cipher gives, but the length tells of the codeword."""

    name, block_size, cell, scale = "leaky energy", 64, None, 1.0

    def __init__(self, rng):
        self.rng = rng

    def encrypt(self, z):
        fresh = (self.rng.standard_normal((*z.shape, 2)) @ [1, 1j]).reshape(len(z), -1, 64)
        fresh *= (8 + 1e-3 * z[:, :1, None].real) / np.linalg.norm(fresh, axis=2, keepdims=True)
        return without_prefix(fresh.reshape(z.shape).astype(np.complex64))


@pytest.mark.parametrize("weak", [RandomPhase, LeakyEnergy])
def test_what_no_mean_shows_is_found_by_other_rules(weak):
    told = distinguish(weak(np.random.default_rng(6)), codewords()[:2], 4000, np.random.default_rng(7))
    assert told.accuracy > 0.99, told
    assert told.validation_accuracy["linear, symbols"] < 0.6


def test_network_tells_a_control_apart_and_no_cipher(chosen):
    pytest.importorskip("torch")
    pair = chosen["black and noise"]
    told = distinguish(oracle("static_shuffling"), pair, 4000, np.random.default_rng(8), network=True)
    assert told.validation_accuracy["network"] > 0.99
    told = distinguish(oracle("isometric"), pair, 4000, np.random.default_rng(8), network=True, confidence=CERTAIN)
    assert abs(told.validation_accuracy["network"] - 0.5) < 0.1
    assert told.is_guessing


def test_quadratic_rule_sees_spreads_that_a_linear_one_does_not():
    rng = np.random.default_rng(9)
    labels = rng.random(20000) < 0.5
    features = rng.standard_normal((20000, 8)) * np.where(labels, 3, 1)[:, None] + 100
    moments = ClassMoments(features[:1000], labels[:1000])
    moments.add(features, labels)
    assert np.mean(moments.linear().decide(features) == labels) < 0.6
    assert np.mean(moments.quadratic().decide(features) == labels) > 0.95


def test_linear_rule_reaches_the_optimum_of_two_gaussians():
    rng = np.random.default_rng(10)
    labels = rng.random(50000) < 0.5
    mixing = rng.standard_normal((4, 4))
    features = (rng.standard_normal((50000, 4)) + labels[:, None] * [1, 0, 0, 0]) @ mixing
    moments = ClassMoments(features[:1000], labels[:1000])
    moments.add(features, labels)
    assert np.mean(moments.linear().decide(features) == labels) == pytest.approx(0.6915, abs=0.01)  # Phi(1/2)


def test_clopper_pearson_against_published_values():
    assert clopper_pearson(0, 10, 0.95) == pytest.approx((0, 0.3085), abs=1e-4)
    assert clopper_pearson(5, 10, 0.95) == pytest.approx((0.1871, 0.8129), abs=1e-4)
    assert clopper_pearson(10, 10, 0.95) == pytest.approx((0.6915, 1), abs=1e-4)


def test_bad_input_is_refused(chosen):
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="63 ciphertexts are too few"):
        distinguish(oracle("none"), chosen["black and noise"], 63, rng)
    with pytest.raises(ValueError, match=r"shape \(3, 256\)"):
        distinguish(oracle("none"), codewords()[:3], 1000, rng)
    with pytest.raises(ValueError, match="11 successes in 10 trials"):
        clopper_pearson(11, 10)
    with pytest.raises(ValueError, match="confidence 1"):
        clopper_pearson(1, 10, 1)
