# SPDX-License-Identifier: GPL-3.0-or-later
"""The set-up of the environment of 5G LDPC, in a copy of what it reads, with pip replaced by a note of its calls."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FAKE_PYTHON = """#!/bin/sh
echo "$*" >>"$LOG"
case "$*" in
--version) echo "Python $FAKE_VERSION" ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-c import sys; from importlib.metadata"*) exit 1 ;;  # torch is not there
esac
"""


@pytest.fixture
def checkout(tmp_path):
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    python = tmp_path / "fake_python"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    return tmp_path


def calls(checkout, version="3.11.2"):
    """What the interpreters were asked for."""
    log = checkout / "log"
    log.write_text("")
    env = {**os.environ, "PYTHON": str(checkout / "fake_python"), "LOG": str(log), "FAKE_VERSION": version}
    env["TORCH_INDEX"] = ""
    done = subprocess.run(["bash", "scripts/setup.sh", "ldpc"], cwd=checkout, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return log.read_text().splitlines()


def installs(made):
    return [call for call in made if " install " in call]


def test_environment_is_made_without_the_systems_packages_and_torch_comes_first(checkout):
    made = calls(checkout)
    assert f"-m venv {checkout}/.venv-ldpc" in made
    first, second = installs(made)
    (torch,) = (line for line in (checkout / "requirements" / "ldpc.txt").read_text().split() if line[:7] == "torch==")
    assert first.endswith(f"install -c requirements/ldpc.txt {torch}")
    assert second.endswith("install --requirement=requirements/ldpc.txt")


def test_second_run_installs_nothing(checkout):
    calls(checkout)
    assert not installs(calls(checkout))


@pytest.mark.parametrize("change", ["pins", "python", "broken"])
def test_what_changed_makes_it_anew(checkout, change):
    calls(checkout)
    version = "3.11.2"
    if change == "pins":
        with (checkout / "requirements" / "ldpc.txt").open("a") as file:
            file.write("pillow==13.0.0\n")
    elif change == "python":
        version = "3.12.3"
    else:
        (checkout / ".venv-ldpc" / "bin" / "python").unlink()
    assert len(installs(calls(checkout, version))) == 2
