# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input to `run_flowgraph.py`: one clear line, exit code 2, nothing half written."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gnuradio.deepjscec.headless import main

from deepjscec.app.pictures import png_bytes
from deepjscec.codec import find_model
from deepjscec.crypto import write_key_file

ROOT = Path(__file__).parents[2]


def bad_inputs(folder):
    (folder / "text.png").write_text("no picture")
    photo = png_bytes(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    (folder / "cut.png").write_bytes(photo[: len(photo) // 2])
    (folder / "tiny.png").write_bytes(png_bytes(np.zeros((31, 40, 3), np.uint8)))
    (folder / "file").write_text("")
    (folder / "wrong.key").write_text("no key")
    write_key_file(folder / "open.key")
    (folder / "open.key").chmod(0o644)
    shutil.copytree(find_model("photo"), folder / "model")
    with (folder / "model" / "decoder.onnx").open("r+b") as file:
        file.seek(1000)
        file.write(b"changed")
    f = str(folder)
    return {
        "missing image": (["--image", f"{f}/none.png"], "none.png: no such file"),
        "corrupt image": (["--image", f"{f}/text.png"], "text.png: not a picture"),
        "cut image": (["--image", f"{f}/cut.png"], "cut.png: "),
        "folder as image": (["--image", f], f"{f}: "),
        "small image": (["--image", f"{f}/tiny.png"], "tiny.png: 40 x 31 pixels"),
        "missing key": (["--key", f"{f}/none.key"], "none.key"),
        "wrong key file": (["--key", f"{f}/wrong.key"], "wrong.key"),
        "world-readable key": (["--key", f"{f}/open.key"], "chmod 600"),
        "world-readable key at Bob": (["--bob-key", f"{f}/open.key"], "chmod 600"),
        "changed model": (["--model", f"{f}/model"], "decoder.onnx: SHA-256"),
        "unknown model": (["--model", "none"], "known models"),
        "SNR that is no number": (["--snr", "loud"], "'loud' is not a number"),
        "SNR that is not finite": (["--snr", "nan"], "'nan' is not a number"),
        "absurd SNR": (["--snr", "1e9"], "not an SNR"),
        "broken sweep": (["--sweep", "0:20"], "START:STOP:STEP"),
        "endless sweep": (["--sweep", "0:20:0"], "STEP"),
        "huge sweep": (["--sweep", "0:20:1e-320"], "more than 200"),
        "endless timeout": (["--timeout", "1e12"], "1e6 seconds"),
        "abbreviation": (["--sn", "3"], "--sn"),
        "unknown rate": (["--rate", "1/7"], "its rates"),
        "unknown cipher": (["--cipher", "rot13"], "rot13"),
        "unknown option": (["--snrr", "3"], "--snrr"),
        "output is a file": (["--out", f"{f}/file"], "output folder"),
        "output below a file": (["--out", f"{f}/file/x"], "output folder"),
    }


NAMES = [
    "missing image",
    "corrupt image",
    "cut image",
    "folder as image",
    "small image",
    "missing key",
    "wrong key file",
    "world-readable key",
    "world-readable key at Bob",
    "changed model",
    "unknown model",
    "SNR that is no number",
    "SNR that is not finite",
    "absurd SNR",
    "broken sweep",
    "endless sweep",
    "huge sweep",
    "endless timeout",
    "abbreviation",
    "unknown rate",
    "unknown cipher",
    "unknown option",
    "output is a file",
    "output below a file",
]


@pytest.mark.parametrize("name", NAMES)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, capsys, name):
    arguments, message = bad_inputs(tmp_path)[name]
    out = tmp_path / "out"
    if "--out" not in arguments:
        arguments = [*arguments, "--out", str(out)]
    try:
        code = main(arguments)
    except SystemExit as error:
        code = error.code
    err = capsys.readouterr().err
    assert code == 2
    assert err.count("\n") == 1 and message in err
    assert not out.exists() or not list(out.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission_is_refused(tmp_path, capsys):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert main(["--out", str(tmp_path / "locked")]) == 2
    assert "Permission denied" in capsys.readouterr().err


def test_earlier_results_survive_a_failed_run(tmp_path):
    (tmp_path / "metrics.json").write_text("earlier")
    assert main(["--rate", "1/7", "--out", str(tmp_path)]) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.json"]
    assert (tmp_path / "metrics.json").read_text() == "earlier"


def test_the_script_itself_passes_the_exit_code_on():
    done = subprocess.run(
        [sys.executable, ROOT / "run_flowgraph.py", "--image", "none.png"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "run_flowgraph.py: image none.png: no such file\n"
