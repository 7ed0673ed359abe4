# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver's linear algebra on one thread, and the process's setting as it was afterwards."""

import multiprocessing
import os
import threading

import pytest
import scipy.linalg  # noqa: F401  brings a BLAS of its own
from threadpoolctl import ThreadpoolController, threadpool_limits

from deepjscec.phy.blas import one_thread


def threads():
    """Of each BLAS of the process."""
    return {library["num_threads"] for library in ThreadpoolController().info() if library["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def _three():
    with threadpool_limits(3, user_api="blas"):  # from here on this thread owns OpenBLAS, says threadpoolctl
        yield


def test_one_thread_inside_and_as_before_behind():
    assert threads() == {3}
    with one_thread():
        assert threads() == {1}
    assert threads() == {3}


def test_a_failure_inside_leaves_the_setting_as_it_was():
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert threads() == {3}


def test_one_thread_in_whatever_thread():
    """A flowgraph's blocks each have their own; threadpoolctl 3.8 lets the first one alone change the setting."""
    seen = []

    def look():
        with one_thread():
            seen.append(threads())
        seen.append(threads())

    for _ in range(2):
        other = threading.Thread(target=look)
        other.start()
        other.join()
    assert seen == [{1}, {3}, {1}, {3}]


def test_threads_take_turns():
    inside, leave, order, seen = threading.Event(), threading.Event(), [], []

    def stay():
        with one_thread():
            inside.set()
            leave.wait(10)
            order.append("first")

    def follow():
        with one_thread():
            order.append("second")
            seen.append(threads())

    others = [threading.Thread(target=stay, daemon=True), threading.Thread(target=follow, daemon=True)]
    others[0].start()
    assert inside.wait(10)
    others[1].start()
    others[1].join(0.2)
    assert others[1].is_alive() and order == []
    leave.set()
    for other in others:
        other.join(10)
    assert order == ["first", "second"] and seen == [{1}] and threads() == {3}


def test_a_thread_that_is_inside_may_enter_again():
    seen = []

    def nest():
        with one_thread():
            with one_thread():
                seen.append(threads())
            seen.append(threads())
        seen.append(threads())

    inner = threading.Thread(target=nest, daemon=True)
    inner.start()
    inner.join(10)
    assert seen == [{1}, {1}, {3}]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of Python 3.12, on forks beside threads
def test_a_fork_while_another_thread_is_inside_does_not_hang():
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with one_thread():
            inside.set()
            leave.wait(30)

    other = threading.Thread(target=stay, daemon=True)
    other.start()
    assert inside.wait(10)
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_enter_and_leave)
    child.start()
    child.join(20)
    hangs = child.is_alive()
    child.kill()
    leave.set()
    other.join(10)
    assert not hangs and child.exitcode == 0 and threads() == {3}


def _enter_and_leave():
    """In the child: the setting is as it was before anybody was inside."""
    before = threads()
    with one_thread():
        inside = threads()
    os._exit(0 if (before, inside, threads()) == ({3}, {1}, {3}) else 1)
