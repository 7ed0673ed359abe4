# SPDX-License-Identifier: GPL-3.0-or-later
"""The waveform's benchmarks in short, and the page that is made of what they measure."""

from __future__ import annotations

import json
import re

import combining_gain
import phy_false_alarms
import phy_fuzz
import phy_performance
import phy_tables
import phy_vs_gnuradio
import pytest
from marked_tables import render
from peer_speed import CONTENDERS, PEERS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with every result that the page needs, each measured in some seconds."""
    folder = tmp_path_factory.mktemp("results")

    def run(main, name, *arguments):
        assert main([*arguments, "--json", str(folder / f"{name}.json")]) == 0

    run(phy_performance.main, "phy_performance", "--headers", "20", "--packets", "2")
    run(phy_vs_gnuradio.main, "phy_vs_gnuradio", "--packets", "10", "--samples", "3e5", "--rounds", "1")
    run(phy_false_alarms.main, "phy_false_alarms", "--samples", "4e7", "--signal-samples", "9e4")
    run(phy_fuzz.main, "phy_fuzz", "--chunks", "10000")
    run(combining_gain.main, "phy_combining", "--pictures", "1", "--snr", "10")
    return folder


def load(folder, name):
    return json.loads((folder / f"phy_{name}.json").read_text())


def test_every_packet_arrives_from_minus_1_db_up(results):
    result = load(results, "performance")
    assert [row["received"] for row in result["headers"] if row["snr_db"] >= -1] == [20] * 3
    assert all(row["received"] == 2 and row["false_packets"] == 0 for row in result["payload"])
    assert all(abs(row["loss_db"]) < 0.4 for row in result["payload"])


def test_peer_misses_at_10_db_what_this_receiver_gets_at_0_db(results):
    rows = load(results, "vs_gnuradio")["success"]
    rate = {(row["case"], row["snr_db"], row["party"]): row["rate"] for row in rows}
    for case in ("noise", "noise and offsets"):
        assert rate[case, 0.0, "deepjscec"] == 1
        for peer in PEERS:
            assert rate[case, 10.0, peer] < 0.5
            # and the peer is put together well enough to receive where there is little noise
            assert rate[case, 20.0, peer] > 0.8


def test_speed_has_a_row_for_each_receiver(results):
    result = load(results, "vs_gnuradio")
    assert {row["contender"] for row in result["speed"]} == set(CONTENDERS)
    for row in result["speed"]:
        assert min(row["wall_msps"] + row["cpu_msps"]) > 0
        if row["contender"] not in PEERS:
            assert row["packets_received"] == row["packets_sent"]


def test_no_false_packet_and_no_growth(results):
    result = load(results, "false_alarms")
    assert result["noise"]["false_packets"] == sum(row["false_packets"] for row in result["signals"]) == 0
    assert result["noise"]["packets_received"] == result["noise"]["packets_sent"] == 10
    resident = result["noise"]["resident_kib"][2:]  # it goes up and down with each part's samples
    half = len(resident) // 2
    assert max(resident[half:]) - max(resident[:half]) < 2048


def test_mmse_beats_zero_forcing_on_two_paths(results):
    rows = load(results, "combining")["rows"]
    assert len(rows) == 2
    for row in rows:
        assert row["packets"] == 12 and row["gain_interval_db"][0] > 1
        assert row["mmse"]["psnr_db"] > row["zero_forcing"]["psnr_db"] + 0.5
        assert 0.95 < row["mmse"]["reported_over_true"] < 1.05


def test_page_is_rendered_from_the_results(results, monkeypatch):
    monkeypatch.setattr(phy_tables, "RESULTS", results)
    names = re.findall(r"<!-- table: (\w+) -->", phy_tables.PAGE.read_text())
    assert set(names) == set(phy_tables.TABLES)
    page = render(phy_tables.PAGE.read_text(), phy_tables.TABLES)
    assert "100.00 %" in page and "nan" not in page
    assert page == render(page, phy_tables.TABLES)
    assert "| **no** |" in phy_tables.promised(), "a run as short as this is no proof"
