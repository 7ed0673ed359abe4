# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the headless program and reading what it wrote, and waiting."""

import json
import time

from gnuradio.deepjscec.headless import main


def run(out, *arguments):
    """Exit code and metrics of `run_flowgraph.py` with `arguments`; metrics are None where it wrote none."""
    code = main([*map(str, arguments), "--out", str(out)])
    path = out / "metrics.json"
    return code, json.loads(path.read_text()) if path.exists() else None


def images(metrics):
    """All pictures of all runs, in order."""
    return [image for run in metrics["runs"] for image in run["images"]]


def wait_for(condition, timeout=60):
    """Until `condition()` is true; fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
