# SPDX-License-Identifier: GPL-3.0-or-later
"""What `pyproject.toml` cannot say: a wheel also holds what does not lie in `python/`.

That is blocks, models, flowgraphs and manual pages. An editable installation gets none of them: there the library finds
the checkout's models, and CMake installs the blocks.
"""

import shutil
from distutils.command.install_data import install_data  # setuptools', which the build loads before
from pathlib import Path

import setuptools
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
BLOCKS = ROOT / "gr-deepjscec" / "python" / "deepjscec"


def data_files() -> list[tuple[str, list[str]]]:
    """Folders below the prefix, the same as in CMakeLists.txt, with the files that go there."""
    sources = {
        "share/gnuradio/grc/blocks": "gr-deepjscec/grc/*.yml",
        "share/gnuradio/examples/deepjscec": "grc/*.grc",
        "share/man/man1": "docs/man/*.1",
    }
    for model in sorted((ROOT / "models").iterdir()):
        sources[f"share/deepjscec/models/{model.name}"] = f"models/{model.name}/[!.]*"
    found = {folder: sorted(ROOT.glob(pattern)) for folder, pattern in sources.items()}
    return [(folder, [str(path.relative_to(ROOT)) for path in paths]) for folder, paths in found.items()]


class BuildWithBlocks(build_py):
    """Adds `gnuradio.deepjscec`, without a `gnuradio/__init__.py`, which could hide GNU Radio's own."""

    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)  # setuptools would ship what an earlier state left there
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "gnuradio", "deepjscec")
            target.mkdir(parents=True)
            for path in sorted(BLOCKS.glob("*.py")):
                shutil.copy2(path, target)


class InstallDataOfWheels(install_data):
    """Leaves an editable installation without copies, which would grow stale."""

    def run(self) -> None:
        if not self.get_finalized_command("build_py").editable_mode:
            super().run()


setuptools.setup(
    cmdclass={"build_py": BuildWithBlocks, "install_data": InstallDataOfWheels},
    data_files=data_files(),
    options={"build": {"build_base": "build/wheel"}},  # build/ itself is CMake's
)
