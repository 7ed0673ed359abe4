# SPDX-License-Identifier: GPL-3.0-or-later
"""The page's web server: the standard library's, for a handful of viewers."""

from __future__ import annotations

import ipaddress
import json
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from socketserver import TCPServer
from typing import Any

from deepjscec.app.live_view.state import LiveState

MOST_VIEWERS = 16  # event streams at a time, each a thread
TIMEOUT_SECONDS = 20.0  # a viewer that takes nothing for so long is let go
MOST_EVENTS_PER_SECOND = 10
HEARTBEAT_SECONDS = 1.0  # an event when nothing happened, for the ages on the page and to notice who went away

PAGES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/chart.js": ("chart.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def is_local(host: str) -> bool:
    """Whether `host` is this machine's loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class LiveServer(ThreadingHTTPServer):
    """Serves the page with what `state` holds at `host`, a name or an address of this machine.

    `port` 0 takes one that is free. Raises `OSError` where it cannot be had.
    """

    daemon_threads = True
    block_on_close = False  # event streams end by themselves
    allow_reuse_address = True

    def __init__(self, host: str, port: int, state: LiveState) -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self.address_family = found[0][0]
            super().__init__(found[0][4][:2], _Handler)  # type: ignore[arg-type]
        except OSError as error:
            raise OSError(f"cannot serve at {host} port {port}: {error.strerror or error}") from None
        self.state, self.ended = state, threading.Event()
        self.places = threading.BoundedSemaphore(MOST_VIEWERS)
        # The names a browser may call this server by. Addresses are always right: a foreign page that had its own name
        # resolved to this machine (DNS rebinding) sends that name.
        self.names = {"localhost"} | (set() if is_local(host) else {host.lower(), socket.gethostname().lower()})
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self.server_address[1]}/"

    def server_bind(self) -> None:
        """Without the base class's question to the name service, which may take seconds."""
        TCPServer.server_bind(self)

    def shutdown(self) -> None:
        """End, also the event streams."""
        self.ended.set()
        super().shutdown()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A viewer that went away is no error; anything else is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer
    server_version, sys_version = "deepjscec", ""
    timeout = TIMEOUT_SECONDS

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not self._is_host_known():
            self.send_error(HTTPStatus.FORBIDDEN, "unknown Host")
        elif path in PAGES:
            name, kind = PAGES[path]
            self._answer(f"{kind}; charset=utf-8", files(__package__).joinpath(name).read_bytes())
        elif path == "/state.json":
            self._answer("application/json", json.dumps(self.server.state.snapshot()).encode())
        elif path == "/events":
            self._events()
        elif path.startswith("/picture/") and (file := self.server.state.file(path.removeprefix("/picture/"))):
            self._answer(*file)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Not a line for each picture."""

    def _is_host_known(self) -> bool:
        host = self.headers.get("Host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and not host.endswith("]") else host
        try:
            ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return name.lower() in self.server.names
        return True

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _events(self) -> None:
        """Server-sent events: the state whenever it changed. A slow viewer misses states, none is kept for it."""
        if not self.server.places.acquire(blocking=False):
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, "too many viewers")
            return
        try:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            point, number = 0, -1
            while self.command != "HEAD" and not self.server.ended.is_set():
                state = self.server.state.snapshot(point)
                self.wfile.write(b"data: " + json.dumps(state).encode() + b"\n\n")
                point, number = state["last_point"], state["number"]
                self.server.ended.wait(1 / MOST_EVENTS_PER_SECOND)
                self.server.state.wait(number, HEARTBEAT_SECONDS)
        finally:
            self.server.places.release()
