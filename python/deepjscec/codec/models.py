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
    folders = [Path(os.environ["DEEPJSCEC_MODELS"])] if "DEEPJSCEC_MODELS" in os.environ else []
    folders.append(Path(__file__).resolve().parents[3] / "models")
    prefixes = dict.fromkeys([sys.prefix, "/usr/local", "/usr"])
    folders.extend(Path(prefix, "share", "deepjscec", "models") for prefix in prefixes)
    return [folder for folder in folders if folder.is_dir()]


def list_models() -> list[str]:
    """Names of all models that `find_model` finds."""
    found = {card.parent.name for folder in model_folders() for card in folder.glob("*/card.json")}
    return sorted(found)


def find_model(name: str | Path) -> Path:
    """The folder of a model given by name or by path. `ValueError` lists the known names."""
    if Path(name, "card.json").is_file():
        return Path(name)
    for folder in model_folders():
        if (folder / name / "card.json").is_file():
            return folder / name
    raise ValueError(f"model {str(name)!r}: not found; known models: {', '.join(list_models()) or 'none'}")
