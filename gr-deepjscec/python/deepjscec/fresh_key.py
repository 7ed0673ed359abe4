# SPDX-License-Identifier: GPL-3.0-or-later
"""A key for a simulation in which Alice and Bob are one process."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def fresh_key() -> str:
    """The path of a key file that this process alone knows: made on the first call, removed at exit."""
    from deepjscec.crypto import write_key_file

    folder = tempfile.mkdtemp(prefix="deepjscec-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder, "simulation.key")
    write_key_file(path)
    return str(path)
