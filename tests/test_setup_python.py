# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the set-up: the pins, and the lazy package of the GNU Radio blocks."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENT_FILES = sorted((ROOT / "requirements").glob("*.txt"))


def requirements(path: Path) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-r ")]


@pytest.mark.parametrize("path", REQUIREMENT_FILES, ids=lambda path: path.name)
def test_every_requirement_is_pinned_exactly(path):
    for requirement in requirements(path):
        assert re.fullmatch(r"==[0-9][0-9.]*", str(requirement.specifier)), requirement


def test_pins_satisfy_the_ranges_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ranges = [Requirement(text) for text in project["dependencies"]]
    project["optional-dependencies"].pop("gnuradio")  # NumPy for one Python, see the next test
    ranges += [Requirement(text) for extra in project["optional-dependencies"].values() for text in extra]
    pins = [pin for path in REQUIREMENT_FILES for pin in requirements(path)]
    for wanted in ranges:
        versions = [next(iter(pin.specifier)).version for pin in pins if pin.name == wanted.name]
        assert versions, f"{wanted.name} has no pin"
        assert all(version in wanted.specifier for version in versions), wanted


def test_numpy_loads_beside_gnuradios_bindings():
    pins = [pin for pin in requirements(ROOT / "requirements" / "run.txt") if pin.name == "numpy"]
    for version in ("3.11", "3.12"):  # Debian 12, Ubuntu 24.04: bindings compiled against NumPy 1
        (pin,) = (pin for pin in pins if not pin.marker or pin.marker.evaluate({"python_version": version}))
        assert "1.26.4" in pin.specifier


# --- the package gnuradio.deepjscec, with stand-ins for the blocks ---


@pytest.fixture
def package(tmp_path):
    """Runs code beside a copy of the adapters' package, named `blocks`, with two blocks and a helper."""
    folder = tmp_path / "blocks"
    folder.mkdir()
    shutil.copy(ROOT / "gr-deepjscec" / "python" / "deepjscec" / "__init__.py", folder)
    (folder / "first.py").write_text("print('first loaded')\nclass first: pass\n")
    (folder / "second.py").write_text("from blocks.first import first\nclass second(first): pass\n")
    (folder / "_helper.py").write_text("")

    def run(code: str) -> str:
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_importing_the_blocks_package_loads_no_block(package):
    assert package("import blocks; print(blocks.__all__)") == "['first', 'second']\n"


def test_a_block_is_its_class_not_its_module(package):
    assert package("import blocks; print(blocks.first)").endswith("<class 'blocks.first.first'>\n")


def test_a_block_stays_a_class_after_its_module_was_imported(package):
    code = "import blocks.second, blocks.first; print(blocks.first, blocks.second)"
    assert package(code).endswith("<class 'blocks.first.first'> <class 'blocks.second.second'>\n")


def test_blocks_can_be_imported_by_star(package):
    assert package("from blocks import *; print(second)").endswith("<class 'blocks.second.second'>\n")


def test_an_unknown_block_is_an_attribute_error(package):
    code = "import blocks; print(hasattr(blocks, 'third'), hasattr(blocks, '_helper'))"
    assert package(code) == "False False\n"
