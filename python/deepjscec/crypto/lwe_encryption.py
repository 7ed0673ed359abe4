# SPDX-License-Identifier: GPL-3.0-or-later
"""Lindner and Peikert's encryption of integer vectors, with the errors as arguments.

    c1 = e1 A + e2        c2 = e1 P + e3 + m        c2 + c1 R2 = m + e1 R1 + e2 R2 + e3        (modulo q)

Nothing here makes sure that errors are fresh, as secrecy needs: that is the cipher's part (`lwe.py`). Attacks and
benchmarks call this with errors of their own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .keystream import SCHEME_LWE, KeyStream
from .lwe_arithmetic import centred, product
from .lwe_keys import LwePrivateKey, LwePublicKey
from .lwe_noise import draw_errors
from .lwe_parameters import LweParameters
from .secret import Secret


class LweErrors(NamedTuple):
    """int8[count, n], int8[count, n] and int8[count, columns]: of `count` messages."""

    e1: np.ndarray
    e2: np.ndarray
    e3: np.ndarray


def fresh_errors(parameters: LweParameters, count: int, columns: int) -> LweErrors:
    """Errors from a key that the operating system's generator gives for this call, and that is then forgotten."""
    return errors_of(Secret.random(), parameters, count, columns)


def errors_of(key: Secret, parameters: LweParameters, count: int, columns: int) -> LweErrors:
    """The errors that a 32-byte key determines. Who knows it, or sees it used twice, reads the messages."""
    shapes = (count, parameters.n), (count, parameters.n), (count, columns)
    stream = KeyStream(key, 0, SCHEME_LWE)
    return LweErrors(*(draw_errors(stream, shape, parameters.sigma) for shape in shapes))


def encrypt_batch(public: LwePublicKey, messages: np.ndarray, errors: LweErrors) -> tuple[np.ndarray, np.ndarray]:
    """Encrypt `count` messages of equal length: integers [count, columns], any representative modulo q.

    Returns c1, int32[count, n], and c2, int32[count, columns], both centred. Raises `ValueError` for shapes.
    """
    parameters = public.parameters
    count, columns = messages.shape
    if columns > public.columns:
        raise ValueError(f"a message of {columns} real parts, and a key of {public.columns} columns")
    if [e.shape for e in errors] != [(count, parameters.n), (count, parameters.n), (count, columns)]:
        raise ValueError(f"errors of shapes {[e.shape for e in errors]} for messages of shape {messages.shape}")
    c1 = product(public.a.T, errors.e1, parameters.q) + errors.e2
    c2 = product(public.p[:columns], errors.e1, parameters.q) + errors.e3 + messages
    return centred(c1, parameters.q), centred(c2, parameters.q)


def unmask(private: LwePrivateKey, c1: np.ndarray, columns: int) -> np.ndarray:
    """c1 R2 modulo q, centred int32[count, columns]: what decryption adds to c2."""
    if c1.ndim != 2 or c1.shape[1] != private.parameters.n or columns > private.columns:
        raise ValueError(
            f"c1 of shape {c1.shape} and {columns} real parts, for a key of {private.parameters.n} rows and "
            f"{private.columns} columns"
        )
    return product(private.r2[:columns], c1, private.parameters.q)


def decrypt_batch(private: LwePrivateKey, c1: np.ndarray, c2: np.ndarray) -> np.ndarray:
    """What `encrypt_batch` gave, as centred int32[count, columns]: messages and noise of `noise_deviation`."""
    return centred(c2 + unmask(private, c1, c2.shape[1]), private.parameters.q)
