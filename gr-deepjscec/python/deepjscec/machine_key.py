# SPDX-License-Identifier: GPL-3.0-or-later
"""A key for programs of one user on one machine, so that flowgraphs run as they are."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path


def machine_key(name: str = "bench") -> str:
    """The path of the key file `NAME.key` that this user's programs share: made, mode 0600, by whoever asks first.

    It lies in `~/.local/share/deepjscec` (in `$XDG_DATA_HOME/deepjscec`, where that is set to an absolute path). Any
    number of programs may ask at once and all get the same whole key. For a bench or a simulation: Alice and Bob on two
    machines need a key of their own, see `deepjscec keygen`.

    Raises `ValueError` for a name with other characters than letters, digits, `-` and `_`, `OSError` where no file can
    be made.
    """
    if not re.fullmatch(r"[\w-]+", name, re.ASCII):
        raise ValueError(f"machine key {name!r}: a name of letters, digits, - and _ is needed")
    folder = _data_home() / "deepjscec"
    path = folder / f"{name}.key"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path)
    return str(path)


def _data_home() -> Path:
    """XDG Base Directory Specification: a relative `$XDG_DATA_HOME` is to be ignored."""
    chosen = os.environ.get("XDG_DATA_HOME", "")
    return Path(chosen) if os.path.isabs(chosen) else Path.home() / ".local" / "share"


def _make(path: Path) -> None:
    """Write a key beside `path` and link it there: nobody sees half a file, and the first of several wins."""
    from deepjscec.crypto import write_key_file

    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_key_file(draft)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another program was quicker: its key is the one
    finally:
        draft.unlink()
