# SPDX-License-Identifier: GPL-3.0-or-later
"""Encryption oracles: the real ciphers are the project's, the controls are broken as their names say."""

import numpy as np
import pytest

from deepjscec.attack import CONTROLS, ORACLE_NAMES, REAL_CIPHERS, make_oracle
from deepjscec.attack.static_controls import haar_unitaries
from deepjscec.crypto.lwe_encryption import decrypt_batch
from deepjscec.crypto.lwe_keys import LwePublicKey
from deepjscec.crypto.wrapping import MARGIN
from tests.attack.attack_setup import codewords, oracle


@pytest.mark.parametrize("name", ORACLE_NAMES)
def test_ciphertexts_have_the_codewords_shape(name):
    seen = oracle(name).encrypt(codewords()[:3])
    assert seen.symbols.shape == (3, 256)
    assert seen.symbols.dtype == np.complex64
    assert seen.prefix.shape == (3, 192 if name.startswith("lwe") else 0)
    assert seen.parts().shape == (3, 512)


@pytest.mark.parametrize("name", REAL_CIPHERS)
def test_one_codeword_twice_gives_unrelated_ciphertexts(name):
    eve = oracle(name)
    z = np.repeat(codewords()[:1], 200, axis=0)
    first, second = eve.encrypt(z).symbols, eve.encrypt(z).symbols
    for a, b in ((first, second), (first[:-1], first[1:])):
        correlation = np.vdot(a, b) / np.sqrt(np.vdot(a, a).real * np.vdot(b, b).real)
        assert abs(correlation) < 6 / np.sqrt(a.size)


@pytest.mark.parametrize("name", [name for name in CONTROLS if name != "lwe_public_seed"])
def test_a_control_repeats_itself(name):
    eve = oracle(name)
    z = np.repeat(codewords()[:1], 5, axis=0)
    first, second = eve.encrypt(z).symbols, eve.encrypt(z).symbols
    assert np.abs(first - second[::-1]).max() < 1e-3  # the isometric cipher's dither is 80 dB down


def test_a_public_seed_leaves_the_codeword_bare():
    eve = oracle("lwe_public_seed")
    seen = eve.encrypt(codewords()[:20]).symbols
    clear = eve.scale * codewords()[:20].view(np.float32)
    inside = np.abs(clear) < (0.5 - MARGIN) * eve.cell
    assert np.abs(seen.view(np.float32) - clear)[inside].max() <= 0.51 * eve.cell / 4093


def test_lwe_ciphertexts_decrypt_under_the_private_key():
    eve = oracle("lwe")
    q = eve.parameters.q
    seen = eve.encrypt(codewords()[:100])
    c1 = np.rint(seen.prefix * (q / 12**0.5)).astype(np.int32)
    c2 = np.rint(seen.parts() * (q / eve.cell)).astype(np.int32)
    error = decrypt_batch(eve.key, c1, c2) - codewords()[:100].view(np.float32) * (eve.scale * q / eve.cell)
    error -= q * np.rint(error / q)
    assert error.std() == pytest.approx(eve.parameters.noise_deviation, rel=0.05)
    assert isinstance(eve.key.public_key, LwePublicKey)


def test_static_unitaries_are_unitary():
    unitaries = haar_unitaries(3, 16, np.random.default_rng(1))
    np.testing.assert_allclose(unitaries @ unitaries.conj().swapaxes(1, 2), np.eye(16)[None].repeat(3, 0), atol=1e-12)


def test_static_controls_follow_their_generator():
    z = codewords()[:2]
    for name in ("static_isometry", "static_shuffling"):
        first, again, other = (oracle(name, seed).encrypt(z).symbols for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert np.abs(first - other).max() > 0.5
        np.testing.assert_allclose(np.linalg.norm(first, axis=1), np.linalg.norm(z, axis=1), rtol=1e-5)


def test_unknown_names_and_lengths_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="unknown cipher or control 'rot13'"):
        make_oracle("rot13", 64, 256, rng)
    with pytest.raises(ValueError, match="100 symbols is not a multiple of 64"):
        make_oracle("isometric", 64, 100, rng)
