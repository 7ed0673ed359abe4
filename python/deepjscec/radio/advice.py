# SPDX-License-Identifier: GPL-3.0-or-later
"""What the figures of a calibration mean, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .plan import RadioPlan

if TYPE_CHECKING:
    from .calibration import GainPoint

CAPTURE_CARRIERS = 4.5  # carrier spacings that the receiver finds a packet within, on either side
ENOUGH_DB = 12.0  # SNR at which pictures are good
HOT_DBFS = -3.0  # of peaks at the lowest gain
STRONG_IMAGE_DB = -30.0
STRONG_DC_DB = -6.0  # over the signal


def advise(plan: RadioPlan, sweep: list[GainPoint], chosen: GainPoint | None) -> list[str]:
    """Advice on gains, frequency and front end, most urgent first; at least one line."""
    if chosen is None:
        return [_nothing(plan, sweep)]
    level, result = chosen.level, chosen.sounding
    lines = [f"take --rx-gain {chosen.gain_db:g}: {result.snr_db:.1f} dB SNR, level {level.rms_dbfs:.1f} dBFS"]
    if chosen.gain_db == sweep[0].gain_db and level.peak_dbfs > HOT_DBFS:
        lines.append("strong even at the lowest gain: more attenuation, or a lower --tx-gain")
    if result.snr_db < ENOUGH_DB:
        missing = ENOUGH_DB - result.snr_db
        lines.append(
            f"weak: {missing:.0f} dB more --tx-gain, or less attenuation, for good pictures at {ENOUGH_DB:g} dB"
        )
    if result.packets < result.expected - 1:
        lost = result.expected - result.packets
        lines.append(f"{lost} of {result.expected} bursts were lost: overruns, or interference?")
    limit = CAPTURE_CARRIERS * plan.profile.carrier_spacing
    if abs(result.cfo_hz) > limit / 2:
        ppm = result.cfo_hz / plan.frequency * 1e6
        lines.append(
            f"frequency offset {result.cfo_hz:+.0f} Hz ({ppm:+.2f} ppm) of at most {limit:.0f} Hz either way: "
            f"receive at {plan.frequency + result.cfo_hz:.0f} Hz, or share a clock (--clock-source external)"
        )
    if level.dc_dbfs - level.rms_dbfs > STRONG_DC_DB:
        lines.append(f"a constant of {level.dc_dbfs:.1f} dBFS: harmless, as that carrier is empty, unless it clips")
    if level.image_db > STRONG_IMAGE_DB:
        lines.append(
            f"mirror image at {level.image_db:.1f} dB: the receiver takes most of it out; for the rest balance I and Q "
            "(uhd_cal_rx_iq_balance, uhd_cal_tx_iq_balance)"
        )
    return lines


def _nothing(plan: RadioPlan, sweep: list[GainPoint]) -> str:
    """Why no gain would do."""
    if any(point.sounding.packets for point in sweep) or all(point.level.clipped > 1e-3 for point in sweep):
        return "the receiver clips wherever it hears anything: more attenuation, or a lower --tx-gain"
    risen = max(
        (point.level.rms_dbfs - (point.noise.rms_dbfs if point.noise else point.level.quiet_dbfs) for point in sweep),
        default=0.0,
    )
    limit = CAPTURE_CARRIERS * plan.profile.carrier_spacing
    if risen > 3:
        return (
            f"something arrives, {risen:.0f} dB above the noise, and is no sounding burst: same frequency, sample rate "
            f"and profile on both sides? frequency offset within {limit:.0f} Hz? too strong (attenuators)?"
        )
    return "nothing arrives at any gain: cable, antenna names, frequency; or raise --tx-gain"
