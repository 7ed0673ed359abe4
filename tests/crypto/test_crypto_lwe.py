# SPDX-License-Identifier: GPL-3.0-or-later
"""The LWE cipher: decryption, what reaches Bob, fresh errors, bad input."""

import hashlib

import numpy as np
import pytest
from scipy import stats

from deepjscec.crypto import ReusedCounterError, Session
from deepjscec.crypto.lwe import LweCipher
from deepjscec.crypto.lwe_arithmetic import unpack
from deepjscec.crypto.lwe_keys import LwePrivateKey
from deepjscec.crypto.wrapping import CELL

SECRET = bytes(range(32))
MAPPINGS = ["amplitude", "qam4096"]


def session():
    return Session.derive(SECRET, b"session1")


def gaussian(count, rng):
    return (rng.standard_normal((count, 2)).astype(np.float32) * np.float32(0.5**0.5)).view(np.complex64)[:, 0]


def transmit(cipher, z, snr_db, rng):
    """Codeword through the cipher and white noise: symbols and variances to decode with."""
    variance = 10 ** (-snr_db / 10)
    packet = cipher._session.next_packet()
    prefix, sent = cipher.encrypt_message(z, packet)
    received = sent + gaussian(sent.size, rng) * np.float32(variance**0.5)
    return cipher.decrypt_message(prefix, received, np.full(sent.size, variance, np.float32), packet)


def error_of(z, symbols, variance):
    """Mean squared error of the estimate that a decoder makes of `symbols`, and the one that `variance` predicts."""
    return np.mean(np.abs(z - symbols / (1 + variance)) ** 2), np.mean(variance / (1 + variance))


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_without_channel_noise_an_estimate_of_the_errors_is_all_that_is_lost(mapping):
    """Of 2 n unknown errors in 2 k equations, as much of the codeword is left in doubt: n / k of its energy."""
    rng = np.random.default_rng(0)
    cipher = LweCipher(session(), mapping=mapping, max_symbols=8192)
    z = gaussian(8192, rng) * np.float32(0.8)  # none reaches the ends of the cell
    measured, predicted = error_of(z, *transmit(cipher, z, 70, rng))
    assert measured < 192 / 8192 * 1.1
    assert predicted == pytest.approx(192 / 8192, rel=0.35)


def test_without_the_estimate_the_noise_is_that_of_the_formula():
    """Variance over the energy of a symbol: 2 (sigma^4 2 n + sigma^2) (sqrt 6 / q / scale)^2."""
    cipher = LweCipher(session(), scale=0.3, passes=0)
    _, variance = transmit(cipher, np.zeros(64, np.complex64), 70, np.random.default_rng(1))
    expected = 2 * cipher.parameters.noise_deviation**2 * (CELL / 4093 / 0.3) ** 2
    assert np.median(variance) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("snr_db", [10, 15, 25])
@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("passes", [0, 12])
def test_variances_are_those_of_the_errors(mapping, passes, snr_db):
    rng = np.random.default_rng(2)
    cipher = LweCipher(session(), mapping=mapping, scale=0.4, passes=passes, max_symbols=4096)
    pairs = []
    for _ in range(12):  # a message's noise varies with the length of e1 and e2
        z = gaussian(4096, rng)
        pairs.append(error_of(z, *transmit(cipher, z, snr_db, rng)))
    measured, predicted = np.mean(pairs, axis=0)
    assert measured == pytest.approx(predicted, rel=0.12)


def test_estimating_the_errors_gains_several_decibels():
    rng = np.random.default_rng(3)
    z = gaussian(8192, rng)
    ratios = []
    for passes in (0, 12):
        error, _ = error_of(z, *transmit(LweCipher(session(), passes=passes), z, 25, rng))
        ratios.append(10 * np.log10((1 - error) / error))
    assert ratios[1] > ratios[0] + 6


@pytest.mark.parametrize("parameters", ["lp256", "lp320", "frodo640"])
def test_larger_parameters(parameters):
    rng = np.random.default_rng(4)
    z = gaussian(1024, rng)
    cipher = LweCipher(session(), parameters=parameters)
    measured, predicted = error_of(z, *transmit(cipher, z, 25, rng))
    assert measured < 0.15
    assert measured == pytest.approx(predicted, rel=0.2)


def test_the_two_mappings_say_how_many_symbols_they_need():
    z = np.ones(128, np.complex64)
    for mapping, expansion in zip(MAPPINGS, (1, 2)):
        cipher = LweCipher(session(), mapping=mapping)
        prefix, sent = cipher.encrypt_message(z, 0)
        assert (cipher.expansion, sent.size, sent.dtype) == (expansion, 128 * expansion, np.complex64)
        assert len(prefix) == cipher.prefix_bytes == 288


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_symbols_have_unit_energy_and_c2_is_uniform_whatever_was_sent(mapping):
    sent = LweCipher(session(), mapping=mapping).encrypt_message(np.full(11520, 3 - 3j, np.complex64), 0)[1]
    assert np.mean(np.abs(sent) ** 2) == pytest.approx(1, abs=0.03)
    if mapping == "amplitude":
        assert stats.kstest(sent.view(np.float32) / CELL + 0.5, "uniform").pvalue > 1e-6
    else:
        counts = np.unique(sent.view(np.float32)[::2].round(4), return_counts=True)[1]
        assert counts.size == 64 and stats.chisquare(counts[:-1]).pvalue > 1e-6  # the last digit has 3 values fewer


def test_errors_are_fresh_for_every_message():
    z = np.ones(4096, np.complex64)
    cipher = LweCipher(session())
    (first, one), (second, two) = cipher.encrypt_message(z, 0), cipher.encrypt_message(z, 1)
    a, b = (unpack(prefix, 12, 192) for prefix in (first, second))
    assert (a == b).sum() < 8
    assert abs(np.corrcoef(one.view(np.float32), two.view(np.float32))[0, 1]) < 0.05


def test_c1_is_uniform():
    cipher = LweCipher(session(), max_symbols=64)
    values = [unpack(cipher.encrypt_message(np.ones(64, np.complex64), p)[0], 12, 192) for p in range(200)]
    counts = np.histogram(np.concatenate(values), bins=64, range=(0, 4093))[0]
    # 4093 is no multiple of 64: bins hold 63 or 64 values
    edges = np.ceil(np.linspace(0, 4093, 65))
    assert stats.chisquare(counts, np.diff(edges) / 4093 * counts.sum()).pvalue > 1e-6


def test_a_public_key_encrypts_and_the_private_one_decrypts():
    private = LwePrivateKey.from_seed(bytes(32), columns=8192)
    z = gaussian(4096, np.random.default_rng(5)) * np.float32(0.8)
    alice = LweCipher(session(), key=private.public_key, max_symbols=4096)
    prefix, sent = alice.encrypt_message(z, 7)
    quiet = np.full(sent.size, 1e-6, np.float32)
    bob = LweCipher(
        Session.derive(bytes(32), b"another!"), key=private, max_symbols=4096
    )  # the session does not matter
    assert error_of(z, *bob.decrypt_message(prefix, sent, quiet, 7))[0] < 0.06
    with pytest.raises(ValueError, match="needs the private LWE key"):
        alice.decrypt_message(prefix, sent, quiet, 7)


@pytest.mark.parametrize("what", ["key", "prefix"])
def test_a_wrong_key_or_a_changed_prefix_gives_nothing(what):
    private = LwePrivateKey.from_seed(bytes(32), columns=8192)
    z = gaussian(4096, np.random.default_rng(6))
    prefix, sent = LweCipher(session(), key=private, max_symbols=4096).encrypt_message(z, 0)
    if what == "key":
        private = LwePrivateKey.from_seed(bytes(31) + b"\1", columns=8192)
    else:
        prefix = np.frombuffer(prefix, np.uint8)[::-1].tobytes()
        prefix = bytes(byte & 0x7F for byte in prefix)  # below q
    bob = LweCipher(session(), key=private, max_symbols=4096)
    symbols, variance = bob.decrypt_message(prefix, sent, np.full(sent.size, 1e-6, np.float32), 0)
    assert abs(np.vdot(symbols, z)) / np.linalg.norm(symbols) / np.linalg.norm(z) < 0.06
    assert np.isfinite(variance).all()


def test_extremes_stay_within_the_cell():
    """A part far beyond the codeword's range is clipped, and noise leaves it on its side."""
    cipher = LweCipher(session(), passes=0, max_symbols=4096)
    z = np.full(4096, 1e3 - 1e3j, np.complex64)
    prefix, sent = cipher.encrypt_message(z, 0)
    symbols, _ = cipher.decrypt_message(prefix, sent, np.full(4096, 1e-6, np.float32), 0)
    assert np.mean(np.sign(symbols.view(np.float32)) == np.sign(z.view(np.float32))) > 0.93


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_lost_symbols_are_known_to_be(mapping):
    cipher = LweCipher(session(), 64, mapping=mapping)
    prefix, sent = cipher.encrypt_message(np.ones(256, np.complex64), 0)
    noise = np.full(sent.size, 0.01, np.float32)
    noise[: 64 * cipher.expansion] = np.inf
    sent[-64 * cipher.expansion :] = [np.nan, 1e30][cipher.expansion - 1]
    symbols, variance = cipher.decrypt_message(prefix, sent, noise, 0)
    assert np.isinf(variance[:64]).all() and np.isinf(variance[-64:]).all() and np.isfinite(variance[64:-64]).all()
    assert (symbols[:64] == 0).all() and (symbols[-64:] == 0).all()
    symbols, variance = cipher.decrypt_message(prefix, sent, np.full(sent.size, np.inf, np.float32), 0)
    assert np.isinf(variance).all() and (symbols == 0).all()


def test_both_ends_of_a_session_find_the_same_key_whatever_the_lengths():
    """A known answer: whoever changes it cuts off everyone in the field."""
    long, short = LweCipher(session()), LweCipher(session())
    prefix, sent = long.encrypt_message(np.ones(1024, np.complex64), 0)
    short.decrypt_message(*short.encrypt_message(np.ones(64, np.complex64), 0), np.full(64, 0.1, np.float32), 0)
    symbols, _ = short.decrypt_message(prefix, sent, np.full(1024, 1e-4, np.float32), 0)
    assert symbols.mean() == pytest.approx(1 + 1j * 0, abs=0.2)
    digest = hashlib.sha256(short._key.public_key.to_bytes()).hexdigest()
    assert digest == "5172a5b38f6062316ab091ce5833344d136c494d7f2c2855ef02865d6053eb43"


def test_a_packet_number_serves_once_and_a_bad_codeword_uses_none_up():
    cipher = LweCipher(session(), 4, max_symbols=8)
    for z, message in (
        (np.array([1, 2, np.nan, 0], np.complex64), "not finite"),
        (np.ones(3, np.complex64), "multiple of 4"),
        (np.ones(12, np.complex64), "12 symbols, and a key for 8"),
    ):
        with pytest.raises(ValueError, match=message):
            cipher.encrypt_message(z, 0)
    cipher.encrypt_message(np.ones(4, np.complex64), 0)
    with pytest.raises(ReusedCounterError):
        cipher.encrypt_message(np.ones(4, np.complex64), 0)


def test_bad_messages_are_refused():
    cipher = LweCipher(session(), 4)
    prefix, sent = cipher.encrypt_message(np.ones(4, np.complex64), 0)
    noise = np.ones(4, np.float32)
    with pytest.raises(ValueError, match="288 bytes, got 287"):
        cipher.decrypt_message(prefix[:-1], sent, noise, 0)
    with pytest.raises(ValueError, match="element of 4095, modulo 4093"):
        cipher.decrypt_message(b"\xff" * 288, sent, noise, 0)
    with pytest.raises(ValueError, match=r"4 symbols with noise variances of shape \(3,\)"):
        cipher.decrypt_message(prefix, sent, noise[:3], 0)
    with pytest.raises(ValueError, match="multiple of 4"):
        cipher.decrypt_message(prefix, sent[:3], noise[:3], 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": 2}, "scale must be"),
        ({"scale": float("nan")}, "scale must be"),
        ({"mapping": "bpsk"}, "choose from amplitude, qam4096"),
        ({"parameters": "lp1"}, "choose from lp192"),
        ({"parameters": "frodo640", "mapping": "qam4096"}, "modulo 4096 at most, not 32768"),
        ({"max_symbols": 0}, "max_symbols"),
        ({"passes": -1}, "passes"),
        ({"block_size": 0}, "block_size"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        LweCipher(session(), **options)


def test_a_key_of_too_few_columns_is_refused():
    key = LwePrivateKey.from_seed(bytes(32), columns=100)
    with pytest.raises(ValueError, match="128 columns, and the key has 100"):
        LweCipher(session(), key=key, max_symbols=64)
