# SPDX-License-Identifier: GPL-3.0-or-later
"""The isometric cipher: unitary, invertible, reproducible, and unwilling to repeat itself."""

import numpy as np
import pytest

from deepjscec.crypto import (
    CIPHER_NAMES,
    Cipher,
    IsometricCipher,
    NullCipher,
    ReusedCounterError,
    Session,
    _kernel,
    make_cipher,
)
from deepjscec.crypto.reference import unitary

SECRET = bytes(range(32))
SESSION_ID = bytes(range(100, 108))


def new_session() -> Session:
    return Session.derive(SECRET, SESSION_ID)


def codeword(m: int, blocks: int, seed: int = 1) -> np.ndarray:
    """complex64[blocks m], every block of energy m."""
    z = np.random.default_rng(seed).standard_normal((blocks, 2 * m))
    z *= np.sqrt(m / np.sum(z * z, axis=1, keepdims=True))
    return z.astype(np.float32).reshape(-1).view(np.complex64)


def error_db(a: np.ndarray, b: np.ndarray) -> float:
    return 10 * np.log10(np.mean(np.abs(a - b) ** 2) / np.mean(np.abs(b) ** 2))


def matrix(words: np.ndarray, m: int, inverse: bool = False) -> np.ndarray:
    """complex128[m, m] of one block, column by column from the basis vectors."""
    re, im = np.eye(m), np.zeros((m, m))
    _kernel.rotate(words, re, im, inverse)
    return (re + 1j * im).T


@pytest.mark.parametrize("m", [1, 2, 3, 16, 64, 127])
def test_matrix_is_unitary_and_equals_the_reference(m):
    words = new_session().key_stream(3, 1, m).words(m * (m + 1))
    u = matrix(words, m)
    assert np.abs(u.conj().T @ u - np.eye(m)).max() < 1e-13
    assert np.abs(u - unitary(words)).max() < 1e-12
    assert np.abs(matrix(words, m, inverse=True) - u.conj().T).max() < 1e-13


def test_encryption_applies_the_matrix_of_each_block():
    m, z = 16, codeword(16, 3)
    sent = IsometricCipher(new_session(), m, dither_db=None).encrypt(z, packet=9)
    for b in range(3):
        words = new_session().key_stream(9, 1, m, first=b * m * (m + 1) // 2).words(m * (m + 1))
        expected = unitary(words) @ z[b * m : (b + 1) * m]
        assert np.abs(sent[b * m : (b + 1) * m] - expected).max() < 2e-6


def test_known_answer_of_a_small_block():
    z = np.array([1, 1j, -1, -1j], np.complex64)
    sent = IsometricCipher(new_session(), 4, dither_db=None).encrypt(z, packet=17)
    expected = [
        -0.73381805 + 0.62246895j,
        0.0292654 - 0.73790073j,
        0.16113377 + 1.2916565j,
        0.61207676 + 0.6780195j,
    ]
    assert sent.dtype == np.complex64
    assert np.allclose(sent, expected, rtol=0, atol=2e-6)


def test_degenerate_key_streams_give_a_unitary_all_the_same():
    for value in (0, 2**64 - 1, 1 << 11):
        u = matrix(np.full(12, value, np.uint64), 3)
        assert np.abs(u.conj().T @ u - np.eye(3)).max() < 1e-14


@pytest.mark.parametrize("m", [1, 4, 16, 64])
def test_decryption_inverts_to_minus_120_db_without_dither(m):
    session, z = new_session(), codeword(m, 20)
    cipher = IsometricCipher(session, m, dither_db=None)
    assert error_db(cipher.decrypt(cipher.encrypt(z, packet=2), packet=2), z) < -120


@pytest.mark.parametrize("dither_db", [40.0, 60.0, 80.0, 100.0])
def test_dither_lies_where_it_was_asked_for(dither_db):
    session, z = new_session(), codeword(32, 500)
    cipher = IsometricCipher(session, 32, dither_db=dither_db)
    assert abs(error_db(cipher.decrypt(cipher.encrypt(z, packet=0), packet=0), z) + dither_db) < 0.2


@pytest.mark.parametrize(("dither_db", "step"), [(60.0, 2.0**-17), (80.0, 2.0**-20), (None, 2.0**-20)])
def test_ciphertext_lies_on_a_grid_in_proportion_to_the_dither(dither_db, step):
    sent = IsometricCipher(new_session(), 16, dither_db=dither_db).encrypt(codeword(16, 50), packet=0)
    multiples = sent.view(np.float32).astype(np.float64) / step
    assert np.array_equal(multiples, np.rint(multiples))
    assert np.any(multiples % 2)


def test_dither_is_private_and_fresh():
    z = codeword(32, 50)
    one, two = (IsometricCipher(new_session(), 32).encrypt(z, packet=0) for _ in range(2))
    assert abs(error_db(one, two) + 77) < 0.5  # two independent dithers at -80 dB


def test_ciphertext_keeps_each_blocks_energy():
    z = codeword(64, 20)
    sent = IsometricCipher(new_session(), 64, dither_db=None).encrypt(z, packet=0)
    assert np.allclose(np.sum(np.abs(sent.reshape(20, 64)) ** 2, axis=1), 64, rtol=1e-6)


def test_small_differences_of_energy_are_removed():
    m, z = 16, codeword(16, 4)
    low = IsometricCipher(new_session(), m, dither_db=None).encrypt(z * np.float32(0.9995), packet=0)
    high = IsometricCipher(new_session(), m, dither_db=None).encrypt(z * np.float32(1.0005), packet=0)
    assert np.abs(low - high).max() < 3e-6


@pytest.mark.parametrize("spoil", [0.0, 0.99, np.nan, np.inf])
def test_a_block_without_its_energy_is_refused_and_costs_no_packet_number(spoil):
    cipher, z = IsometricCipher(new_session(), 16), codeword(16, 3)
    with pytest.raises(ValueError, match="block 1 has energy"):
        cipher.encrypt(np.concatenate([z[:16], z[16:32] * np.float32(spoil), z[32:]]), packet=0)
    cipher.encrypt(z, packet=0)


def test_blocks_of_any_energy_can_be_allowed():
    session, z = new_session(), 3 * codeword(16, 3)
    cipher = IsometricCipher(session, 16, dither_db=None, check_energy=False)
    assert error_db(cipher.decrypt(cipher.encrypt(z, packet=0), packet=0), z) < -120


@pytest.mark.parametrize("m", [4, 64])
def test_result_is_bit_identical_however_the_blocks_are_split(m):
    z = codeword(m, 41)
    whole = IsometricCipher(new_session(), m, dither_db=None).encrypt(z, packet=1)
    threaded = IsometricCipher(new_session(), m, dither_db=None, threads=3).encrypt(z, packet=1)
    first = IsometricCipher(new_session(), m, dither_db=None).encrypt(z[: 7 * m], packet=1)
    assert np.array_equal(whole, threaded)
    assert np.array_equal(whole[: 7 * m], first)
    cipher = IsometricCipher(new_session(), m)
    opened = cipher.decrypt(whole, packet=1)
    parts = [cipher.decrypt(whole[a * m : b * m], packet=1, first_block=a) for a, b in ((0, 1), (1, 20), (20, 41))]
    assert np.array_equal(opened, np.concatenate(parts))
    assert np.array_equal(opened, IsometricCipher(new_session(), m, threads=4).decrypt(whole, packet=1))


def test_read_only_and_unaligned_and_empty_codewords_work():
    session, z = new_session(), codeword(16, 2)
    cipher = IsometricCipher(session, 16, dither_db=None)
    expected = cipher.encrypt(z, packet=0)
    shifted = np.frombuffer(b"x" + expected.tobytes(), np.complex64, offset=1)
    assert np.array_equal(cipher.decrypt(shifted, packet=0), cipher.decrypt(expected, packet=0))
    assert cipher.encrypt(z[:0], packet=1).shape == (0,)


def test_wrong_keys_packets_and_block_sizes_give_noise():
    z = codeword(16, 64)
    sent = IsometricCipher(new_session(), 16).encrypt(z, packet=4)
    others = [
        IsometricCipher(new_session(), 16).decrypt(sent, packet=5),
        IsometricCipher(new_session(), 16).decrypt(sent, packet=4, first_block=1),
        IsometricCipher(new_session(), 32).decrypt(sent, packet=4),
        IsometricCipher(Session.derive(SECRET, bytes(8)), 16).decrypt(sent, packet=4),
        IsometricCipher(Session.derive(bytes(32), SESSION_ID), 16).decrypt(sent, packet=4),
    ]
    for opened in others:
        assert abs(np.vdot(opened, z)) / z.size < 4 / np.sqrt(z.size)


def test_a_packet_number_is_never_used_twice_by_ciphers_of_one_session():
    session, z = new_session(), codeword(16, 1)
    IsometricCipher(session, 16).encrypt(z, packet=7)
    for packet in (7, 6, 0):
        with pytest.raises(ReusedCounterError, match=str(packet)):
            IsometricCipher(session, 16).encrypt(z, packet=packet)
    IsometricCipher(session, 16).encrypt(z, packet=8)


def test_white_noise_stays_white_and_keeps_its_variance():
    rng = np.random.default_rng(3)
    noise = (rng.standard_normal((2, 64 * 500)) / np.sqrt(2)).astype(np.float32)
    opened = IsometricCipher(new_session(), 64).decrypt((noise[0] + 1j * noise[1]).astype(np.complex64), packet=0)
    blocks = opened.reshape(500, 64)
    assert abs(np.mean(np.abs(blocks) ** 2) - 1) < 0.03
    covariance = blocks.conj().T @ blocks / 500
    assert np.abs(covariance - np.eye(64)).max() < 0.25


def test_a_block_shares_its_noise_and_an_erased_symbol_costs_it_little():
    cipher = IsometricCipher(new_session(), 4)
    sent = cipher.encrypt(np.tile(np.complex64([1, 1j, -1, -1j]), 2), 0)
    variance = np.array([1, 1, 1, 1, 1e-6, 1e-6, 1e-6, np.inf], np.float32)
    sent[7] = np.nan
    clear, after = cipher.decrypt_message(b"", sent, variance, 0)
    assert np.isfinite(clear).all()
    np.testing.assert_allclose(after, [1] * 4 + [1 / 3] * 4, rtol=1e-5)  # a quarter of the energy is missing
    with pytest.raises(ValueError, match="noise variances of 6"):
        cipher.decrypt_message(b"", sent, variance[:6], 0)
    with pytest.raises(ValueError, match="no prefix"):
        cipher.decrypt_message(b"1", sent, variance, 0)


def test_damage_stays_in_its_block():
    cipher, z = IsometricCipher(new_session(), 16, dither_db=None), codeword(16, 3)
    sent = cipher.encrypt(z, packet=0)
    sent[20] = np.nan
    opened = cipher.decrypt(sent, packet=0)
    assert np.isnan(opened[16:32]).all()
    assert error_db(np.delete(opened, range(16, 32)), np.delete(z, range(16, 32))) < -120


def test_bad_codewords_are_refused_by_every_cipher():
    z = codeword(16, 2)
    for cipher in (IsometricCipher(new_session(), 16), NullCipher(block_size=16)):
        for bad in (z[:20], z.reshape(2, 16), z.real):
            with pytest.raises(ValueError, match="codeword"):
                cipher.encrypt(bad, packet=0)
            with pytest.raises(ValueError, match="codeword"):
                cipher.decrypt(bad, packet=0)
        with pytest.raises(ValueError, match="negative"):
            cipher.decrypt(z, packet=-1)


def test_bad_parameters_are_refused():
    session = new_session()
    for arguments in (
        {"block_size": 0},
        {"block_size": 1025},
        {"block_size": 2.0},
        {"threads": 0},
        {"dither_db": 5.0},
    ):
        with pytest.raises(ValueError, match=next(iter(arguments))):
            IsometricCipher(session, **arguments)


def test_ciphers_by_name():
    session, z = new_session(), codeword(16, 40)
    for packet, name in enumerate(CIPHER_NAMES):
        cipher = make_cipher(name, session, 16)
        assert isinstance(cipher, Cipher)
        assert (cipher.name, cipher.block_size) == (name.split("-")[0], 16)
        prefix, sent = cipher.encrypt_message(z, packet)
        assert (len(prefix), sent.size) == (cipher.prefix_bytes, z.size * cipher.expansion)
        assert cipher.hides == (name != "none")
        expected, unknown = cipher.expect(prefix, z, packet)
        usable = np.isfinite(unknown)
        assert usable.mean() > 0.2
        off = np.abs(expected - sent)[usable] ** 2
        near = off < 30 * (unknown[usable] + 1e-7)
        # what noise takes over the edge where symbols wrap comes out far away, one in some thousands
        assert near.all() if name in ("isometric", "none") else near.mean() > 0.99
        clear, variance = cipher.decrypt_message(prefix, sent, np.full(sent.size, 1e-8, np.float32), packet)
        error = np.abs(clear - z)
        if name in ("isometric", "none"):
            assert error.max() < 1e-3
        else:  # large symbols wrap, and errors of LWE are noise that it reports
            assert np.median(error) < 1e-3 + 2 * np.sqrt(np.median(variance))
    assert make_cipher("none", None).encrypt(codeword(64, 1), 0) is not None
    with pytest.raises(ValueError, match=r"isometric, modulo, lwe, .*none"):
        make_cipher("rot13", session, 16)
    with pytest.raises(ValueError, match="needs a session"):
        make_cipher("isometric", None)


def test_null_cipher_copies():
    z = codeword(64, 1)
    sent = NullCipher().encrypt(z, packet=0)
    assert np.array_equal(sent, z)
    assert not np.shares_memory(sent, z)
