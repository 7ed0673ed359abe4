# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished cells on disk, one file each, so that a run goes on where an earlier one ended."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from deepjscec.evaluation.cell import Cell

FOLDER = "cells"


class CellStore:
    """Files below `folder`/cells/EXPERIMENT. A file is whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self.outdated: Counter[str] = Counter()  # reasons why earlier results were not used

    def read(self, cell: Cell) -> dict[str, Any] | None:
        """An earlier result of exactly this cell; None where there is none, or one of another identity."""
        try:
            stored = json.loads(self._path(cell).read_text())
            identity, result = dict(stored["identity"]), dict(stored["result"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            self.outdated["unreadable"] += 1
            return None
        wanted = cell.identity()
        if identity == wanted:
            return result
        self.outdated.update(_differences(identity, wanted)[:1])
        return None

    def write(self, cell: Cell, result: dict[str, Any]) -> None:
        """Keep a result, in place of any earlier one of the same place; `OSError` where that fails."""
        path = self._path(cell)
        path.parent.mkdir(parents=True, exist_ok=True)
        (self._folder / ".gitignore").write_text("*\n")  # work in progress, however large
        handle, partial = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
        try:
            with os.fdopen(handle, "w") as file:
                json.dump({"identity": cell.identity(), "result": result}, file)
            os.replace(partial, path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise

    def _path(self, cell: Cell) -> Path:
        return self._folder / cell.experiment / f"{cell.place}.json"


def _differences(a: dict[str, Any], b: dict[str, Any], prefix: str = "") -> list[str]:
    """Keys, with their tables, in which two identities differ."""
    found = []
    for key in sorted({*a, *b}):
        one, other = a.get(key), b.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            found += _differences(one, other, f"{prefix}{key}.")
        elif one != other:
            found.append(f"{prefix}{key}: {one!r} is now {other!r}")
    return found
