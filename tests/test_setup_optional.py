# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages that not every release has: installed where there are any, and never in the way."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FAKES = {
    "dpkg-query": 'case "$*" in *" there") echo ii ;; *) exit 1 ;; esac',
    "apt-cache": 'case "$*" in *" offered" | *" there") echo "Package: it" ;; esac',
    "apt-get": 'echo "$*" >>"$LOG"; case "$*" in *install*) exit "$APT_EXIT" ;; esac',
    "sudo": 'exec "$@"',
}


@pytest.fixture
def optional(tmp_path):
    """Runs the step with packages; gives what went into `apt-get install`."""
    for name, script in FAKES.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    log = tmp_path / "log"

    def run(*packages, apt_exit=0):
        log.write_text("")
        env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(log), "APT_EXIT": str(apt_exit)}
        subprocess.run(["bash", ROOT / "scripts" / "setup.sh", "optional", *packages], env=env, check=True)
        return [line.split("install ")[1] for line in log.read_text().splitlines() if " install " in line]

    return run


def test_what_the_release_offers_is_installed_and_the_rest_left_out(optional):
    assert optional("offered", "elsewhere", "there") == ["offered"]


def test_nothing_to_do_asks_nobody(optional):
    assert optional("elsewhere", "there") == []


def test_failed_installation_is_no_failure(optional):
    assert optional("offered", apt_exit=100) == ["offered"]
