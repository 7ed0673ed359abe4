# SPDX-License-Identifier: GPL-3.0-or-later
"""Block error rates of 5G LDPC codes as AFF3CT published them, and ours at the same points.

Source: github.com/aff3ct/error_rate_references, LDPC/AWGN/BPSK/BP_FLOODING/SPA, the files
LDPC_N1024_K512_flooding_SPA_i20_5G.txt and LDPC_N12288_K6144_flooding_SPA_i20_5G.txt (AFF3CT v4.4.0-20-g5e083bc):
belief propagation, flooding, 20 iterations, 100 failed blocks a point. BPSK there is QPSK here: at the code rate 1/2
Eb/N0 is Es/N0 per complex symbol.
"""

from __future__ import annotations

import numpy as np

from deepjscec.baseline.ldpc import LdpcCode

ITERATIONS = 20
CODES: dict[tuple[int, int], dict[float, tuple[int, int]]] = {  # bits sent, information bits: dB: blocks, failed
    (1024, 512): {0.5: (139, 125), 0.75: (152, 114), 1.0: (237, 113), 1.25: (450, 105), 1.5: (1621, 101)}
    | {1.75: (5916, 100), 2.0: (35763, 100)},
    (12288, 6144): {0.8: (132, 126), 0.9: (158, 126), 1.0: (281, 109), 1.1: (771, 103), 1.2: (4642, 101)},
}


def beside_published(simulate, largest: int, rng: np.random.Generator) -> list[dict]:
    """Each published point, and ours by `simulate(code, snr_db, blocks, errors, rng, iterations=...)`.

    Points for which `largest` blocks of 1024 bits (fewer of longer ones) would hold less than some ten failed ones are
    left out.
    """
    rows = []
    for (coded, info), points in CODES.items():
        code = LdpcCode(coded // 2, "qpsk", info // 8)
        blocks = largest * 1024 // coded
        for snr_db, (sent, failed) in points.items():
            if blocks * failed >= 10 * sent:
                ours = simulate(code, snr_db, blocks, 100, rng, iterations=ITERATIONS)
                rows.append({"coded_bits": coded, "info_bits": info, "published": failed / sent} | ours)
    return rows
