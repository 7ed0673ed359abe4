# SPDX-License-Identifier: GPL-3.0-or-later
"""Phases that are linear in the carrier number, symbol by symbol: compiled kernels.

Neighbouring known carriers of a symbol mostly have the same spacing.  One complex multiplication then leads from one to
the next, where a sine and a cosine for each would take most of the receiver's time.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def rotors(line, slope, row, carrier):  # type: ignore[no-untyped-def]
    """complex128[n]: ``exp(j (line[row] + slope[row] * carrier))`` for int64[n] rows and carriers, rows in sequence."""
    result = np.empty(len(row), np.complex128)
    last_row = -1
    last_carrier = 0
    spacing = 0
    rotor = 1.0 + 0.0j
    step = 1.0 + 0.0j
    for i in range(len(row)):
        r = row[i]
        k = carrier[i]
        if r != last_row:
            angle = line[r] + slope[r] * k
            rotor = complex(np.cos(angle), np.sin(angle))
            last_row = r
            spacing = 0
        else:
            if k - last_carrier != spacing:
                spacing = k - last_carrier
                angle = slope[r] * spacing
                step = complex(np.cos(angle), np.sin(angle))
            rotor *= step
        last_carrier = k
        result[i] = rotor
    return result


@njit(cache=True, nogil=True)
def sums_by_row(product, row, carrier, rows):  # type: ignore[no-untyped-def]
    """Per row: sum of complex128[n] products, and of the products times their carrier number."""
    plain = np.zeros(rows, np.complex128)
    tilted = np.zeros(rows, np.complex128)
    for i in range(len(product)):
        plain[row[i]] += product[i]
        tilted[row[i]] += product[i] * carrier[i]
    return plain, tilted


@njit(cache=True, nogil=True)
def energies_by_row(model, row, carrier, rows):  # type: ignore[no-untyped-def]
    """float64[3, rows]: sums of the energy of complex128[n] models, of it times the carrier number, and its square."""
    sums = np.zeros((3, rows))
    for i in range(len(model)):
        energy = model[i].real ** 2 + model[i].imag ** 2
        sums[0, row[i]] += energy
        sums[1, row[i]] += energy * carrier[i]
        sums[2, row[i]] += energy * carrier[i] * carrier[i]
    return sums


@njit(cache=True, nogil=True)
def matched_by_column(received, model, column, columns):  # type: ignore[no-untyped-def]
    """Per column: sum of ``received * conj(model)``, and of the model's energy."""
    matched = np.zeros(columns, np.complex128)
    energy = np.zeros(columns)
    for i in range(len(received)):
        matched[column[i]] += received[i] * model[i].conjugate()
        energy[column[i]] += model[i].real ** 2 + model[i].imag ** 2
    return matched, energy
