"""Helpers: results and errors come back, few threads, nothing runs after the end."""

from __future__ import annotations

import threading

import pytest

from synapse_rx.data.helpers import Helpers


def test_results_and_errors_come_back() -> None:
    helpers = Helpers(2)

    squares = [helpers.submit(lambda n: n * n, number) for number in range(20)]
    broken = helpers.submit(lambda: 1 / 0)

    assert [square.result(60) for square in squares] == [number * number for number in range(20)]
    with pytest.raises(ZeroDivisionError):
        broken.result(60)
    helpers.close()


def test_no_more_threads_work_than_were_asked_for() -> None:
    helpers, go = Helpers(2), threading.Event()
    both = threading.Barrier(3)

    def work(meets: bool) -> int:
        if meets:
            both.wait(60)
        assert go.wait(60)
        return threading.get_ident()

    jobs = [helpers.submit(work, number < 2) for number in range(6)]
    both.wait(60)
    go.set()

    assert len({job.result(60) for job in jobs}) <= 2
    helpers.close()


def test_closing_cancels_what_has_not_begun_and_ends_the_threads() -> None:
    helpers, begun, go = Helpers(1), threading.Event(), threading.Event()

    def work() -> threading.Thread:
        begun.set()
        assert go.wait(60)
        return threading.current_thread()

    first, second = helpers.submit(work), helpers.submit(work)
    assert begun.wait(60)
    helpers.close()
    go.set()

    assert second.cancelled()
    thread = first.result(60)
    thread.join(60)
    assert not thread.is_alive()
    assert thread.daemon


def test_idle_threads_end_and_new_ones_take_what_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synapse_rx.data.helpers.IDLE_SECONDS", 0.0)
    helpers = Helpers(1)

    first = helpers.submit(threading.current_thread).result(60)
    first.join(60)
    second = helpers.submit(threading.current_thread).result(60)

    assert not first.is_alive()
    assert second is not first
    helpers.close()
