# SPDX-License-Identifier: GPL-3.0-or-later
"""The geometry: defaults as documented, derived sizes consistent, bad values named."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from deepjscec.phy import PROFILES, Profile, Transmitter


def test_default_sizes_are_those_of_the_specification():
    profile = Profile()
    assert (profile.data_carriers, profile.symbol_len, profile.preamble_len) == (192, 288, 576)
    assert profile.header_ofdm_symbols == 9
    assert profile.max_payload_symbols == 11520
    assert profile.max_packet_len == 71 * 288
    assert profile.carrier_spacing == 3906.25
    assert profile.mean_power == 0.8125


def test_carriers_are_symmetric_and_leave_dc_empty():
    profile = Profile()
    assert list(profile.carriers) == [*range(-104, 0), *range(1, 105)]
    assert profile.pilot_index.shape == (2, 16)
    assert set(np.diff(profile.pilot_index).ravel()) == {13}


def test_pilots_alternate_between_two_combs():
    profile = Profile()
    cells = profile.pilot_cells(5)
    for row in range(5):
        assert list(np.flatnonzero(cells[row])) == list(profile.pilot_index[row % 2])
    # Together they leave no gap that an echo at the prefix's end could turn by half a circle in.
    together = np.sort(profile.pilot_index.ravel())
    assert np.max(np.diff(together)) * profile.cp_len < profile.fft_len
    assert together[0] < 13 and together[-1] >= 208 - 13


@pytest.mark.parametrize("count, symbols", [(1, 1), (192, 1), (193, 2), (11520, 60)])
def test_packet_length_counts_started_symbols(count, symbols):
    profile = Profile()
    assert profile.payload_ofdm_symbols(count) == symbols
    assert profile.packet_len(count) == (2 + 9 + symbols) * 288
    assert profile.gross_per_net(count) == profile.packet_len(count) / count
    payload = np.ones(count, np.complex64)
    assert len(Transmitter(profile).modulate(bytes(48), payload)) == profile.packet_len(count)


@pytest.mark.parametrize(
    "name, value",
    [
        ("sample_rate", 0.0),
        ("sample_rate", math.nan),
        ("sample_rate", math.inf),
        ("sample_rate", "1e6"),
        ("sample_rate", -1e6),
        ("sample_rate", 10**400),
        ("sample_rate", np.complex64(1e6)),
        ("fft_len", 200),
        ("fft_len", 32),
        ("fft_len", 256.0),
        ("cp_len", 8),
        ("cp_len", 97),
        ("cp_len", True),
        ("active_carriers", 207),
        ("active_carriers", 256),
        ("active_carriers", 32),
        ("pilot_carriers", 15),
        ("pilot_carriers", 208),
        ("pilot_carriers", 2),
        ("header_bytes", 0),
        ("header_bytes", 256),
        ("max_payload_ofdm_symbols", 0),
        ("max_payload_ofdm_symbols", 400),
    ],
)
def test_bad_parameter_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        Profile(**{name: value})


def test_profile_is_frozen_and_compares_by_value():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Profile().fft_len = 128  # type: ignore[misc]
    assert Profile() == Profile() and hash(Profile()) == hash(Profile())
    assert Profile(cp_len=16) != Profile()
    with pytest.raises(ValueError):
        Profile().carriers[0] = 5


def test_named_profiles():
    assert list(PROFILES) == ["default", "narrowband", "wideband"]
    assert PROFILES["default"] == Profile()
    assert [profile.sample_rate for profile in PROFILES.values()] == [1e6, 250e3, 5e6]
    for name, profile in PROFILES.items():
        assert Profile.named(name) is profile
        assert profile.header_bytes == 48
        assert profile.max_payload_symbols % 64 == 0, "whole blocks of the cipher"
        assert profile.max_packet_len / profile.sample_rate < 0.05
    with pytest.raises(TypeError):
        PROFILES["mine"] = Profile()  # type: ignore[index]


def test_named_profile_at_another_sample_rate():
    profile = Profile.named("wideband", 2e6)
    assert profile.carrier_spacing == 2e6 / 1024
    assert dataclasses.replace(profile, sample_rate=5e6) == PROFILES["wideband"]
    with pytest.raises(ValueError, match=r"^sample_rate must be"):
        Profile.named("wideband", -2e6)


@pytest.mark.parametrize("name", ["", "Default", "broadband", None])
def test_unknown_name_lists_the_known_ones(name):
    with pytest.raises(ValueError, match=r"^profile must be one of default, narrowband, wideband, got"):
        Profile.named(name)


@pytest.mark.parametrize("count", [0, -1, 11521])
def test_impossible_payload_length_is_an_error(count):
    with pytest.raises(ValueError, match="payload_symbols"):
        Profile().packet_len(count)
