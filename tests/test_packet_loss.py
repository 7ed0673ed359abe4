# SPDX-License-Identifier: GPL-3.0-or-later
"""A photograph that loses packets, through the link and the trained model."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def loss():
    spec = importlib.util.spec_from_file_location("loopback_quality", ROOT / "benchmarks" / "loopback_quality.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.packet_loss()


def test_losing_any_one_of_twelve_packets_costs_less_than_3_db_the_first_no_more(loss):
    assert len(loss["one_lost_psnr_db"]) == loss["packets"] == 12
    costs = [loss["whole_psnr_db"] - psnr for psnr in loss["one_lost_psnr_db"]]
    assert min(costs) > 0 and max(costs) < 3
    assert costs[0] < max(costs) + 0.01
    assert max(costs) - min(costs) < 1
