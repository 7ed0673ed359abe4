# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases results were made with, and that a worker elsewhere has the same."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from deepjscec import __version__

LIBRARIES = ("numpy", "onnxruntime", "av")


def versions(libraries: tuple[str, ...] = LIBRARIES) -> dict[str, str]:
    """Of this project, Python and those of the `libraries` that are there."""
    found = {"deepjscec": __version__, "python": platform.python_version()}
    for name in libraries:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def check_versions(wanted: Mapping[str, str]) -> None:
    """`ValueError` where this machine has another release of anything in `wanted` than that says.

    Other keys of `wanted` are passed over.
    """
    for name, here in versions().items():
        if wanted.get(name, here) != here:
            raise ValueError(f"{platform.node()} has {name} {here}, and not {wanted[name]} as where the run began")
