# SPDX-License-Identifier: GPL-3.0-or-later
"""A photograph that loses packets, through the link and the trained model."""

import importlib.util
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("loopback_quality", ROOT / "benchmarks" / "loopback_quality.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("symbols", "lost_at_once", "packets"), [(11520, 1, 12), (107 * 64, 2, 20)])
def test_losing_any_tenth_of_the_packets_costs_less_than_3_db(benchmark, symbols, lost_at_once, packets):
    loss = benchmark.packet_loss(symbols, lost_at_once)
    assert len(loss["lost_psnr_db"]) == loss["packets"] == packets
    costs = [loss["whole_psnr_db"] - psnr for psnr in loss["lost_psnr_db"]]
    assert min(costs) > 0 and max(costs) < 3
    assert abs(costs[0] - statistics.median(costs)) < 0.5, "the first packet is worth no more than another"
