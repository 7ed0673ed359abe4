# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the register state that gives a profile's preamble the lowest peak-to-mean power ratio.

Prints the ratio with `PREAMBLE_SEED`, which all profiles share, then the best states and theirs, at 4-fold
oversampling.  For the default profile the first is `PREAMBLE_SEED`.

    python benchmarks/phy_preamble_search.py
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import scipy.fft

from deepjscec.phy import PROFILES, Profile
from deepjscec.phy.sequences import PREAMBLE_SEED, prbs15, qpsk

OVERSAMPLING = 4


def ratio_db(profile: Profile, seed: int) -> float:
    """Peak-to-mean power ratio in dB of the preamble's body made from ``seed``."""
    size = OVERSAMPLING * profile.fft_len
    spectrum = np.zeros(size, np.complex128)
    spectrum[profile.carriers % size] = qpsk(prbs15(seed, 2 * profile.active_carriers))
    power = np.abs(scipy.fft.ifft(spectrum)) ** 2
    return float(10 * np.log10(power.max() / power.mean()))


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=tuple(PROFILES), default="default")
    parser.add_argument("--show", type=int, default=5, help="how many of the best to print")
    options = parser.parse_args(argv)
    profile = PROFILES[options.profile]
    print(f"{PREAMBLE_SEED:#06x}  {ratio_db(profile, PREAMBLE_SEED):.3f} dB, in use")
    found = sorted((ratio_db(profile, seed), seed) for seed in range(1, 1 << 15))
    for ratio, seed in found[: options.show]:
        print(f"{seed:#06x}  {ratio:.3f} dB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
