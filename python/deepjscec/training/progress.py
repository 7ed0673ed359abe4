# SPDX-License-Identifier: GPL-3.0-or-later
"""A progress bar for machines that have tqdm, and plain lines for those that have not or write to a file."""

from __future__ import annotations

import sys
import time


class Progress:
    """Steps done, speed and a short text."""

    def __init__(self, start: int, total: int) -> None:
        self._total, self._begun, self._start, self._shown = total, time.monotonic(), start, 0.0
        self._bar = None
        if sys.stderr.isatty():
            try:
                from tqdm import tqdm
            except ImportError:
                pass
            else:
                self._bar = tqdm(total=total, initial=start, unit="step")

    def show(self, step: int, text: str) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(step - self._bar.n)
        elif time.monotonic() - self._shown > 20:
            self._shown = time.monotonic()
            speed = (step - self._start) / (self._shown - self._begun)
            remaining = (self._total - step) / max(speed, 1e-9) / 60
            print(f"step {step}/{self._total}  {text}  {speed:.1f} steps/s  {remaining:.0f} min left", file=sys.stderr)

    def note(self, text: str) -> None:
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
