# SPDX-License-Identifier: GPL-3.0-or-later
"""Underneath the LWE cipher: errors, matrices, keys, exact arithmetic, and encryption of integers."""

import hashlib
import pickle

import numpy as np
import pytest
from scipy import stats

from deepjscec.crypto import KeyStream, Secret
from deepjscec.crypto.keystream import SCHEME_LWE
from deepjscec.crypto.lwe_arithmetic import centred, pack, product, unpack
from deepjscec.crypto.lwe_encryption import LweErrors, decrypt_batch, encrypt_batch, errors_of, fresh_errors, unmask
from deepjscec.crypto.lwe_keys import LwePrivateKey, LwePublicKey
from deepjscec.crypto.lwe_noise import PLACES, draw_errors, draw_uniform, gaussian_weights, largest_error
from deepjscec.crypto.lwe_parameters import PARAMETERS, LweParameters, lwe_parameters

SEED = bytes(range(32))
LP192 = PARAMETERS["lp192"]
ERRORS = [-1, -5, -6, 0, -2, -2, 4, 3, 0, 2, -4, -1]
KEY_DIGEST = "2538537473fa50da747c1cc9d50c74f7487882737124b6f60ed1e0d7c831a26f"
CIPHERTEXT_DIGEST = "99b36297802e5ac7c9b35829b465c0165b5366422534d0eead19595cb163d18e"


def stream(key=SEED):
    return KeyStream(Secret(key), 0, SCHEME_LWE)


def test_parameters_of_the_paper():
    assert (LP192.n, LP192.q, LP192.bits, LP192.vector_bytes) == (192, 4093, 12, 288)
    assert LP192.sigma == pytest.approx(3.5386, abs=1e-4)
    assert LP192.noise_deviation == pytest.approx(245.4, abs=0.1)


@pytest.mark.parametrize("change", [{"n": 190}, {"n": 4096}, {"q": 2**17}, {"q": 3}, {"sigma": 0.1}, {"sigma": 9.0}])
def test_parameters_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match="LWE"):
        LweParameters(**{"name": "mine", "n": 192, "q": 4093, "sigma": 3.5} | change)


def test_unknown_parameters_name_the_known_ones():
    with pytest.raises(ValueError, match="lp192, lp256, lp320, frodo640, frodo976"):
        lwe_parameters("lp128")


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=list(PARAMETERS))
def test_weights_are_those_of_the_discrete_gaussian(parameters):
    weights = gaussian_weights(parameters.sigma)
    assert sum(weights) == 2**64
    values = np.arange(-PLACES // 2, PLACES // 2)
    density = np.exp(-(values**2) / (2 * parameters.sigma**2))
    np.testing.assert_allclose(np.array(weights, float) / 2.0**64, density / density.sum(), atol=1e-15)
    assert 8.5 * parameters.sigma < largest_error(parameters.sigma) < 10 * parameters.sigma


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=list(PARAMETERS))
def test_errors_are_discrete_gaussian(parameters):
    errors = draw_errors(stream(), (1 << 20,), parameters.sigma)
    weights = np.array(gaussian_weights(parameters.sigma), float) / 2.0**64 * errors.size
    counts = np.bincount(errors.astype(int) + PLACES // 2, minlength=PLACES)
    body = weights > 20
    counts = np.append(counts[body], counts[~body].sum())
    weights = np.append(weights[body], weights[~body].sum())
    assert stats.chisquare(counts, weights).pvalue > 1e-4
    assert errors.std() == pytest.approx(parameters.sigma, rel=0.005)
    assert abs(np.corrcoef(errors[1:], errors[:-1])[0, 1]) < 0.005


def test_errors_are_a_fixed_function_of_the_stream():
    """A known answer, of which a shorter drawing is the start."""
    errors = draw_errors(stream(), (70000,), LP192.sigma)
    np.testing.assert_array_equal(errors[:12], ERRORS)
    np.testing.assert_array_equal(draw_errors(stream(), (5, 2), LP192.sigma).ravel(), errors[:10])


@pytest.mark.parametrize("q", [4093, 2**15, 2**16])
def test_matrices_are_uniform(q):
    values = draw_uniform(stream(), (400, 1000), q)
    assert values.min() == 0 and values.max() == q - 1
    assert stats.kstest((values.ravel() + 0.5) / q, "uniform").pvalue > 1e-4
    if q == 4093:
        assert stats.chisquare(np.bincount(values.ravel(), minlength=q)).pvalue > 1e-4


@pytest.mark.parametrize("bits", [1, 12, 15, 16])
def test_packing_inverts(bits):
    values = np.random.default_rng(0).integers(0, 2**bits, 1003)
    data = pack(values, bits)
    assert len(data) == -(-1003 * bits // 8)
    np.testing.assert_array_equal(unpack(data, bits, 1003), values)
    assert pack(np.array([0xABC, 0xDEF]), 12) == b"\xab\xcd\xef"


@pytest.mark.parametrize(("n", "q"), [(192, 4093), (976, 2**16)])
def test_products_are_exact_at_the_extremes(n, q):
    half = q // 2
    rows = np.random.default_rng(1).choice([-half, (q - 1) // 2], (1500, n)).astype(np.int16)
    vectors = np.random.default_rng(2).choice([-64, 63], (3, n)).astype(np.int8)
    exact = vectors.astype(np.int64) @ rows.astype(np.int64).T
    found = product(rows, vectors, q)
    np.testing.assert_array_equal(np.mod(found, q), np.mod(exact, q))
    assert found.min() >= -half and found.max() < q - half
    large = np.abs(rows[:2].astype(np.int32))
    exact = large.astype(np.int64) @ rows.astype(np.int64).T
    np.testing.assert_array_equal(product(rows, large, q), centred(exact, q))


def test_the_public_key_is_what_it_says():
    key = LwePrivateKey.from_seed(SEED, columns=64)
    a, p = key.public_key.a.astype(np.int64), key.public_key.p.astype(np.int64)
    np.testing.assert_array_equal(np.mod(a @ key.r2.T + p.T, 4093), np.mod(key.r1.T, 4093))
    assert stats.kstest((np.mod(p, 4093).ravel() + 0.5) / 4093, "uniform").pvalue > 1e-4


def test_keys_are_a_fixed_function_of_the_seed():
    """A known answer, and a shorter key is the start of a longer one."""
    key = LwePrivateKey.from_seed(SEED, columns=64)
    assert hashlib.sha256(key.public_key.to_bytes()).hexdigest() == KEY_DIGEST
    assert key.reveal() == SEED
    short = LwePrivateKey.from_seed(Secret(SEED), columns=10)
    np.testing.assert_array_equal(short.public_key.p, key.public_key.p[:10])
    assert key.public_key.id != LwePrivateKey.from_seed(SEED, "lp256", 64).public_key.id
    assert LwePrivateKey.generate(columns=4).reveal() != LwePrivateKey.generate(columns=4).reveal()


@pytest.mark.parametrize("parameters", ["lp192", "lp320", "frodo640", "frodo976"])
def test_public_keys_survive_their_bytes(parameters):
    key = LwePrivateKey.from_seed(SEED, parameters, 9).public_key
    data = key.to_bytes()
    assert len(data) == 32 + 9 * PARAMETERS[parameters].vector_bytes
    again = LwePublicKey.from_bytes(data, parameters)
    np.testing.assert_array_equal(again.p, key.p)
    np.testing.assert_array_equal(again.a, key.a)
    assert (again.columns, again.id) == (9, key.id)


@pytest.mark.parametrize("data", [b"", bytes(32), bytes(32 + 287), bytes(32) + b"\xff" * 288])
def test_damaged_public_keys_are_refused(data):
    with pytest.raises(ValueError, match="LWE public key"):
        LwePublicKey.from_bytes(data)


def test_public_keys_of_other_sizes_are_refused():
    with pytest.raises(ValueError, match="seed has 32 bytes, not 31"):
        LwePublicKey(bytes(31), np.zeros((2, 192), np.int16))
    with pytest.raises(ValueError, match=r"columns of 192, got shape \(2, 191\)"):
        LwePublicKey(bytes(32), np.zeros((2, 191), np.int16))
    for columns in (0, 1 << 21):
        with pytest.raises(ValueError, match=f"columns, got {columns}"):
            LwePrivateKey.from_seed(SEED, columns=columns)


def test_private_keys_show_and_pickle_nothing():
    key = LwePrivateKey.from_seed(SEED, columns=4)
    assert repr(key) == "LwePrivateKey(redacted, lp192, columns=4)"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(key)


@pytest.mark.parametrize("parameters", ["lp192", "frodo640"])
def test_decryption_leaves_noise_of_the_stated_deviation(parameters):
    key = LwePrivateKey.from_seed(SEED, parameters, 256)
    rng = np.random.default_rng(3)
    q = key.parameters.q
    messages = rng.integers(-q // 8, q // 8, (400, 256))
    c1, c2 = encrypt_batch(key.public_key, messages, fresh_errors(key.parameters, 400, 256))
    noise = decrypt_batch(key, c1, c2) - messages
    assert noise.std() == pytest.approx(key.parameters.noise_deviation, rel=0.02)
    assert abs(noise.mean()) < 0.02 * noise.std()


def test_noise_is_the_errors_product_with_the_key():
    key = LwePrivateKey.from_seed(SEED, columns=50)
    errors = errors_of(Secret(bytes(32)), LP192, 3, 50)
    messages = np.arange(150).reshape(3, 50)
    c1, c2 = encrypt_batch(key.public_key, messages, errors)
    e1, e2, e3 = (e.astype(int) for e in errors)
    np.testing.assert_array_equal(
        decrypt_batch(key, c1, c2), centred(messages + e1 @ key.r1.T + e2 @ key.r2.T + e3, 4093)
    )
    assert hashlib.sha256(c1.astype("<i4").tobytes() + c2.astype("<i4").tobytes()).hexdigest() == CIPHERTEXT_DIGEST


def test_reused_errors_show_and_public_errors_strip_the_mask():
    """Why errors are drawn afresh and from a secret: with one error vector for all, differences are in clear."""
    public = LwePrivateKey.from_seed(SEED, columns=64).public_key
    messages = np.random.default_rng(4).integers(-500, 500, (2, 64))
    one = errors_of(Secret(bytes(32)), LP192, 1, 64)
    reused = LweErrors(*(np.repeat(e, 2, axis=0) for e in one))
    c1, c2 = encrypt_batch(public, messages, reused)
    np.testing.assert_array_equal(c1[0], c1[1])
    np.testing.assert_array_equal(centred(c2[0] - c2[1], 4093), messages[0] - messages[1])
    mask = encrypt_batch(public, np.zeros((2, 64), int), reused)[1]
    np.testing.assert_array_equal(centred(c2 - mask, 4093), messages)
    fresh = encrypt_batch(public, messages, fresh_errors(LP192, 2, 64))[1]
    assert np.abs(centred(fresh[0] - fresh[1], 4093) - (messages[0] - messages[1])).mean() > 500


def test_shapes_that_do_not_fit_are_refused():
    key = LwePrivateKey.from_seed(SEED, columns=8)
    with pytest.raises(ValueError, match="key of 8 columns"):
        encrypt_batch(key.public_key, np.zeros((1, 9), int), fresh_errors(LP192, 1, 9))
    with pytest.raises(ValueError, match="errors of shapes"):
        encrypt_batch(key.public_key, np.zeros((2, 8), int), fresh_errors(LP192, 1, 8))
    with pytest.raises(ValueError, match="c1 of shape"):
        unmask(key, np.zeros((1, 191), int), 8)
