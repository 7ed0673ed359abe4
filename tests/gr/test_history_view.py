# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts of SNR and quality in the windows of Qt flowgraphs: what is drawn where, and axes that people can read."""

import time

import numpy as np
import pytest
from gnuradio import deepjscec
from gnuradio.deepjscec._axis import time_axis, time_label, value_axis
from gnuradio.deepjscec._chart_widget import ChartWidget, Curve
from gnuradio.deepjscec._pdu import make_pdu
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt5 import QtGui

from deepjscec.app.labels import label_fields, picture_of
from deepjscec.app.series import TimeSeries
from tests.gr.qt_views import (
    MEASURED,
    Running,
    application,
    flat,
    grabbed,
    noisy,
    packet_pdu,
    picture_pdu,
    run_window,
    share_of,
)

BOB, EVE = "#0072B2", "#D55E00"
BOB_ON_DARK, EVE_ON_DARK = "#56B4E9", "#E69F00"


@pytest.fixture(scope="module", autouse=True)
def qt():
    return application()


def test_history_draws_snr_and_psnr_of_bob_and_eve_in_their_colours():
    sent = noisy(flat("#909090"), 40)
    with Running(deepjscec.history_view(span=20.0), ["sent", "bob", "eve"], (700, 400)) as window:
        empty = grabbed(window.view.widget)
        for number in range(30):
            window.send(
                ("sent", picture_pdu(sent, number)),
                ("bob", picture_pdu(noisy(sent, 5), number, **MEASURED)),
                ("eve", picture_pdu(noisy(sent, 90), number, snr_db=30.0)),
            )
            run_window(0.05)
        shown = grabbed(window.view.widget)
    for half in np.array_split(shown, 2):  # SNR above, PSNR below
        newest = half[25:-25, 560:]
        blue, orange = (np.flatnonzero(_coloured(newest, colour).any(axis=1)) for colour in (BOB, EVE))
        assert blue.size and orange.size
        assert abs(np.median(blue) - np.median(orange)) > 20
    snr, psnr = (half[25:-25, 560:] for half in np.array_split(shown, 2))
    assert np.flatnonzero(_coloured(snr, BOB).any(axis=1)).min() > np.flatnonzero(_coloured(snr, EVE).any(axis=1)).max()
    assert (
        np.flatnonzero(_coloured(psnr, BOB).any(axis=1)).max() < np.flatnonzero(_coloured(psnr, EVE).any(axis=1)).min()
    )
    assert share_of(shown[25:-25, 60:400], BOB) == 0, "nothing was received then"
    assert share_of(empty[25:-25, 60:400], BOB) == 0


def _coloured(pixels, colour):
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return np.abs(pixels.astype(int) - wanted).max(axis=2) <= 12


def test_history_takes_the_snr_of_packets_where_they_come():
    with Running(deepjscec.history_view(), ["bob"], (700, 400)) as window:
        window.send(("bob", packet_pdu(4.0)), ("bob", picture_pdu(flat("#909090"), 0, **MEASURED)))
        until = time.monotonic() + 10
        while "bob_unmatched" not in window.view.get_stats():
            assert time.monotonic() < until
            run_window(0.05)
        values = window.view._snr["bob"].points(time.monotonic())[1]
    assert values.tolist() == [4.0]
    assert window.view._psnr["bob"].points(time.monotonic())[1].size == 0


def test_a_curve_is_broken_where_nothing_was_received(qt):
    series, now = TimeSeries(span=24.0), time.monotonic()
    for age in (20.0, 19.0, 18.0, 6.0, 5.0, 4.5):
        series.add(now - age, 10.0)
    chart = ChartWidget("SNR in dB", [Curve("bob", "Bob", series)])
    chart.resize(600, 200)
    shown = grabbed(chart)[40:].astype(int)
    columns = np.flatnonzero((shown[:, :, 2] - shown[:, :, 0] > 40).any(axis=0))  # blue, be it thinned by smooth edges
    gaps = np.diff(columns)
    assert np.flatnonzero(gaps > 20).size == 1, "one gap, and none within what belongs together"
    assert gaps.max() == pytest.approx(600 * 12 / 24, rel=0.15)


def test_a_chart_without_values_says_so(qt):
    series = TimeSeries(span=24.0)
    chart = ChartWidget("SNR in dB", [Curve("bob", "Bob", series)])
    chart.resize(600, 200)
    middle = np.s_[85:125, 250:400]
    empty = grabbed(chart)[middle]
    series.add(time.monotonic(), 10.0)
    drawn = grabbed(chart)[middle]
    assert (empty.min(axis=2) < 100).sum() > 50, "words in the middle"
    assert (drawn.min(axis=2) < 100).sum() == 0


def test_history_takes_no_psnr_of_a_classifiers_card():
    probabilities = np.array([0.08, 0.92], np.float32)
    fields = label_fields(probabilities, ["cat", "ship"])
    card = picture_of(fields, probabilities)
    answer = make_pdu({"image_id": 0, "height": 32, "width": 32} | MEASURED | fields, probabilities)
    with Running(deepjscec.history_view(), ["sent", "bob"]) as window:
        window.send(("sent", picture_pdu(noisy(card, 9), 0)), ("bob", answer))
        until = time.monotonic() + 10
        while "bob_matched" not in window.view.get_stats():
            assert time.monotonic() < until
            run_window(0.05)
    now = time.monotonic()
    assert window.view._psnr["bob"].points(now)[1].size == 0
    assert window.view._snr["bob"].points(now)[1].tolist() == [MEASURED["snr_db"]]


def test_history_is_readable_on_a_dark_window(qt):
    before = qt.palette()
    dark = QtGui.QPalette(QtGui.QColor("#2b2b2b"))
    dark.setColor(QtGui.QPalette.WindowText, QtGui.QColor("#eeeeee"))
    try:
        qt.setPalette(dark)
        with Running(deepjscec.history_view(), ["bob", "eve"], (700, 400)) as window:
            window.send(("bob", picture_pdu(flat("#909090"), 0, **MEASURED)), ("eve", packet_pdu(30.0)))
            run_window(0.6)
            shown = grabbed(window.view.widget)
    finally:
        qt.setPalette(before)
    assert share_of(shown, "#2b2b2b") > 0.7
    assert share_of(shown, "#eeeeee") > 0.002, "text"
    assert share_of(shown, BOB_ON_DARK) > 0.0002
    assert share_of(shown, EVE_ON_DARK) > 0.0002
    assert share_of(shown, BOB, 4) + share_of(shown, EVE, 4) == 0


@pytest.mark.parametrize("arguments", [(0.0,), (-3.0,), (float("nan"),), (60.0, "", "")])
def test_history_refuses_what_it_cannot_draw(arguments):
    with pytest.raises(ValueError, match=r"span|title"):
        deepjscec.history_view(*arguments)


@settings(deadline=None)
@given(st.lists(st.floats(-60, 120), min_size=1, max_size=20), st.integers(3, 6))
def test_value_axes_enclose_all_values_in_few_round_steps(values, most):
    ticks = value_axis(values, most)
    steps = np.diff(ticks)
    rounding = 1e-9 * steps[0]
    assert ticks[0] - rounding <= min(values) <= max(values) <= ticks[-1] + rounding
    assert 2 <= len(ticks) <= most + 1
    np.testing.assert_allclose(steps, steps[0])
    mantissa = steps[0] / 10.0 ** np.floor(np.log10(steps[0]))
    assert min(abs(mantissa - round_number) for round_number in (1, 2, 5)) < 1e-9


@settings(deadline=None)
@given(st.floats(1, 1e7), st.integers(2, 12))
def test_time_axes_stay_within_the_span_and_the_room(span, most):
    ages = time_axis(span, most)
    assert ages[0] == 0
    assert ages[-1] <= span
    assert len(ages) <= most + 1


def test_times_are_named_in_the_unit_that_fits():
    assert [time_label(age) for age in (0, 15, 90, 120, 7200)] == ["now", "−15 s", "−90 s", "−2 min", "−2 h"]
