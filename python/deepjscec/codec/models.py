# SPDX-License-Identifier: GPL-3.0-or-later
"""Where models live: a folder each, with `card.json`, `encoder.onnx` and `decoder.onnx`."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def model_folders() -> list[Path]:
    """Folders that are searched for models, first hit wins.

    `$DEEPJSCEC_MODELS`, then `models/` of a source checkout, then `share/deepjscec/models` of the installation.
    """
    folders = []
    if chosen := os.environ.get("DEEPJSCEC_MODELS"):
        if not Path(chosen).is_dir():
            raise ValueError(f"DEEPJSCEC_MODELS {chosen}: no such folder")
        folders.append(Path(chosen))
    here = Path(__file__).resolve()
    if (here.parents[3] / "pyproject.toml").is_file():
        folders.append(here.parents[3] / "models")
    prefixes = dict.fromkeys([*here.parents, Path(sys.prefix)])  # whatever prefix this file was installed to
    folders.extend(prefix / "share" / "deepjscec" / "models" for prefix in prefixes)
    return [folder for folder in folders if folder.is_dir()]


def list_models() -> list[str]:
    """Names of all models that `find_model` finds."""
    found = {card.parent.name for folder in model_folders() for card in folder.glob("*/card.json")}
    return sorted(found)


def find_model(name: str | Path) -> Path:
    """The folder of a model given by name or by path. `ValueError` lists the known names."""
    if os.sep not in str(name):  # a name: a folder that happens to lie in the working directory must not take its place
        for folder in model_folders():
            if _holds_model(folder / name):
                return folder / name
    if _holds_model(Path(name)):
        return Path(name)
    raise ValueError(f"model {str(name)!r}: not found; known models: {', '.join(list_models()) or 'none'}")


def _holds_model(folder: Path) -> bool:
    try:
        return (folder / "card.json").is_file()
    except OSError:  # a name too long for a file, a folder that may not be read
        return False
