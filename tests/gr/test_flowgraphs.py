# SPDX-License-Identifier: GPL-3.0-or-later
"""The flowgraphs that people open: they compile, and the one with a window runs and shows pictures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
ENVIRONMENT.setdefault("GRC_BLOCKS_PATH", str(ROOT / "gr-deepjscec" / "grc"))

WATCH = """
import importlib.util, sys
from PyQt5 import Qt
spec = importlib.util.spec_from_file_location("flowgraph", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
app = Qt.QApplication(sys.argv)
top = module.loopback_sim()
top.start()
top.resize(1100, 900)
top.show()
timer = Qt.QTimer()
views = (top.sent_view, top.bob_view, top.eve_view)
left = [600]
def look():
    left[0] -= 1
    if not left[0] or all(view.get_stats().get("shown", 0) > 1 for view in views):
        timer.stop()
        Qt.QTimer.singleShot(500, finish)
def finish():
    top.grab().save(sys.argv[2])
    print(*(view.get_stats().get("shown", 0) for view in views))
    top.stop()
    top.wait()
    app.quit()
timer.timeout.connect(look)
timer.start(100)
app.exec_()
"""


def compile_flowgraph(path, folder):
    grcc = Path(sys.executable).parent / "grcc"
    done = subprocess.run([grcc, "-o", folder, path], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / f"{path.stem}.py"


@pytest.mark.parametrize("path", sorted((ROOT / "grc").glob("*.grc")), ids=lambda p: p.stem)
def test_flowgraph_compiles(path, tmp_path):
    assert compile_flowgraph(path, tmp_path).exists()


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs xvfb-run for a window without a screen")
def test_loopback_sim_shows_pictures_as_they_arrive(tmp_path):
    program = compile_flowgraph(ROOT / "grc" / "loopback_sim.grc", tmp_path)
    shot = tmp_path / "window.png"
    command = ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24", sys.executable, "-c", WATCH, program, shot]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    assert min(map(int, done.stdout.split()[-3:])) > 1, done.stdout + done.stderr
    pixels = np.asarray(Image.open(shot).convert("RGB")).astype(int)
    colourful = (pixels.max(axis=2) - pixels.min(axis=2) > 60).mean()
    assert colourful > 0.05, "pictures and constellations cover more of the window than this"
