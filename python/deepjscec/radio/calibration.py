# SPDX-License-Identifier: GPL-3.0-or-later
"""The routine: noise floor, gain sweep, a longer look at the best gain."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .advice import advise
from .level import Level, measure_level
from .plan import RadioPlan
from .sounding import Sounding, SoundingResult

NOISE_SAMPLES = 1 << 16
SWEEP_BURSTS = 6
FINAL_BURSTS = 24
EQUAL_DB = 0.5  # gains whose SNRs are this close are equally good: the lowest has most headroom
BELOW_ONE_STEP = -150.0  # dBFS: of a converter that shows nothing at all
MOST_CLIPPED = 1e-4  # share of samples


class Instrument(Protocol):
    """A radio under calibration."""

    rx_gains: tuple[float, float]  #: lowest and highest, dB

    def set_rx_gain(self, gain: float) -> None:
        """From the next capture on, dB."""

    def set_transmitting(self, on: bool) -> bool:
        """Send the sounding, or silence; False where another device sends and cannot be told."""

    def capture(self, samples: int) -> NDArray[np.complex64]:
        """complex64[samples], all received after this call."""


@dataclass(frozen=True)
class GainPoint:
    """What one receive gain gave: `noise` with the transmitter silent (None where it cannot be told to be), the rest
    with it sending."""

    gain_db: float
    noise: Level | None
    level: Level
    sounding: SoundingResult

    @property
    def usable(self) -> bool:
        return self.sounding.packets > 0 and self.level.clipped <= MOST_CLIPPED


@dataclass(frozen=True)
class Calibration:
    """Result: the sweep, the gain chosen (None where nothing was received), the longer look at it, advice in lines."""

    plan: RadioPlan
    sweep: list[GainPoint]
    chosen: GainPoint | None
    advice: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """For `calibration.json`; NaN where nothing was received."""
        points = [asdict(point) for point in self.sweep]
        chosen = asdict(self.chosen) if self.chosen else None
        return {"plan": self.plan.to_json(), "sweep": points, "chosen": chosen, "advice": self.advice}


def calibrate(
    instrument: Instrument,
    plan: RadioPlan,
    sounding: Sounding,
    steps: int = 8,
    report: Callable[[str], None] = lambda line: None,
) -> Calibration:
    """Measure the noise floor and the sounding at `steps` receive gains, then 24 bursts at the best one.

    The best gain has the highest SNR of those that do not clip; of gains that are within 0.5 dB the lowest.
    `report` is given a line for each step.
    """
    gains = [round(float(gain), 1) for gain in np.linspace(*instrument.rx_gains, steps)]
    silent = instrument.set_transmitting(False)
    noise: dict[float, Level | None] = dict.fromkeys(gains)
    for gain in gains if silent else ():
        instrument.set_rx_gain(gain)
        noise[gain] = measure_level(instrument.capture(NOISE_SAMPLES))
    instrument.set_transmitting(True)
    report(TITLE)
    sweep = [_measure(instrument, sounding, gain, noise[gain], SWEEP_BURSTS, report) for gain in gains]
    best = choose(sweep)
    chosen = None
    if best is not None:
        report(f"once more at {best.gain_db:g} dB, {FINAL_BURSTS} bursts")
        chosen = _measure(instrument, sounding, best.gain_db, best.noise, FINAL_BURSTS, report)
    instrument.set_transmitting(False)
    return Calibration(plan, sweep, chosen, advise(plan, sweep, chosen))


def choose(sweep: list[GainPoint]) -> GainPoint | None:
    """The best of a sweep by rising gain; None where nothing was received without clipping."""
    usable = [point for point in sweep if point.usable]
    if not usable:
        return None
    most = max(point.sounding.snr_db for point in usable)
    return next(point for point in usable if point.sounding.snr_db >= most - EQUAL_DB)


TITLE = f"{'gain':>6} {'noise':>7} {'level':>7} {'peak':>7} {'clipped':>8} {'bursts':>7} {'SNR':>6} {'CFO':>9}"


def _measure(
    instrument: Instrument,
    sounding: Sounding,
    gain: float,
    noise: Level | None,
    bursts: int,
    report: Callable[[str], None],
) -> GainPoint:
    instrument.set_rx_gain(gain)
    samples = instrument.capture((bursts + 1) * sounding.period)
    point = GainPoint(gain, noise, measure_level(samples), sounding.evaluate(samples))
    report(_row(point))
    return point


def _row(point: GainPoint) -> str:
    level, result = point.level, point.sounding
    floor = point.noise.rms_dbfs if point.noise else level.quiet_dbfs
    quiet = "-" if floor < BELOW_ONE_STEP else f"{floor:.1f}"
    snr = "-" if math.isnan(result.snr_db) else f"{result.snr_db:.1f}"
    cfo = "-" if math.isnan(result.cfo_hz) else f"{result.cfo_hz:+.0f} Hz"
    return (
        f"{point.gain_db:6.1f} {quiet:>7} {level.rms_dbfs:7.1f} {level.peak_dbfs:7.1f} {level.clipped:8.2%} "
        f"{result.packets:>4}/{result.expected:<2} {snr:>6} {cfo:>9}"
    )
