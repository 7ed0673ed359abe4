# SPDX-License-Identifier: GPL-3.0-or-later
"""Estimated security of the LWE cipher's parameter sets, and the sizes of their keys and prefixes.

    python benchmarks/lwe_security.py [--json PATH]

For each set the block size and core-SVP cost (`deepjscec.crypto.lwe_security`) of the primal and the dual attack on
the public key, whose columns are LWE with n samples each, and on a message whose plaintext Eve knows or guesses: n
samples of c1 and one for each real part. The last rows are parameters whose block sizes others published, as a check.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from deepjscec.crypto.lwe_keys import LWE_COLUMNS
from deepjscec.crypto.lwe_parameters import PARAMETERS
from deepjscec.crypto.lwe_security import dual, primal

CHECKS = {
    "Kyber512": {
        "lwe": (512, 3329, 1.5**0.5, 512),
        "published_beta": 406,
        "published_classical_bits": 118.6,
        "source": "lattice estimator, README, LWE.estimate.rough: https://github.com/malb/lattice-estimator",
    },
    "Kyber768": {
        "lwe": (768, 3329, 1.0, 768),
        "published_beta": 624,
        "published_classical_bits": 182.2,
        "source": "M. Albrecht, Estimating the difficulty of breaking lattice-based cryptography, FHE.org 2024",
    },
}


def attacks(n: int, q: int, sigma: float, samples: int) -> dict:
    """Both attacks, and the number of samples they may take."""
    found = {attack.__name__: asdict(attack(n, q, sigma, samples)) for attack in (primal, dual)}
    return {"samples_available": samples, **found}


def measure() -> dict:
    """Rows of the sets and of the checks."""
    rows = [
        {
            "name": p.name,
            "n": p.n,
            "q": p.q,
            "sigma": p.sigma,
            "columns": LWE_COLUMNS,
            "noise_deviation": p.noise_deviation,
            "c1_bytes": p.vector_bytes,
            "public_key_bytes": 32 + LWE_COLUMNS * p.vector_bytes,
            "public_key_attack": attacks(p.n, p.q, p.sigma, p.n),
            "message_attack": attacks(p.n, p.q, p.sigma, p.n + LWE_COLUMNS),
        }
        for p in PARAMETERS.values()
    ]
    checks = [{"name": name, **check, **attacks(*check["lwe"])} for name, check in CHECKS.items()]
    return {"rows": rows, "checks": checks}


def main(argv: list[str] | None = None) -> int:
    """Compute, print a table, write JSON on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the results to this file")
    args = parser.parse_args(argv)
    results = measure()
    print("set         attack on    samples   primal beta   bits (quantum)   dual beta   bits (quantum)")
    for row in results["rows"]:
        for what in ("public_key", "message"):
            found = row[f"{what}_attack"]
            cells = (
                f"{a['beta']:11d}   {a['classical_bits']:6.1f} ({a['quantum_bits']:5.1f})"
                for a in (found["primal"], found["dual"])
            )
            print(f"{row['name']:10s}  {what:10s}   {found['samples_available']:7d}", *cells)
    for check in results["checks"]:
        print(f"{check['name']}: beta {check['primal']['beta']}, published {check['published_beta']}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
