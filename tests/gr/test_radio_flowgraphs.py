# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowgraphs for hardware: without a device one line and exit code 2; with a stand-in for one, pictures."""

import subprocess
import sys

import numpy as np
import pytest

from tests.gr.window import FLOWGRAPHS, NEEDS_XVFB, ROOT, SCREEN, compile_flowgraph, environment, has_xvfb, run_window

pytestmark = pytest.mark.skipif(not has_xvfb(), reason=NEEDS_XVFB)

# a program in the place of a flowgraph's, whose drivers are stand-ins
STAND_IN = """
import importlib.util, sys
import gnuradio
sys.path.insert(0, {root!r})
from tests.gr import fake_radios
module = fake_radios.fake_{driver}(fake_radios.Air({rate}))
sys.modules["gnuradio.{driver}"] = gnuradio.{driver} = module
spec = importlib.util.spec_from_file_location({name!r}, {program!r})
flowgraph = importlib.util.module_from_spec(spec)
spec.loader.exec_module(flowgraph)
globals().update(vars(flowgraph))
"""


FEW = ("usrp_loopback", "soapy_hackrf_bob")
HARDWARE = sorted(path.stem for path in FLOWGRAPHS.glob("*.grc") if path.stem.startswith(("usrp_", "soapy_")))
NAMES = [name if name in FEW else pytest.param(name, marks=pytest.mark.slow) for name in HARDWARE]


@pytest.mark.parametrize("name", NAMES)
def test_without_a_device_a_flowgraph_ends_in_one_line_and_exit_code_2(name, tmp_path):
    pytest.importorskip("gnuradio.uhd" if name.startswith("usrp") else "gnuradio.soapy")
    program = compile_flowgraph(FLOWGRAPHS / f"{name}.grc", tmp_path)
    command = ["xvfb-run", "-a", "-s", SCREEN, sys.executable, program, "--device-args", "serial=none"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=100, check=False, env=environment(tmp_path), cwd=tmp_path
    )
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("QStandardPaths")]
    assert len(lines) == 1 and lines[0].startswith("radio: no ") and "serial=none" in lines[0]


@pytest.mark.parametrize(("name", "driver"), [("usrp_loopback", "uhd"), ("soapy_pluto", "soapy")])
def test_a_loopback_shows_pictures_over_a_stand_in(name, driver, tmp_path):
    made = tmp_path / "made"
    made.mkdir()
    program = compile_flowgraph(FLOWGRAPHS / f"{name}.grc", made)
    wrapped = tmp_path / f"{name}.py"
    wrapped.write_text(STAND_IN.format(root=str(ROOT), driver=driver, rate=1e6, name=name, program=str(program)))
    taps = {"sent": ["source", "images"], "bob": ["bob", "images"], "eve": ["eve", "images"]}
    settings = {"tx_gain": 10, "rx_gain": 35, "frequency": 2.46e9}
    seen = run_window(wrapped, tmp_path, taps, least=2, settings=settings)
    sent = seen.pictures["sent"]
    for number, (meta, pixels) in seen.pictures["bob"].items():
        error = np.mean((pixels.astype(float) - sent[number][1]) ** 2)
        assert 10 * np.log10(255**2 / error) > 25, "Bob has the picture"
        assert meta["snr_db"] > 20
    assert seen.stats["bob"]["packets"] >= 12
