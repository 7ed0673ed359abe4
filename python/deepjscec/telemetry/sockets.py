# SPDX-License-Identifier: GPL-3.0-or-later
"""What both ends of the telemetry's socket have in common."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

QUEUED = 16  # messages that wait at either end; more are dropped

_ADDRESS = re.compile(r"tcp://(\[[0-9a-fA-F:.]+\]|[^:/\s]+):([0-9]{1,5}|\*)|ipc://\S+")
_LOOPBACK = re.compile(r"tcp://(127(\.[0-9]{1,3}){3}|localhost|\[::1\]):.*|ipc://.*", re.DOTALL)


def check_address(address: str) -> str:
    """`address` itself. Raises `ValueError` where it is not such as tcp://127.0.0.1:5599 or ipc:///run/file."""
    match = _ADDRESS.fullmatch(address)
    if match is None or ((match[2] or "").isdecimal() and not 0 < int(match[2]) < 65_536):
        raise ValueError(f"telemetry address {address!r} is not such as tcp://127.0.0.1:5599")
    return address


def check_free(address: str) -> None:
    """`OSError` where a file is at an ipc:// address or somebody answers there: ZeroMQ would remove either."""
    path = Path(address.removeprefix("ipc://"))
    if not address.startswith("ipc://") or not path.exists():
        return
    if not path.is_socket():
        raise OSError(f"telemetry address {address}: a file is there")
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(path))
        except OSError:
            return  # left behind by a program that is gone
    raise OSError(f"telemetry address {address}: Address already in use")


def stays_here(address: str) -> bool:
    """Whether an address cannot be reached from other machines."""
    return _LOOPBACK.fullmatch(address) is not None


def refusal(address: str, error: Any) -> OSError:
    """ZeroMQ's error as one line that names the address."""
    import zmq

    return OSError(f"telemetry address {address}: {zmq.strerror(error.errno or 0)}")
