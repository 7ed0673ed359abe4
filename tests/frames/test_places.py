# SPDX-License-Identifier: GPL-3.0-or-later
"""Never more frames under way than there are places, and no place lost for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepjscec.frames import Places


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def test_reports_free_places():
    places = Places(2)
    places.take(0)
    assert places.free()
    places.take(1)
    assert not places.free()
    places.report(0)
    assert places.free() and places.taken == 1 and places.unreported == 0


def test_a_group_frees_all_its_places():
    places = Places(4)
    for image_id in range(4):
        places.take(image_id)
    places.report(0, 3)
    assert places.taken == 1 and places.unreported == 0


def test_a_frame_passed_over_is_lost():
    places = Places(3)
    for image_id in range(3):
        places.take(image_id)
    places.report(2)
    assert places.taken == 0 and places.unreported == 2


def test_a_frame_without_a_report_does_not_hold_its_place_for_ever():
    clock = Clock()
    places = Places(1, patience=5, clock=clock)
    places.take(0)
    clock.now += 4.9
    assert not places.free()
    clock.now += 0.2
    assert places.free() and places.unreported == 1


def test_patience_grows_with_slow_links():
    clock = Clock()
    places = Places(1, patience=5, clock=clock)
    places.take(0)
    clock.now += 20
    assert places.free()  # given up, wrongly
    places.take(1)
    places.report(0)  # after 20 s
    clock.now += 55
    assert not places.free()
    clock.now += 10
    assert places.free()


def test_standing_still_takes_no_patience():
    clock = Clock()
    places = Places(1, patience=5, clock=clock)
    places.take(0)
    clock.now += 100
    places.resume()
    assert not places.free()


def test_no_limit_keeps_nothing():
    places = Places(0)
    for image_id in range(1000):
        places.take(image_id)
        assert places.free()
    assert places.taken == 0 and places.unreported == 0


def test_negative_limit_is_refused():
    with pytest.raises(ValueError, match="in_flight -1"):
        Places(-1)


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.floats(0, 8)), max_size=60))
def test_whatever_is_reported_the_limit_holds(count, reports):
    clock = Clock()
    places = Places(count, patience=10, clock=clock)
    next_id = 0
    for image_id, pictures, pause in reports:
        clock.now += pause
        while places.free():
            places.take(next_id)
            next_id += 1
            assert places.taken <= count
        places.report(image_id, pictures)
        assert 0 <= places.taken <= count
    clock.now += 1e6
    assert places.free()
