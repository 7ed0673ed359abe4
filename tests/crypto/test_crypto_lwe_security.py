# SPDX-License-Identifier: GPL-3.0-or-later
"""The security estimate against block sizes that others published."""

import pytest

from deepjscec.crypto.lwe_parameters import PARAMETERS
from deepjscec.crypto.lwe_security import dual, primal, root_hermite


@pytest.mark.parametrize(
    ("n", "q", "sigma", "beta", "bits"),
    [
        # usvp of `LWE.estimate.rough` in the lattice estimator's README (Kyber512), and in M. Albrecht's talk at
        # FHE.org 2024, Estimating the difficulty of breaking lattice-based cryptography (Kyber768)
        (512, 3329, 1.5**0.5, 406, 118.6),
        (768, 3329, 1.0, 624, 182.2),
    ],
)
def test_primal_attack_on_kyber(n, q, sigma, beta, bits):
    attack = primal(n, q, sigma, samples=n)
    assert attack.beta == beta
    assert attack.classical_bits == pytest.approx(bits, abs=0.05)


def test_root_hermite_factors_of_the_same_source():
    assert root_hermite(406) == pytest.approx(1.003941, abs=1e-6)
    assert root_hermite(624) == pytest.approx(1.002902, abs=1e-6)


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=list(PARAMETERS))
def test_dual_and_primal_attacks_agree_within_a_few_percent(parameters):
    p, d = (attack(parameters.n, parameters.q, parameters.sigma, parameters.n) for attack in (primal, dual))
    assert d.classical_bits == pytest.approx(p.classical_bits, rel=0.03)


def test_more_samples_never_help_the_defender():
    for parameters in PARAMETERS.values():
        bits = [primal(parameters.n, parameters.q, parameters.sigma, m).beta for m in (50, 200, 2000, 20000)]
        assert bits == sorted(bits, reverse=True)


def test_the_sets_rise_in_strength():
    bits = [primal(p.n, p.q, p.sigma, p.n + 23040).classical_bits for p in PARAMETERS.values()]
    assert bits == sorted(bits)
