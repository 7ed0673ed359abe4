# SPDX-License-Identifier: GPL-3.0-or-later
"""The routine on simulated front ends whose faults are known."""

import numpy as np
import pytest

from deepjscec.phy import Profile
from deepjscec.radio import FrontEnd, RadioPlan, Sounding, calibrate
from deepjscec.radio.front_end import RX_GAINS, FrontEndSettings

PLAN = RadioPlan("sim", "loopback", 2.45e9, Profile())
SOUNDING = Sounding(PLAN.profile)


class Bench:
    """An instrument without a flowgraph."""

    rx_gains = RX_GAINS

    def __init__(self, told=True, foreign=False, **settings):
        self.front_end = FrontEnd(1e6, np.random.default_rng(7), FrontEndSettings(**settings))
        self.told, self.on, self.at = told, not told, 4321
        rng = np.random.default_rng(8)
        other = rng.standard_normal((len(SOUNDING.samples), 2)).astype(np.float32).view(np.complex64)[:, 0] * 0.2
        self.train = other if foreign else SOUNDING.samples

    def set_rx_gain(self, gain):
        self.front_end.rx_gain = gain

    def set_transmitting(self, on):
        self.on = on or not self.told
        return self.told

    def capture(self, samples):
        if not self.on:
            return self.front_end.process(np.zeros(samples, np.complex64))
        sent = np.take(self.train, np.arange(self.at, self.at + samples), mode="wrap")
        self.at += samples
        return self.front_end.process(sent)


def measured(**settings):
    return calibrate(Bench(**settings), PLAN, SOUNDING, steps=6)


def test_a_good_link_gets_a_gain_with_headroom():
    lines = []
    result = calibrate(Bench(), PLAN, SOUNDING, steps=6, report=lines.append)
    chosen = result.chosen
    assert chosen.sounding.packets >= 24
    assert chosen.sounding.snr_db > 29
    assert chosen.sounding.cfo_hz == pytest.approx(350, abs=5)
    assert chosen.level.peak_dbfs < -6
    assert chosen.noise.rms_dbfs == pytest.approx(-95 + chosen.gain_db, abs=0.5)
    assert len(result.advice) == 1 and result.advice[0].startswith(f"take --rx-gain {chosen.gain_db:g}: ")
    assert len(lines) == 9, "a title, six gains, a word about the last row, and the last row"


def test_snr_is_that_of_the_noise():
    # peaks are not limited: what is left is noise, 12 dB under the signal by construction
    sounding = Sounding(PLAN.profile, 0.25, 0.0)
    rng = np.random.default_rng(5)
    power = 0.25**2
    noise = rng.standard_normal((len(sounding.samples), 2)).view(np.complex128)[:, 0] * np.sqrt(0.5)
    # mean_power of the burst per sample is the share of active carriers; noise fills all
    variance = power / PLAN.profile.mean_power * 10**-1.2
    received = (sounding.samples + noise * np.sqrt(variance)).astype(np.complex64)
    result = sounding.evaluate(received)
    assert result.packets == 8
    # the equaliser's own estimate of the channel costs some tenths
    assert result.snr_db == pytest.approx(12, abs=0.6)


def test_too_strong_a_signal_asks_for_attenuation():
    result = measured(path_db=20.0)
    assert result.chosen is None
    assert "more attenuation" in result.advice[0]


def test_a_weak_signal_asks_for_gain():
    result = measured(path_db=-76.0)
    assert 3 < result.chosen.sounding.snr_db < 12
    assert any(line.startswith("weak: ") for line in result.advice)


def test_nothing_but_noise_is_told():
    result = measured(path_db=-160.0)
    assert result.chosen is None
    assert result.advice[0].startswith("nothing arrives at any gain")


def test_another_signal_is_not_taken_for_the_sounding():
    result = measured(foreign=True)
    assert result.chosen is None
    assert result.advice[0].startswith("something arrives, ")


@pytest.mark.parametrize(("cfo_hz", "named"), [(8000.0, False), (10000.0, True), (-10000.0, True)])
def test_a_large_frequency_offset_is_named(cfo_hz, named):
    result = measured(cfo_hz=cfo_hz)
    lines = [line for line in result.advice if line.startswith("frequency offset")]
    assert len(lines) == named
    if named:
        assert f"receive at {2.45e9 + cfo_hz:.0f}"[:20] in lines[0]


def test_an_unbalanced_front_end_is_named():
    result = measured(image=0.1, dc=0.4)
    assert any(line.startswith("mirror image at -2") for line in result.advice)
    assert any(line.startswith("a constant of -") for line in result.advice)


def test_a_transmitter_that_cannot_be_told_leaves_the_noise_to_the_pauses():
    result = measured(told=False)
    assert all(point.noise is None for point in result.sweep)
    assert result.chosen.level.quiet_dbfs == pytest.approx(-95 + result.chosen.gain_db, abs=1.5)


def test_results_become_json():
    import json

    result = measured(path_db=-160.0)
    assert json.loads(json.dumps(result.to_json()))["plan"]["band"][0] < 2.45e9
