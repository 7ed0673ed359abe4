# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for gr-uhd and gr-soapy: a transmitter and a receiver with a simulated cable between them.

They have the methods of the real blocks that are used, and no others; a test holds them against the real ones.
"""

import sys
import threading
import time
import types
from collections import deque

import gnuradio
import numpy as np
import pmt
from gnuradio import gr

from deepjscec.radio import FrontEnd
from deepjscec.radio.front_end import FrontEndSettings

BACKLOG = 200_000  # samples that the air takes in advance


class Air:
    """What has been sent and not received yet, and a record of what the drivers were told."""

    def __init__(self, sample_rate=1e6, seed=1, **settings):
        self.front_end = FrontEnd(sample_rate, np.random.default_rng(seed), FrontEndSettings(**settings))
        self.queue, self.size = deque(), 0
        self.lock = threading.Lock()
        self.told = []  # (direction, method, arguments)
        self.tags = []  # names of those that reached the transmitter, and their values
        self.continuous = False
        self.sample_rate_factor = 1.0  # what the device makes of a rate it is asked for
        self.locks = True

    def put(self, samples):
        with self.lock:
            self.queue.append(samples)
            self.size += len(samples)

    def get(self, most):
        with self.lock:
            if not self.queue:
                return None
            samples = self.queue.popleft()
            if len(samples) > most:
                self.queue.appendleft(samples[most:])
                samples = samples[:most]
            self.size -= len(samples)
            return samples


class _Sink(gr.sync_block):
    def __init__(self, air, continuous):
        gr.sync_block.__init__(self, name="fake sink", in_sig=[np.complex64], out_sig=None)
        self.air, self.burst = air, []
        self.air.continuous |= continuous
        self.whole = not continuous

    def work(self, input_items, output_items):
        samples = input_items[0]
        if self.air.size > BACKLOG:
            time.sleep(0.002)
            return 0
        tags = self.get_tags_in_window(0, 0, len(samples))
        self.air.tags += [(str(tag.key), tag.offset, pmt.to_python(tag.value)) for tag in tags]
        if not self.whole:
            self.air.put(samples.copy())
            return len(samples)
        ends = [tag.offset - self.nitems_read(0) + 1 for tag in tags if str(tag.key) == "tx_eob"]
        n = ends[0] if ends else len(samples)
        self.burst.append(samples[:n].copy())
        if ends:  # a burst goes out when it is whole: the real one is buffered ahead of its time
            self.air.put(np.concatenate(self.burst))
            self.burst = []
        return n


class _Source(gr.sync_block):
    def __init__(self, air):
        gr.sync_block.__init__(self, name="fake source", in_sig=None, out_sig=[np.complex64])
        self.air = air

    def work(self, input_items, output_items):
        out = output_items[0]
        samples = self.air.get(len(out))
        if samples is None:
            time.sleep(0.002)
            if self.air.continuous:
                return 0
            samples = np.zeros(min(len(out), 2000), np.complex64)
        out[: len(samples)] = self.air.front_end.process(samples)
        return len(samples)


class _Range:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def start(self):
        return self.low

    def stop(self):
        return self.high

    minimum, maximum = start, stop


class _Value:
    def __init__(self, value):
        self.value = value

    def to_bool(self):
        return self.value

    def get_real_secs(self):
        return self.value


def fake_uhd(air):
    """A module in the place of `gnuradio.uhd`."""

    def methods(direction):
        class Usrp:
            def get_usrp_info(self):
                return {"mboard_id": "B210"}

            def get_freq_range(self):
                return _Range(70e6, 6e9)

            def get_gain_range(self):
                return _Range(0.0, 76.0)

            def get_antennas(self):
                return ["TX/RX", "RX2"] if direction == "rx" else ["TX/RX"]

            def get_clock_sources(self, mboard):
                return ["internal", "external"]

            def get_time_sources(self, mboard):
                return ["none", "external"]

            def get_mboard_sensor_names(self):
                return ["ref_locked"]

            def get_mboard_sensor(self, name):
                return _Value(air.locks)

            def get_time_now(self):
                return _Value(100.75)

            def set_samp_rate(self, rate):
                self.rate = rate * air.sample_rate_factor

            def get_samp_rate(self):
                return self.rate

            def set_center_freq(self, frequency):
                air.told.append((direction, "frequency", frequency))

            def set_antenna(self, antenna):
                air.told.append((direction, "antenna", antenna))

            def set_clock_source(self, source):
                air.told.append((direction, "clock", source))

            def set_time_source(self, source):
                air.told.append((direction, "time", source))

            def set_gain(self, gain):
                setattr(air.front_end, f"{direction}_gain", gain)

        return Usrp

    class usrp_sink(methods("tx"), _Sink):
        def __init__(self, device_args, stream):
            _Sink.__init__(self, air, continuous=False)

    class usrp_source(methods("rx"), _Source):
        def __init__(self, device_args, stream):
            _Source.__init__(self, air)

    module = types.ModuleType("gnuradio.uhd")
    module.usrp_sink, module.usrp_source = usrp_sink, usrp_source
    module.stream_args = lambda cpu_format, channels: (cpu_format, channels)
    return module


def fake_soapy(air):
    """A module in the place of `gnuradio.soapy`."""

    def methods(direction):
        class Radio:
            def get_gain_range(self, channel):
                return _Range(0.0, 73.0)

            def get_frequency_range(self, channel):
                return [_Range(325e6, 3.8e9)]

            def list_antennas(self, channel):
                return ["A"]

            def list_clock_sources(self):
                return []

            def set_sample_rate(self, channel, rate):
                self.rate = rate * air.sample_rate_factor

            def get_sample_rate(self, channel):
                return self.rate

            def set_frequency(self, channel, frequency):
                air.told.append((direction, "frequency", frequency))

            def set_antenna(self, channel, antenna):
                air.told.append((direction, "antenna", antenna))

            def set_clock_source(self, source):
                raise AssertionError("there is none to choose")

            def set_gain(self, channel, gain):
                setattr(air.front_end, f"{direction}_gain", gain)

        return Radio

    class sink(methods("tx"), _Sink):
        def __init__(self, device, kind, channels, args, stream, tune, settings):
            _Sink.__init__(self, air, continuous=True)

    class source(methods("rx"), _Source):
        def __init__(self, device, kind, channels, args, stream, tune, settings):
            _Source.__init__(self, air)

    module = types.ModuleType("gnuradio.soapy")
    module.sink, module.source = sink, source
    return module


def install(monkeypatch, name, module):
    """`from gnuradio import NAME` gives `module`; None stands for one that is not installed."""
    monkeypatch.setitem(sys.modules, f"gnuradio.{name}", module)
    if module is None:
        monkeypatch.delattr(gnuradio, name, raising=False)
    else:
        monkeypatch.setattr(gnuradio, name, module, raising=False)
