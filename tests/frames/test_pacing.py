# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames that take longer to read than they last."""

import time

from deepjscec.frames import pacing
from tests.frames.playing import Played, grey


class SlowFrames(pacing.StoredFrames):
    """Frames of 10 ms that take 50 ms to read, or a pass that breaks off at once."""

    period = 0.01
    broken = False

    def frames(self):
        if self.broken:
            raise OSError("slow disk: gone")
        for number in range(100):
            time.sleep(0.05)
            yield pacing.Frame(number * self.period, lambda number=number: grey(number))


def test_a_reader_that_is_always_late_still_gives_frames(monkeypatch):
    monkeypatch.setattr(pacing, "MAX_LAG", 0.2)
    played = Played(SlowFrames(repeat=False)).until(lambda p: len(p.numbers) >= 4)
    played.stop()
    assert played.source.stats["late"] >= 3 * 3


def test_a_source_that_does_not_repeat_ends_where_it_breaks():
    source = SlowFrames(repeat=False)
    source.broken = True
    played = Played(source).end()
    assert played.warnings == ["slow disk: gone"] and source.stats["failed"] == 1 and not played.numbers


def test_a_broken_source_that_repeats_is_tried_again_after_a_while(monkeypatch):
    monkeypatch.setattr(pacing, "RETRY", 0.1)
    source = SlowFrames(repeat=True)
    source.broken = True
    played = Played(source)
    time.sleep(0.55)
    assert 2 <= source.stats["failed"] <= 6  # not as fast as it can
    source.broken = False
    played.until(lambda p: p.numbers).stop()
    assert len(played.warnings) == 1
