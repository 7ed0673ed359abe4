# SPDX-License-Identifier: GPL-3.0-or-later
"""What Radio Source and Radio Sink have in common: one end of a device, opened, checked and tuned while running."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from gnuradio import gr

from ._radio_end import open_end


class RadioBlock(gr.hier_block2):
    """A hierarchical block around `direction`, "tx" or "rx", of the device that `settings` name.

    `settings` are those of `deepjscec.radio.DeviceSettings`, in their order. `_end` is what was opened. With
    `exit_on_failure` the program ends where that fails, with one line and exit code 2, and what a running device
    refuses is said and left.
    """

    def __init__(self, name: str, direction: str, settings: tuple[Any, ...], exit_on_failure: bool) -> None:
        from deepjscec.radio import DeviceSettings

        stream, none = gr.io_signature(1, 1, gr.sizeof_gr_complex), gr.io_signature(0, 0, 0)
        gr.hier_block2.__init__(self, name, *((stream, none) if direction == "tx" else (none, stream)))
        self._exit_on_failure = exit_on_failure
        try:
            self._end = open_end(DeviceSettings(*settings), direction)
        except (OSError, ValueError) as error:
            if exit_on_failure:
                _leave(error)
            raise

    def set_frequency(self, frequency: float) -> None:
        """Tune while running, Hz; `ValueError` where the device cannot, `OSError` where it fails."""
        self._change(lambda: self._end.set_frequency(frequency))

    def set_gain(self, gain: float) -> None:
        """Change the gain while running, dB; `ValueError` outside of the device's range, `OSError` where it fails."""
        self._change(lambda: self._end.set_gain(gain))

    @property
    def gain_range(self) -> tuple[float, float] | None:
        """Lowest and highest gain, dB."""
        return self._end.limits.gains

    def _change(self, action: Callable[[], None]) -> None:
        """Do what a running device may refuse, which from a slider's callback would end the program."""
        try:
            action()
        except (ValueError, OSError) as error:
            if not self._exit_on_failure:
                raise
            print(f"radio: {error}", file=sys.stderr, flush=True)


def _leave(error: Exception) -> NoReturn:
    """End the program as a command does: one line and exit code 2."""
    print(f"radio: {error}", file=sys.stderr, flush=True)
    raise SystemExit(2)
