# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that Eve sends reaches a picture, and nothing that Alice sends is refused for it."""

import numpy as np
import pytest

from deepjscec.attack import REAL_CIPHERS
from deepjscec.attack.active import ATTACKS, run_active
from deepjscec.codec import ModelCard, find_model

CARD = ModelCard.load(find_model("photo"))


@pytest.mark.parametrize("cipher", REAL_CIPHERS)
@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_every_time(name, cipher):
    attempts = 200 if name == "scaled payload" else 40
    (result,) = run_active(CARD, attempts, np.random.default_rng(0), cipher, (name,))
    assert result.accepted == 0 and sum(result.refused.values()) == result.attempts == attempts
    assert (result.genuine, result.genuine_refused) == (attempts // 10, 0)


def test_attacks_reach_bob_when_his_checks_are_off(monkeypatch):
    monkeypatch.setattr("deepjscec.crypto.ReferenceCheck.genuine", True)
    monkeypatch.setattr("deepjscec.crypto.ReferenceCheck.unscaled", True)
    for name in ("noise for payload", "earlier payload", "scaled payload", "reordered symbols"):
        (result,) = run_active(CARD, 10, np.random.default_rng(0), names=(name,))
        assert result.accepted > 0, name


def test_a_replay_is_late_even_where_its_number_is_forgotten(monkeypatch):
    monkeypatch.setattr("deepjscec.crypto.SessionMemory.is_new", lambda self, name, packet: True)
    monkeypatch.setattr("deepjscec.crypto.SessionMemory.accept", lambda self, name, packet: True)
    (result,) = run_active(CARD, 10, np.random.default_rng(0), names=("replay",))
    assert result.refused == {"late": 10}
