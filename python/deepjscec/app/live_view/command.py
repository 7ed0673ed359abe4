# SPDX-License-Identifier: GPL-3.0-or-later
"""`deepjscec live`: listen to the telemetry and serve the page until Ctrl-C."""

from __future__ import annotations

import sys
import threading
from argparse import Namespace

from deepjscec.app.capture.stop_request import StopRequest
from deepjscec.app.live_view.server import LiveServer, is_local
from deepjscec.app.live_view.state import LiveState
from deepjscec.telemetry import Subscriber
from deepjscec.telemetry.sockets import stays_here

POLL_SECONDS = 0.2


def run(arguments: Namespace) -> int:
    """Serve until a signal; returns 0. Raises `ValueError` or `OSError` on bad input and where an address is taken."""
    state = LiveState()
    with (
        StopRequest() as stop,
        Subscriber(arguments.telemetry) as telemetry,
        LiveServer(arguments.bind, arguments.port, state) as server,
    ):
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), name="live_view", daemon=True)
        thread.start()
        try:
            _warn(arguments)
            print(f"{server.url}  telemetry: {telemetry.address}  Ctrl-C ends", flush=True)
            while not stop.asked:
                take_one(telemetry, state)
        finally:
            server.shutdown()
            thread.join()
    return 0


def take_one(telemetry: Subscriber, state: LiveState) -> None:
    """Pass on a message, if one comes; a picture that is none is counted as refused."""
    message = telemetry.receive(POLL_SECONDS)
    if message is not None:
        try:
            state.take(message)
        except ValueError:
            telemetry.stats["refused"] += 1


def _warn(arguments: Namespace) -> None:
    if not is_local(arguments.bind):
        print(
            f"deepjscec live: warning: whoever reaches {arguments.bind} sees the pictures, Alice's too; no password",
            file=sys.stderr,
        )
    if not stays_here(arguments.telemetry):
        print(
            f"deepjscec live: warning: whoever reaches {arguments.telemetry} can send pictures to this page",
            file=sys.stderr,
        )
