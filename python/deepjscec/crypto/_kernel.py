# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled inner loops of the isometric cipher: key-stream words -> Gaussians -> Householder reflections.

Importing this module loads Numba; only `isometric.py` does so, at the first block. The first call on a
machine compiles (a few seconds) and later ones read the compiled code from the cache beside this file.

A block of `m` symbols uses `2 M` 64-bit words, `M = m (m + 1) / 2`: `M` words for radii, then `M` words for
phases, each in the order vector of length m, m-1, ..., 1. From a radius word `a` and a phase word `b`
    u = (a + 1/2) / 2^64                          rounded to float64: 53 significant bits, small u too
    t = 2 pi ((b >> 11) + 1/2) / 2^53 - pi / 4
    g = sqrt(-ln u) exp(i t)                      standard complex Gaussian, E|g|^2 = 1 (Box and Muller, 1958)

The unitary is the product of Householder reflections of Stewart (1980), "The efficient generation of random
orthogonal matrices", with the phases of Mezzadri (2007), "How to generate random matrices from the classical
compact groups". With x_n the Gaussian vector of length n,
    p_n = x_n[0] / |x_n[0]|,   w_n = x_n + p_n |x_n| e_1,   H_n = I - 2 w_n w_n^H / |w_n|^2 (last n entries)
    U = H_m H_{m-1} ... H_2 diag(-p_m, -p_{m-1}, ..., -p_2, p_1).
The first column of H_n diag(-p_n, 1, ..., 1) is x_n / |x_n|, uniform on the sphere, hence U is exactly Haar.

Logarithm, sine and cosine are Taylor polynomials here and not library calls, so that they vectorise, take the
same time for every key, and do not differ between C libraries. Fast-math is limited to `contract` (fused
multiply-add) and, in the two dot products alone, `reassoc` (any order of summation): both keep the error
bounds that `docs/security.md` uses. No step depends on how many blocks one call is given, so neither does any
bit of the result.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_EXPONENT_FIELD = np.uint64(0xFFF0000000000000)
_TWO_52 = np.uint64(0x4330000000000000)  # bits of 2.0^52: OR-ing in a 52-bit integer adds it
_SQRT_HALF = np.uint64(0x3FE6A09E667F3BCD)  # bits of sqrt(1/2)
_LN2 = math.log(2.0)
_QUARTER_STEP = math.pi / 2 / 2.0**51
_ONE = np.uint64(1)


@intrinsic
def _float_of_bits(typingctx, bits):
    """Read 64 bits as an IEEE double."""

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.uint64), codegen


@intrinsic
def _bits_of_float(typingctx, value):
    """Read an IEEE double as 64 bits."""

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(64))

    return types.uint64(types.float64), codegen


def _jit(**options):
    """`numba.njit` with this module's defaults; without the cache where no folder for one can be written."""

    def decorate(function):
        try:
            return numba.njit(nogil=True, error_model="numpy", cache=True, **options)(function)
        except RuntimeError:  # Numba 0.5x-0.6x: "cannot cache function: no locator available"
            return numba.njit(nogil=True, error_model="numpy", **options)(function)

    return decorate


@_jit(fastmath={"contract"})
def _minus_log(word):
    """-ln u for u = (word + 1/2) / 2^64, rounded once to float64."""
    # By halves through the exponent trick: there is no vector conversion from 64-bit integers in AVX2.
    upper = _float_of_bits((word >> np.uint64(32)) | _TWO_52) - 4503599627370496.0
    lower = _float_of_bits((word & np.uint64(0xFFFFFFFF)) | _TWO_52) - 4503599627370495.5
    count = upper * 8589934592.0 + 2.0 * lower  # 2 word + 1; everything but this sum is exact
    # count = z 2^e with z in [sqrt(1/2), sqrt(2))
    bits = _bits_of_float(count)
    shifted = bits - _SQRT_HALF
    z = _float_of_bits(bits - (shifted & _EXPONENT_FIELD))
    e = _float_of_bits((shifted >> np.uint64(52)) | _TWO_52) - 4503599627370496.0
    s = (z - 1.0) / (z + 1.0)
    q = s * s  # at most 0.0295: the first term left out is below 3e-17 of the sum
    p = 1.0 / 21.0
    p = p * q + 1.0 / 19.0
    p = p * q + 1.0 / 17.0
    p = p * q + 1.0 / 15.0
    p = p * q + 1.0 / 13.0
    p = p * q + 1.0 / 11.0
    p = p * q + 1.0 / 9.0
    p = p * q + 1.0 / 7.0
    p = p * q + 1.0 / 5.0
    p = p * q + 1.0 / 3.0
    return (65.0 - e) * _LN2 - 2.0 * (s + s * q * p)


@_jit(fastmath={"contract"})
def _gaussians(words, re, im):
    """Fill `re`, `im` with complex Gaussians from twice as many words, radii first."""
    radii = words[: re.size]
    phases = words[re.size :]
    for i in range(re.size):
        r = math.sqrt(_minus_log(radii[i]))
        w = phases[i]
        # Upper two bits: a quarter turn; the 51 below: an angle in (-pi/4, pi/4).
        part = _float_of_bits(((w >> np.uint64(11)) & np.uint64(0x7FFFFFFFFFFFF)) | _TWO_52)
        t = (part - (4503599627370496.0 + 1125899906842624.0 - 0.5)) * _QUARTER_STEP
        q = t * t
        s = -1.0 / 1307674368000.0
        s = s * q + 1.0 / 6227020800.0
        s = s * q - 1.0 / 39916800.0
        s = s * q + 1.0 / 362880.0
        s = s * q - 1.0 / 5040.0
        s = s * q + 1.0 / 120.0
        s = s * q - 1.0 / 6.0
        s = t + t * q * s
        c = 1.0 / 20922789888000.0
        c = c * q - 1.0 / 87178291200.0
        c = c * q + 1.0 / 479001600.0
        c = c * q - 1.0 / 3628800.0
        c = c * q + 1.0 / 40320.0
        c = c * q - 1.0 / 720.0
        c = c * q + 1.0 / 24.0
        c = c * q - 0.5
        c = c * q + 1.0
        # times i^k, k the quarter: swap for odd k, then signs
        odd = (w >> np.uint64(62)) & _ONE
        x = s if odd else c
        y = c if odd else s
        flip_y = w & np.uint64(0x8000000000000000)
        flip_x = flip_y ^ (odd << np.uint64(63))
        re[i] = r * _float_of_bits(_bits_of_float(x) ^ flip_x)
        im[i] = r * _float_of_bits(_bits_of_float(y) ^ flip_y)


@_jit(fastmath={"contract", "reassoc"})
def _dot(gr, gi, yr, yi):
    """|x|^2 and x^H y."""
    energy = 0.0
    dr = 0.0
    di = 0.0
    for i in range(gr.size):
        a = gr[i]
        b = gi[i]
        energy += a * a + b * b
        dr += a * yr[i] + b * yi[i]
        di += a * yi[i] - b * yr[i]
    return energy, dr, di


@_jit(fastmath={"contract"})
def _phase(x, y):
    """(x + i y) / |x + i y|, and 1 for 0 (a radius is 0 when u rounds to 1, once in 2^54)."""
    r = math.sqrt(x * x + y * y)
    if r == 0.0:
        return 1.0, 0.0, 0.0
    return x / r, y / r, r


@_jit(fastmath={"contract"})
def _reflect(gr, gi, yr, yi):
    """y <- H y for the reflection of the Gaussian vector x = gr + i gi."""
    energy, dr, di = _dot(gr, gi, yr, yi)
    if energy == 0.0:  # all radii 0, once in 2^54n: the identity is as good as any
        return
    norm = math.sqrt(energy)
    pr, pi, r = _phase(gr[0], gi[0])
    # w = x + p |x| e_1, w^H w = 2 |x| (|x| + |x_1|); f = 2 w^H y / w^H w
    dr += norm * (pr * yr[0] + pi * yi[0])
    di += norm * (pr * yi[0] - pi * yr[0])
    scale = 1.0 / (norm * (norm + r))
    fr = dr * scale
    fi = di * scale
    for i in range(gr.size):
        a = gr[i]
        b = gi[i]
        yr[i] -= a * fr - b * fi
        yi[i] -= a * fi + b * fr
    yr[0] -= norm * (pr * fr - pi * fi)
    yi[0] -= norm * (pr * fi + pi * fr)


@_jit(fastmath={"contract"})
def _diagonal(gr, gi, yr, yi, sign):
    """y <- diag(d) y (sign = 1) or diag(d)^H y (sign = -1)."""
    m = yr.size
    start = 0
    for j in range(m):
        pr, pi, _ = _phase(gr[start], gi[start])
        pi *= sign
        if j < m - 1:
            pr = -pr
            pi = -pi
        a = yr[j]
        b = yi[j]
        yr[j] = a * pr - b * pi
        yi[j] = a * pi + b * pr
        start += m - j


@_jit()
def _forward(gr, gi, yr, yi):
    """y <- U y."""
    m = yr.size
    _diagonal(gr, gi, yr, yi, 1.0)
    end = gr.size - 1
    for n in range(2, m + 1):
        _reflect(gr[end - n : end], gi[end - n : end], yr[m - n :], yi[m - n :])
        end -= n


@_jit()
def _backward(gr, gi, yr, yi):
    """y <- U^H y."""
    m = yr.size
    start = 0
    for n in range(m, 1, -1):
        _reflect(gr[start : start + n], gi[start : start + n], yr[m - n :], yi[m - n :])
        start += n
    _diagonal(gr, gi, yr, yi, -1.0)


@_jit(fastmath={"contract"})
def encrypt_blocks(words, dither_words, dither_scale, grid, blocks, gains, out):
    """Rotate whole blocks, add dither, round to multiples of 1 / `grid`, a power of 2.

    `words` uint64[B * 2 M], `dither_words` uint64[B * 2 m] (unused when `dither_scale` is 0), `blocks` and
    `out` float32[B, 2 m] with real and imaginary parts alternating, `gains` float64[B] multiplied onto each
    block first. `dither_scale` is the root of the dither's variance per complex symbol.
    """
    m = blocks.shape[1] // 2
    size = m * (m + 1) // 2
    gr, gi, yr, yi = np.empty(size), np.empty(size), np.empty(m), np.empty(m)
    er, ei = np.zeros(m), np.zeros(m)
    for b in range(blocks.shape[0]):
        for i in range(m):
            yr[i] = gains[b] * blocks[b, 2 * i]
            yi[i] = gains[b] * blocks[b, 2 * i + 1]
        _gaussians(words[b * 2 * size : (b + 1) * 2 * size], gr, gi)
        _forward(gr, gi, yr, yi)
        if dither_scale > 0.0:
            _gaussians(dither_words[b * 2 * m : (b + 1) * 2 * m], er, ei)
        for i in range(m):
            out[b, 2 * i] = np.rint((yr[i] + dither_scale * er[i]) * grid) * (1.0 / grid)
            out[b, 2 * i + 1] = np.rint((yi[i] + dither_scale * ei[i]) * grid) * (1.0 / grid)


@_jit()
def decrypt_blocks(words, blocks, out):
    """Undo `encrypt_blocks`, but for gain, dither and rounding. Shapes as there."""
    m = blocks.shape[1] // 2
    size = m * (m + 1) // 2
    gr, gi, yr, yi = np.empty(size), np.empty(size), np.empty(m), np.empty(m)
    for b in range(blocks.shape[0]):
        for i in range(m):
            yr[i] = blocks[b, 2 * i]
            yi[i] = blocks[b, 2 * i + 1]
        _gaussians(words[b * 2 * size : (b + 1) * 2 * size], gr, gi)
        _backward(gr, gi, yr, yi)
        for i in range(m):
            out[b, 2 * i] = yr[i]
            out[b, 2 * i + 1] = yi[i]


@_jit()
def rotate(words, re, im, inverse):
    """U (or U^H) of one block on every row of float64[n, m] `re`, `im`, in place: to test and to measure."""
    gr, gi = np.empty(words.size // 2), np.empty(words.size // 2)
    _gaussians(words, gr, gi)
    for row in range(re.shape[0]):
        if inverse:
            _backward(gr, gi, re[row], im[row])
        else:
            _forward(gr, gi, re[row], im[row])


@_jit()
def block_energies(blocks, out):
    """Energy of each block of float32[B, 2 m], summed in float64, into float64[B]."""
    for b in range(blocks.shape[0]):
        total = np.float64(0.0)
        for i in range(blocks.shape[1]):
            value = np.float64(blocks[b, i])
            total += value * value
        out[b] = total
