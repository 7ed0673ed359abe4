# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a flowgraph runs against its sample rate, and the benchmark of the whole system at 1 Msps."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from gnuradio import blocks, deepjscec, gr
from real_time_processes import FourProcesses
from real_time_roles import Settings
from receiver_threads import CASES

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_factor_is_samples_a_second_over_the_sample_rate():
    clock, stats = Clock(), {"samples": 5_000, "packets": 3}
    counters = deepjscec.real_time_factor(lambda: stats, 1e6, clock)
    assert counters() == stats  # nothing to compare with yet
    clock.now, stats["samples"] = 102.0, 1_505_000
    assert counters() == {"samples": 1_505_000, "packets": 3, "real_time_factor": 0.75}
    clock.now, stats["samples"] = 103.0, 2_505_000
    assert counters()["real_time_factor"] == 1.0


def test_factor_of_too_short_a_time_is_the_one_before():
    clock, stats = Clock(), {"samples": 0}
    counters = deepjscec.real_time_factor(lambda: stats, 1e6, clock)
    counters()
    clock.now, stats["samples"] = 101.0, 500_000
    assert counters()["real_time_factor"] == 0.5
    clock.now, stats["samples"] = 101.1, 1_000_000
    assert counters()["real_time_factor"] == 0.5
    clock.now = 102.0
    assert counters()["real_time_factor"] == 0.5  # of the whole second


def test_factor_begins_again_with_the_counters():
    clock, stats = Clock(), {"samples": 500_000}
    counters = deepjscec.real_time_factor(lambda: stats, 1e6, clock)
    counters()
    clock.now, stats["samples"] = 101.0, 10
    assert "real_time_factor" not in counters()
    clock.now, stats["samples"] = 102.0, 1_000_010
    assert counters()["real_time_factor"] == 1.0


@pytest.mark.parametrize("rate", [0.0, -1e6, float("nan")])
def test_factor_refuses_a_sample_rate_that_is_not_positive(rate):
    with pytest.raises(ValueError, match="sample_rate"):
        deepjscec.real_time_factor(dict, rate)


def test_factor_of_a_throttled_receiver_is_one():
    flow = gr.top_block()
    receiver = deepjscec.ofdm_receiver()
    throttle = blocks.throttle(gr.sizeof_gr_complex, 2e5)
    flow.connect(blocks.null_source(gr.sizeof_gr_complex), throttle, receiver)
    counters = deepjscec.real_time_factor(receiver.get_stats, 2e5)
    flow.start()
    time.sleep(0.5)
    counters()
    time.sleep(1.5)
    factor = counters()["real_time_factor"]
    flow.stop()
    flow.wait()
    assert 0.8 < factor < 1.1, factor


def test_benchmark_of_the_whole_system(tmp_path):
    """That it runs and its figures hang together; how fast it is depends on the machine."""
    out = tmp_path / "real_time.json"
    command = [sys.executable, ROOT / "benchmarks" / "real_time.py", "--seconds", "2", "--rate", "1/24", "--fps", "10"]
    command += ["--json", out]
    subprocess.run(command, check=True, timeout=240, capture_output=True, cwd=tmp_path)
    (case,) = json.loads(out.read_text())["cases"]
    paced, unpaced, apart = case["runs"]
    assert [(run["processes"], run["fps"]) for run in case["runs"]] == [(1, 10), (1, None), (4, 10)]
    for run in (paced, unpaced, apart):
        for role in ("bob", "eve"):
            assert run["pictures_per_second"][role] > 0
            assert 0 < run["latency_s"][role]["50"] <= run["latency_s"][role]["100"]
        used = run["cpu_s_per_million_samples"]
        assert set(used) >= {"Alice", "channel", "Bob", "Eve"}
        of_role = {"GNU Radio's blocks"} if run["processes"] > 1 else set()
        assert set(used["Bob"]) == {"OFDM receiver", "decryptor", "decoder"} | of_role
        assert set(run["queues"]) == {"encoder", "encryptor", "transmitter", "decryptor", "decoder", "eavesdropper"}
        total = sum(sum(blocks_.values()) for blocks_ in used.values())
        assert np.isclose(total, run["cpu_s_per_million_samples_in_all"], rtol=0.05)
        assert run["bob_psnr_db"] > 20
        assert run["refused_packets"] == 0
        assert np.isclose(
            run["real_time_factor"], run["samples_per_second"]["sent"] / 1e6 * run["pictures_in_time"], rtol=1e-9
        )
    for run in (paced, apart):
        assert 0 < run["samples_per_second"]["sent"] < 1.1e6
        assert run["frames"]["frames_sent"] > 0 and 0 < run["share_of_bursts"] < 1


def test_benchmark_of_receivers_at_once(tmp_path):
    """In threads and in processes: every packet of every one arrives."""
    out = tmp_path / "receiver_threads.json"
    command = [sys.executable, ROOT / "benchmarks" / "receiver_threads.py", "--packets", "5", "--json", out]
    subprocess.run(command, check=True, timeout=120, capture_output=True, cwd=tmp_path)
    runs = json.loads(out.read_text())["runs"]
    assert [(run["receivers"], run["as"], run["turns"]) for run in runs] == CASES
    for run in runs:
        assert run["packets"] == [5] * run["receivers"]
        assert 0 < run["processor_s"] < 1.2 * run["clock_s"]


def test_a_role_that_does_not_start_is_named_and_nothing_stays_behind(tmp_path):
    settings = Settings("", str(tmp_path / "no.key"), "lite", "1/6", 15.0, True, 5.0, 1)
    flow = FourProcesses(settings)
    with pytest.raises(RuntimeError, match="Bob's process has ended"):
        flow.start()
    flow.stop()
    flow.wait()
    assert not {"Alice", "channel", "Bob", "Eve"} & {child.name for child in multiprocessing.active_children()}


def test_processes_end_with_whoever_asks(tmp_path):
    """Killed while they run: a flowgraph's threads would go on for ever."""
    program = tmp_path / "asks.py"
    program.write_text(
        "import os, real_time_processes as p\n"
        "from gnuradio import deepjscec\n"
        "from real_time_roles import Settings\n"
        "if __name__ == '__main__':\n"
        "    settings = Settings(deepjscec.demo_video(), deepjscec.fresh_key(), 'lite', '1/24', 15.0, True, 5.0, 1)\n"
        "    flow = p.FourProcesses(settings)\n"
        "    flow.start()\n"
        "    flow._pipes['Eve'].send(('counters',))\n"  # an answer that nobody reads
        "    print(*(process.pid for process in flow._processes), flush=True)\n"
        "    os._exit(1)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "benchmarks")}
    done = subprocess.run(
        [sys.executable, program], timeout=120, capture_output=True, cwd=tmp_path, env=environment, text=True
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 4, done.stderr
    end = time.monotonic() + 20
    while alive := [pid for pid in pids if runs(pid)]:
        assert time.monotonic() < end, alive
        time.sleep(0.1)


def runs(pid):
    """Whether there is such a process, and not only its exit code that nobody asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
