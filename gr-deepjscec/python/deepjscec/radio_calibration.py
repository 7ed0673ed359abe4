# SPDX-License-Identifier: GPL-3.0-or-later
"""`run_flowgraph.py --calibrate`: noise floor, gain sweep and sounding on a radio, or on a simulated front end."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from typing import Any

import numpy as np
from gnuradio import blocks, gr

from deepjscec import __version__
from deepjscec.app.radio_options import make_plan
from deepjscec.app.results import write_json
from deepjscec.radio import FrontEnd, RadioPlan, Sounding, calibrate
from deepjscec.radio.front_end import RX_GAINS

from ._capture import capture
from ._radio_end import arguments_of
from ._simulated_front_end import simulated_front_end
from .radio_sink import radio_sink
from .radio_source import radio_source

SETTLE = 0.1  # seconds of samples that are thrown away after a change of gain
LEAST_SETTLE = 1 << 17  # samples; what may lie in buffers since before the change
PATIENCE = 10.0  # seconds beyond what the samples themselves take
FALLBACK_GAINS = (0.0, 60.0)  # of a device that does not tell its range


class CalibrationFlowgraph(gr.top_block):
    """A train of bursts to a radio's transmitter, and samples from its receiver; an `Instrument` for `calibrate`.

    In a loopback both, else the one that the plan's role has. Raises `OSError` or `ValueError` as the radio's blocks.
    """

    def __init__(self, plan: RadioPlan, sounding: Sounding, rng: np.random.Generator | None = None) -> None:
        """`rng`: of a simulated front end's noise."""
        gr.top_block.__init__(self, "DeepJSCEC calibration", catch_exceptions=True)
        self._plan = plan
        self._rate = plan.profile.sample_rate
        self.rx_gains = RX_GAINS
        self._switch: Any = None
        self._held: list[Any] = []  # Python blocks must be held, or GNU Radio 3.10.5 hangs
        if plan.receives:
            self._capture = capture()
        if plan.transmits:
            train = blocks.vector_source_c(sounding.samples.tolist(), True)
            self._switch = blocks.multiply_const_cc(0.0)
            self.connect(train, self._switch)
        if plan.radio == "sim":
            self._add_simulation(rng or np.random.default_rng())
        else:
            self._add_radio()

    def _add_simulation(self, rng: np.random.Generator) -> None:
        self._front_end = FrontEnd(self._rate, rng)
        self._front_end.tx_gain = self._plan.tx_gain
        block = simulated_front_end(self._front_end)
        self._held.append(block)
        self.connect(self._switch, blocks.throttle(gr.sizeof_gr_complex, self._rate), block, self._capture)

    def _add_radio(self) -> None:
        if self._plan.receives:
            self._source = radio_source(*arguments_of(self._plan.device("rx")), exit_on_failure=False)
            self.rx_gains = self._source.gain_range or FALLBACK_GAINS
            self.connect(self._source, self._capture)
        if self._plan.transmits:
            self._sink = radio_sink(*arguments_of(self._plan.device("tx")), exit_on_failure=False)
            self.connect(self._switch, self._sink)

    def set_rx_gain(self, gain: float) -> None:
        if self._plan.radio == "sim":
            self._front_end.rx_gain = gain
        else:
            self._source.set_gain(gain)

    def set_transmitting(self, on: bool) -> bool:
        if self._switch is None:
            return False
        self._switch.set_k(1.0 if on else 0.0)
        return True

    def capture(self, samples: int) -> np.ndarray:
        skip = max(int(SETTLE * self._rate), LEAST_SETTLE)
        return self._capture.take(samples, skip, PATIENCE + 4 * (samples + skip) / self._rate)


def run_calibration(arguments: Namespace) -> int:
    """Measure, print as it goes, write `calibration.json`. Exit code 0 when soundings were received, 1 when not.

    Alice alone sends soundings until the time is over. Raises `ValueError` or `OSError` for bad settings, and where no
    device answers or it delivers nothing.
    """
    plan = make_plan(arguments)
    sounding = Sounding(plan.profile, plan.amplitude, plan.max_papr_db)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"output folder {arguments.out}: {error.strerror}") from None
    flowgraph = CalibrationFlowgraph(plan, sounding, np.random.default_rng())
    print(*plan.describe(), sep="\n", flush=True)
    flowgraph.start()
    try:
        if not plan.receives:
            flowgraph.set_transmitting(True)
            seconds = arguments.duration or arguments.timeout
            print(f"sending soundings for {seconds:g} s: now run --role bob --calibrate at the other side", flush=True)
            time.sleep(seconds)
            return 0
        result = calibrate(flowgraph, plan, sounding, report=lambda line: print(line, flush=True))
    finally:
        flowgraph.stop()
        flowgraph.wait()
    print(*result.advice, sep="\n")
    path = arguments.out / "calibration.json"
    write_json(path, {"version": __version__, **result.to_json()})
    print(f"results in {path}")
    if result.chosen is None:
        print("run_flowgraph.py: no sounding burst was received without clipping", file=sys.stderr)
        return 1
    return 0
