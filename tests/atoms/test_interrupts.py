"""What happens to delivery when a signal strikes."""

import gc
import signal
import threading

import pytest

from synapse_rx.atoms import atom

signals = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to threads")


@pytest.fixture
def told():
    return []


@pytest.fixture
def tell(told):
    return lambda *event: told.append(event)


def test_a_keyboard_interrupt_in_a_watch_loses_no_event(told, tell):
    a = atom(0)

    @a.add_watch("interrupted")
    def interrupted(key, cell, old, new):
        if new == 1:
            a.reset(2)
            raise KeyboardInterrupt

    a.add_watch("after", tell)
    with pytest.raises(KeyboardInterrupt):
        a.reset(1)
    a.reset(3)

    assert told == [("after", a, 0, 1), ("after", a, 1, 2), ("after", a, 2, 3)]


def test_a_second_interrupt_comes_at_once_and_the_next_swap_tells_the_rest(told, tell):
    a = atom(0)

    @a.add_watch("interrupted")
    def interrupted(key, cell, old, new):
        if new < 3:
            a.reset(new + 1)
            raise KeyboardInterrupt

    a.add_watch("after", tell)
    with pytest.raises(KeyboardInterrupt):
        a.reset(1)
    assert told == [("after", a, 0, 1)]

    a.reset(4)
    assert [event[2:] for event in told] == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_what_others_raised_beside_an_interrupt_is_logged(caplog):
    a = atom(0)

    @a.add_watch("interrupted")
    def interrupted(key, cell, old, new):
        raise KeyboardInterrupt

    a.add_watch("bad", lambda *event: 1 / 0)
    with pytest.raises(KeyboardInterrupt):
        a.reset(1)

    assert "'bad'" in caplog.text


@pytest.fixture
def strike(restless):
    """
    Install a signal handler that ``strike()`` has called once, soon, on this thread and wherever it is then.

    A thread of its own sends the signal: an interval timer's may reach a thread of some library, and CPython
    3.11 does not always pass that on.
    """
    me, go, stop = threading.get_ident(), threading.Semaphore(0), []

    def send():
        while go.acquire() and not stop:
            signal.pthread_kill(me, signal.SIGUSR1)

    def install(handler):
        signal.signal(signal.SIGUSR1, handler)
        return go.release

    before = signal.getsignal(signal.SIGUSR1)
    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    yield install
    stop.append(True)
    go.release()
    thread.join(60)
    signal.signal(signal.SIGUSR1, before)


@signals
def test_a_swap_in_a_signal_handler_keeps_the_chain_and_never_deadlocks(strike):
    a = atom(0)
    pairs, struck = [], []
    a.add_watch("k", lambda key, cell, old, new: pairs.append((old, new)))

    def handler(*_):
        a.swap(lambda v: v + 1)
        struck.append(a.value)

    again = strike(handler)
    for n in range(1, 201):
        again()
        while len(struck) < n:
            a.swap(lambda v: v + 1)

    assert pairs == [(i, i + 1) for i in range(a.value)]


@signals
def test_interrupts_anywhere_lose_no_event_and_leave_delivery_usable(strike):
    class Interrupt(BaseException):
        pass

    def handler(*_):
        raise Interrupt

    a = atom(0)
    told = []
    a.add_watch("k", lambda key, cell, old, new: told.append((old, new)))
    interrupted = 0
    again = strike(handler)
    gc.disable()  # a gc callback (Hypothesis has one) would swallow an interrupt
    try:
        for _ in range(300):
            try:
                again()
                while True:
                    a.swap(lambda v: v + 1)
            except Interrupt:
                interrupted += 1
    finally:
        gc.enable()
    a.swap(lambda v: v + 1)

    olds = [old for old, _ in told]
    assert olds == sorted(set(olds))
    assert len(told) >= a.value - interrupted  # one may strike inside the watch, before its note
    assert told[-1] == (a.value - 1, a.value)
