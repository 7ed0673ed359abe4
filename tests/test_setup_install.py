# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain CMake installation, as people with a GNU Radio of their own do it, into an empty folder."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(shutil.which("cmake") is None, reason="needs CMake")


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cmake") / "build"
    done = cmake("-S", ROOT, "-B", folder, "-DCMAKE_INSTALL_PREFIX=/prefix", "-Wno-dev", check=False)
    if 'configuration file provided by "Gnuradio"' in done.stderr:
        pytest.skip("needs GNU Radio's CMake files (gnuradio-dev)")
    assert done.returncode == 0, done.stderr
    cmake("--build", folder)
    return folder


def cmake(*args, destdir=None, check=True):
    env = dict(os.environ)
    if destdir is not None:
        env["DESTDIR"] = str(destdir)
    return subprocess.run(["cmake", *map(str, args)], env=env, check=check, capture_output=True, text=True)


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_installation_brings_blocks_library_models_and_flowgraphs_and_can_be_removed(build, tmp_path):
    cmake("--install", build, destdir=tmp_path)
    installed = files_below(tmp_path / "prefix")
    python = {re.sub(r"^lib/python3[^/]*/[^/]*/", "", name) for name in installed if name.endswith(".py")}

    for block in (ROOT / "gr-deepjscec" / "python" / "deepjscec").glob("*.py"):
        assert f"gnuradio/deepjscec/{block.name}" in python
    for source in (ROOT / "python" / "deepjscec").rglob("*.py"):
        assert f"deepjscec/{source.relative_to(ROOT / 'python' / 'deepjscec')}" in python
    for description in (ROOT / "gr-deepjscec" / "grc").glob("*.yml"):
        assert f"share/gnuradio/grc/blocks/{description.name}" in installed
    for flowgraph in (ROOT / "grc").glob("*.grc"):
        assert f"share/gnuradio/examples/deepjscec/{flowgraph.name}" in installed
    for model in (ROOT / "models").rglob("*.onnx"):
        assert f"share/deepjscec/models/{model.relative_to(ROOT / 'models')}" in installed

    # GNU Radio's own __init__ must stay the only one.
    assert "gnuradio/__init__.py" not in python
    assert not any("__pycache__" in name for name in installed)

    cmake("--build", build, "--target", "uninstall", destdir=tmp_path)
    assert files_below(tmp_path) == set()
    assert not list(tmp_path.rglob("*deepjscec*"))


def test_cmake_and_python_agree_on_the_version(build):
    import deepjscec

    cache = (build / "CMakeCache.txt").read_text()
    assert f"CMAKE_PROJECT_VERSION:STATIC={deepjscec.__version__}\n" in cache


def test_wrapper_of_grcc_passes_by_that_of_another_checkout(tmp_path):
    """Whose environment may be active, and so be first on the PATH."""
    wrapper = ROOT / "scripts" / "grc_with_venv.sh"
    for name in ("here", "other", "system"):
        (tmp_path / name).mkdir()
    for name in ("here", "other"):
        shutil.copy(wrapper, tmp_path / name / "grcc")
    (tmp_path / "here" / "python").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "system" / "grcc").write_text("#!/usr/bin/python3\n")
    for program in (tmp_path / "here" / "python", tmp_path / "system" / "grcc"):
        program.chmod(0o755)

    path = ":".join([*(str(tmp_path / name) for name in ("here", "other", "system")), os.environ["PATH"]])
    command = [tmp_path / "here" / "grcc", "x.grc"]
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(tmp_path / "system" / "grcc"), "x.grc"], done.stderr
