# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans, and what is checked before anything is sent."""

import pytest

from deepjscec.phy import Profile
from deepjscec.radio import DeviceLimits, RadioPlan, check_amplitude, check_device, check_rate

PLAN = {"radio": "uhd", "role": "loopback", "frequency": 2.45e9, "profile": Profile()}
LIMITS = DeviceLimits("B210", ((70e6, 6e9),), (0, 76), ("TX/RX", "RX2"), ("internal", "external"))


def test_the_band_is_that_of_all_active_carriers():
    profile = Profile(sample_rate=256e3)  # carriers 1 kHz apart
    plan = RadioPlan("uhd", "alice", 1e9, profile)
    assert plan.bandwidth == 209e3, "208 carriers of 1 kHz each, and the empty one in their middle"
    assert plan.band == (1e9 - 104.5e3, 1e9 + 104.5e3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"radio": "lime"}, "radio must be one of"),
        ({"role": "mallory"}, "role must be one of"),
        ({"clock_source": "sun"}, "clock_source must be one of"),
        ({"frequency": 4e5}, "leaves no room for a band"),
        ({"frequency": float("nan")}, "leaves no room"),
        ({"tx_gain": float("inf")}, "tx_gain must be a number"),
        ({"amplitude": 0.4}, "clips with peaks 8 dB above: at most 0.398"),
        ({"amplitude": 0.26, "max_papr_db": 0}, "clips with peaks 12 dB above: at most 0.251"),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        RadioPlan(**(PLAN | change))


def test_the_highest_amplitude_that_is_named_is_taken():
    for papr_db in (3, 7, 8, 12, 20):
        with pytest.raises(ValueError, match="at most") as refused:
            check_amplitude(1.0, papr_db)
        named = float(str(refused.value).split("at most ")[1].split(",")[0])
        check_amplitude(named, papr_db)
        with pytest.raises(ValueError):
            check_amplitude(named + 0.002, papr_db)


def test_roles_describe_what_they_do():
    for role, sends, receives in (("alice", 1, 0), ("bob", 0, 1), ("eve", 0, 1), ("loopback", 1, 1)):
        lines = RadioPlan(**(PLAN | {"role": role})).describe()
        assert sum(line.startswith(("transmits", "legal")) for line in lines) == 2 * sends
        assert sum(line.startswith("receives") for line in lines) == receives


def test_a_device_that_can_is_accepted():
    plan = RadioPlan(**PLAN, rx_antenna="RX2", clock_source="external")
    check_device(plan.device("rx"), LIMITS)
    check_device(plan.device("tx"), DeviceLimits("a device that says nothing"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frequency": 6.1e9}, "B210 does not tune to 6100 MHz: it has 70 to 6000 MHz"),
        ({"rx_gain": -1.0}, "B210 has no gain of -1 dB: 0 to 76 dB"),
        ({"rx_antenna": "A"}, "B210 has no antenna 'A': choose from TX/RX, RX2"),
        ({"clock_source": "gpsdo"}, "B210 has no clock source 'gpsdo'"),
    ],
)
def test_a_device_that_cannot_is_named_with_what_it_can(change, message):
    with pytest.raises(ValueError, match=message):
        check_device(RadioPlan(**(PLAN | change)).device("rx"), LIMITS)


def test_a_sample_rate_may_differ_by_rounding_only():
    check_rate("B210", 1e6, 1e6 + 0.5)
    with pytest.raises(ValueError, match=r"take --sample-rate 1000010"):
        check_rate("B210", 1e6, 1e6 + 10)
