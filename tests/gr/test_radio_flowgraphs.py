# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowgraphs for hardware: without a device one line and exit code 2; with a stand-in for one, pictures."""

import subprocess
import sys
import time

import numpy as np
import pytest
from gnuradio import blocks, deepjscec, gr

from deepjscec.app.pictures import default_picture
from deepjscec.app.quality import psnr_db
from deepjscec.crypto import write_key_file
from tests.gr.gr_setup import wait_for
from tests.gr.window import FLOWGRAPHS, NEEDS_XVFB, ROOT, SCREEN, compile_flowgraph, environment, has_xvfb, run_window

pytestmark = pytest.mark.skipif(not has_xvfb(), reason=NEEDS_XVFB)

# a program in the place of a flowgraph's, whose drivers are stand-ins
STAND_IN = """
import importlib.util, sys
import gnuradio
import numpy as np
sys.path.insert(0, {root!r})
from tests.gr import fake_radios
air = fake_radios.Air({rate})
if {on_air!r}:
    air.put(np.load({on_air!r}))
if {alone!r}:
    air.put = lambda samples: None  # nobody receives, and what is sent is gone
module = fake_radios.fake_{driver}(air)
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


def over_a_stand_in(name, folder, on_air=""):
    """The program of the flowgraph `name` whose radio is a stand-in, with samples of a file in the air."""
    made = folder / "made"
    made.mkdir()
    program = compile_flowgraph(FLOWGRAPHS / f"{name}.grc", made)
    driver, rate = name.split("_")[0].replace("usrp", "uhd"), 2e6 if "hackrf" in name else 1e6
    wrapped = folder / f"{name}.py"
    wrapped.write_text(
        STAND_IN.format(
            root=str(ROOT),
            driver=driver,
            rate=rate,
            name=name,
            program=str(program),
            on_air=str(on_air),
            alone=name.endswith("_alice"),
        )
    )
    return wrapped


@pytest.mark.parametrize("name", ["usrp_loopback", "soapy_pluto", pytest.param("soapy_lime", marks=pytest.mark.slow)])
def test_a_loopback_shows_pictures_over_a_stand_in(name, tmp_path):
    taps = {"sent": ["source", "images"], "bob": ["bob", "images"], "eve": ["eve", "images"]}
    seen = run_window(over_a_stand_in(name, tmp_path), tmp_path, taps, least=2)
    sent = seen.pictures["sent"]
    for number, (meta, pixels) in seen.pictures["bob"].items():
        assert psnr_db(sent[number][1], pixels) > 25, "Bob has the picture"
        assert meta["snr_db"] > 20
    for number, (_, pixels) in seen.pictures["eve"].items():
        assert psnr_db(sent[number][1], pixels) < 12
    assert seen.stats["bob"]["packets"] >= 12


def test_sliders_reach_the_device(tmp_path):
    settings = {"tx_gain": 10, "rx_gain": 35, "frequency": 2.46e9}
    taps = {"bob": ["bob", "images"]}
    program = over_a_stand_in("usrp_loopback", tmp_path)
    seen = run_window(program, tmp_path, taps, least=2, settings=settings, shot_name="")
    slow = run_window(program, tmp_path, taps, settings={"rx_gain": 5}, shot_name="")
    after, before = (max(meta["snr_db"] for meta, _ in run.pictures["bob"].values()) for run in (seen, slow))
    assert after > before + 3


@pytest.mark.parametrize("name", ["usrp_alice", "soapy_hackrf_alice"])
def test_alice_sends_over_a_stand_in(name, tmp_path):
    key = tmp_path / "bench.key"
    write_key_file(key)
    taps = {"sent": ["source", "images"]}
    arguments = ("--key-file", key)
    seen = run_window(over_a_stand_in(name, tmp_path), tmp_path, taps, arguments=arguments, least=4)
    # two places: the third went because the radio had taken the first
    assert len(seen.pictures["sent"]) >= 4 and seen.stats["sent"]["unreported"] == 0


@pytest.fixture(scope="module")
def on_air(tmp_path_factory):
    """A key file, and the samples of Alice's photograph twice under it."""
    folder = tmp_path_factory.mktemp("on_air")
    write_key_file(folder / "bench.key")
    source = deepjscec.image_source([default_picture()] * 2)
    alice = deepjscec.secure_transmitter(str(folder / "bench.key"), idle=False, amplitude=0.25, max_papr_db=8)
    flowgraph, sink = gr.top_block(), blocks.vector_sink_c()
    flowgraph.msg_connect(source, "images", alice, "images")
    flowgraph.connect(alice, sink)
    flowgraph.start()
    wait_for(lambda: alice.get_stats().get("packets", 0) >= 24)
    time.sleep(1)
    flowgraph.stop()
    flowgraph.wait()
    np.save(folder / "samples.npy", np.array(sink.data(), np.complex64))
    return folder / "bench.key", folder / "samples.npy"


@pytest.mark.parametrize(
    ("name", "role"), [("usrp_bob", "bob"), ("usrp_eve", "eve"), ("soapy_hackrf_bob", "bob")], ids=lambda value: value
)
def test_a_receiver_shows_what_is_in_the_air_of_a_stand_in(name, role, on_air, tmp_path):
    key, samples = on_air
    arguments = ("--key-file", key) if role == "bob" else ()
    program = over_a_stand_in(name, tmp_path, samples)
    seen = run_window(program, tmp_path, {role: [role, "images"]}, arguments=arguments)
    quality = [psnr_db(default_picture(), pixels) for _, pixels in seen.pictures[role].values()]
    assert min(quality) > 30 if role == "bob" else max(quality) < 12
