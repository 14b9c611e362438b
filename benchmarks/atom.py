"""
What a swap costs: Atom beside reactivex's BehaviorSubject and psygnal, by the number of subscribers.

CPU microseconds per change, the median over interleaved rounds, so that a busy machine slows all alike. The
subscribers do nothing; ratios are to the Atom with as many of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import attrs
from reactivex.subject import BehaviorSubject

from synapse_rx.atoms import atom

from .harness import Contest, alternate, table

try:
    from psygnal import SignalInstance
except ImportError:
    SignalInstance = None

COUNTS = (0, 1, 10, 100)


@attrs.frozen
class Snapshot:
    """Something like a network's snapshot."""

    epoch: int = 0
    loss: float = 0.0
    params: object = None
    arch: object = None
    labels: tuple[str, ...] = ()
    status: str = "idle"


def run(quick: bool = False) -> None:
    """Print the table."""
    rounds = 7 if quick else 31
    rows = []
    for count in COUNTS:
        contenders = {"Atom": _atom(count), "BehaviorSubject": _subject(count)}
        if SignalInstance is not None:
            contenders["psygnal"] = _signal(count)
        contest = measure(contenders, rounds, calls=max(20, 2000 // (count + 5)))
        rows += [
            [
                f"{count} subscribers" if name == "Atom" else "",
                name,
                *_row(contest, name),
                f"{contest.ratio(name, 'Atom'):.2f}",
            ]
            for name in contenders
        ]
    table("A change, CPU us", ["", "", "median", "quartiles", "/ Atom"], rows)
    _print_others(rounds)


def measure(contenders: dict[str, Callable[[], Any]], rounds: int, calls: int) -> Contest:
    """Measure the CPU time of one call in microseconds, of each contender in turn in every round."""

    def timed(call: Callable[[], Any]) -> Callable[[], float]:
        def calls_in_turn() -> float:
            begin = time.process_time()
            for _ in range(calls):
                call()
            return (time.process_time() - begin) / calls * 1e6

        return calls_in_turn

    return alternate(rounds, {name: timed(call) for name, call in contenders.items()})


def _row(contest: Contest, name: str) -> list[str]:
    low, high = contest.spread(name)
    return [f"{contest.median(name):.2f}", f"{low:.2f}-{high:.2f}"]


def _atom(count: int) -> Callable[[], Any]:
    a = atom(0)
    for key in range(count):
        a.add_watch(key, _watch)
    return lambda: a.swap(_increment)


def _subject(count: int) -> Callable[[], Any]:
    subject = BehaviorSubject(0)
    for _ in range(count):
        subject.subscribe(_slot)
    return lambda: subject.on_next(subject.value + 1)


def _signal(count: int) -> Callable[[], Any]:
    assert SignalInstance is not None
    signal = SignalInstance((int,))
    for _ in range(count):
        signal.connect(lambda value: None)
    return lambda: signal.emit(1)


def _print_others(rounds: int) -> None:
    snapshots, watched = atom(Snapshot()), atom(Snapshot()).add_watch("k", _watch)
    observed, selected = atom(0), atom(0)
    observed.subscribe(_slot)
    selected.select(_increment).add_watch("k", _watch)
    streamed = atom(0)
    stream = streamed.stream()
    contenders: dict[str, Callable[[], Any]] = {
        "empty call": lambda: None,
        "attrs.evolve": lambda: _evolve(snapshots.value, 1),
        "swap(evolve)": lambda: snapshots.swap(_evolve, 1),
        "swap(evolve), 1 watch": lambda: watched.swap(_evolve, 1),
        "swap, 1 Rx observer": lambda: observed.swap(_increment),
        "swap, 1 selection": lambda: selected.swap(_increment),
        "swap, 1 idle stream": lambda: streamed.swap(_increment),
        "value": lambda: observed.value,
    }
    contest = measure(contenders, rounds, calls=300)
    rows = [[name, *_row(contest, name)] for name in contenders]
    table("What else there is, CPU us", ["", "median", "quartiles"], rows)
    stream.close()


def _evolve(snapshot: Snapshot, epochs: int) -> Snapshot:
    return attrs.evolve(snapshot, epoch=snapshot.epoch + epochs, loss=0.5)


def _increment(n: int) -> int:
    return n + 1


def _watch(key: object, cell: object, old: object, new: object) -> None:
    pass


def _slot(value: object) -> None:
    pass
