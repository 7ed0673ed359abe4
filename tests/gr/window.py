# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled flowgraphs run in a process of their own, those with a window under Xvfb; what went by is brought back.

`compile_flowgraph` makes the program of a flowgraph, `run_program` runs one without a window, `run_window` one with.
This file is also the program in that process: it runs the flowgraph's own `main`, listens to what it is told to tap,
and takes a picture of the window at the end.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
FLOWGRAPHS = ROOT / "grc"
NEEDS_XVFB = "needs xvfb-run for a window without a screen"
SCREENSHOTS = "DEEPJSCEC_SCREENSHOTS"  # a folder that takes the pictures of the windows, docs/images say
SCREEN = "-screen 0 1280x1024x24"


def has_xvfb():
    return shutil.which("xvfb-run") is not None


def environment(home=None):
    """What a flowgraph's process gets: this tree's blocks, a platform with a window, keys and settings in `home`."""
    kept = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    kept.setdefault("GRC_BLOCKS_PATH", str(ROOT / "gr-deepjscec" / "grc"))
    if home is not None:
        kept |= {"XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    return kept


def compile_flowgraph(path, folder):
    """The program that grcc makes of the flowgraph `path`; fails where it does not, warns, or misses a block."""
    grcc = Path(sys.executable).parent / "grcc"
    done = subprocess.run([grcc, "-o", folder, path], capture_output=True, text=True, check=False, env=environment())
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    complaints = [
        line
        for line in said.splitlines()
        if ("warning" in line.lower() and "Matplotlib" not in line) or "Failed to evaluate" in line
    ]
    assert not complaints, "\n".join(complaints)
    program = folder / f"{path.stem}.py"
    made = program.read_text()
    # grcc drops blocks that it does not know
    for name in re.findall(r"^  id: deepjscec_(\w+)$", path.read_text(), re.MULTILINE):
        assert f"deepjscec.{name}(" in made, f"no block {name} in {program}"
    return program


def run_program(program, folder, *arguments, seconds=120):
    """Run a compiled flowgraph without a window in `folder`, where its keys go, too; gives the finished process."""
    return subprocess.run(
        [sys.executable, program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=environment(folder),
        cwd=folder,
    )


@dataclass(frozen=True)
class Seen:
    """What `run_window` saw: for each tap pictures by image id, (metadata, pixels); the picture of the window."""

    pictures: dict
    shot: np.ndarray
    stats: dict  # by tap, of the blocks that were tapped


def run_window(
    program, folder, taps, *, arguments=(), least=1, seconds=120, after=1.0, settings=None, tab=0, shot_name=None
):
    """Run a compiled Qt flowgraph until every tap saw `least` pictures, and `after` seconds more; gives what it saw.

    `taps`: {name: [block, message port]}. `arguments` of the program. `settings`: variables to set after the start, as
    a slider would. `tab`: the one to show. Keys, settings and results go to `folder`. Where `SCREENSHOTS` names a
    folder the window's picture is written there, too, under the program's name or `shot_name`, unless that is "".
    """
    shot, report = folder / "window.png", folder / "seen"
    task = {
        "program": str(program),
        "arguments": list(map(str, arguments)),
        "taps": taps,
        "least": least,
        "seconds": seconds,
        "after": after,
        "settings": settings or {},
        "tab": tab,
        "shot": str(shot),
        "report": str(report),
    }
    command = ["xvfb-run", "-a", "-s", SCREEN, sys.executable, __file__, json.dumps(task)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds + 90, check=False, env=environment(folder), cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if os.environ.get(SCREENSHOTS) and shot_name != "":
        shutil.copy(shot, ROOT / os.environ[SCREENSHOTS] / (shot_name or f"{program.stem}.png"))
    return _read(report, shot)


def _read(report, shot):
    from PIL import Image

    said = json.loads(report.with_suffix(".json").read_text())
    with np.load(report.with_suffix(".npz")) as arrays:
        pictures = {
            tap: {int(key): (meta, arrays[f"{tap}_{key}"]) for key, meta in metas.items()}
            for tap, metas in said["metas"].items()
        }
    return Seen(pictures, np.asarray(Image.open(shot).convert("RGB")), said["stats"])


def main(task):
    """In the flowgraph's process: its own `main`, with a class that listens in."""
    spec = importlib.util.spec_from_file_location("flowgraph", task["program"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.argv = [task["program"], *task["arguments"]]
    seen = []
    module.main(_watched(getattr(module, Path(task["program"]).stem), task, seen))
    _write(task, *seen)


def _watched(flowgraph, task, seen):
    """The flowgraph's class with taps; `seen` takes the flowgraph and its taps' sinks."""
    from gnuradio import deepjscec
    from PyQt5 import Qt

    class Watched(flowgraph):
        def __init__(self, **arguments):
            super().__init__(**arguments)
            self.taps = {tap: deepjscec.image_sink(keep=1000) for tap in task["taps"]}
            for tap, (block, port) in task["taps"].items():
                self.msg_connect(getattr(self, block), port, self.taps[tap], "images")
            seen.extend([self, self.taps])
            self._looks = 10 * task["seconds"]
            self._look_timer = Qt.QTimer()
            self._look_timer.timeout.connect(self._look)
            self._look_timer.start(100)
            Qt.QTimer.singleShot(0, self._set)

        def _set(self):
            for name, value in task["settings"].items():
                getattr(self, f"set_{name}")(value)
            for tabs in self.findChildren(Qt.QTabWidget):
                tabs.setCurrentIndex(task["tab"])

        def _look(self):
            self._looks -= 1
            if self._looks <= 0 or all(len(sink.pictures) >= task["least"] for sink in self.taps.values()):
                self._look_timer.stop()
                Qt.QTimer.singleShot(int(1000 * task["after"]), self._finish)

        def _finish(self):
            self.grab().save(task["shot"])
            self.close()

    return Watched


def _write(task, top, sinks):
    arrays, metas, stats = {}, {}, {}
    for tap, sink in sinks.items():
        metas[tap] = {}
        for image_id, (meta, array) in sink.pictures.items():
            metas[tap][image_id] = meta
            arrays[f"{tap}_{image_id}"] = array
        block = getattr(top, task["taps"][tap][0])
        stats[tap] = block.get_stats() if hasattr(block, "get_stats") else {}
    report = Path(task["report"])
    np.savez(report.with_suffix(".npz"), **arrays)
    report.with_suffix(".json").write_text(json.dumps({"metas": metas, "stats": stats}))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
