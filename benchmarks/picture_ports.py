# SPDX-License-Identifier: GPL-3.0-or-later
"""A block that takes in the pictures of all three roles."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import pmt
from gnuradio import gr

ROLES = ("sent", "bob", "eve")


class PicturePorts(gr.basic_block):
    """Message inputs `sent`, `bob` and `eve` of picture PDUs, each given to `note`."""

    def __init__(self, name: str) -> None:
        gr.basic_block.__init__(self, name, None, None)
        # handlers are found by their names
        for port, handler in (("sent", self._take_sent), ("bob", self._take_bob), ("eve", self._take_eve)):
            self.message_port_register_in(pmt.intern(port))
            self.set_msg_handler(pmt.intern(port), handler)

    @abstractmethod
    def note(self, port: str, message: Any) -> None:
        """Take in a picture, in the block's thread."""

    def _take_sent(self, message: Any) -> None:
        self.note("sent", message)

    def _take_bob(self, message: Any) -> None:
        self.note("bob", message)

    def _take_eve(self, message: Any) -> None:
        self.note("eve", message)
