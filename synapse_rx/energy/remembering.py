"""What a Hopfield network remembers of probes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from attrs import cmp_using, field, frozen

from ..atoms import Atom
from ..data.options import check_choice, check_count
from ..snapshot import Net
from ..typing import Array
from .asking import energy_net, machine_of, mask_of, states_of
from .attractor import Attractor


def _read_only(values: Any) -> Array:
    array = np.array(values)
    array.setflags(write=False)
    return array


_array: Any = {"converter": _read_only, "eq": cmp_using(eq=np.array_equal)}


@frozen(hash=False, repr=False)
class Recall:
    """
    States on their way down the energy.

    Attributes:
        states: The states now, (N, units), read-only.
        energies: The energy of each state at the beginning and at every moment since, (moments + 1, N), read-only.
        sweeps: How often every unit has moved.
        settled: Of each state whether a whole sweep changed nothing, (N,), read-only.
    """

    states: Array = field(**_array)
    energies: Array = field(**_array)
    sweeps: int
    settled: Array = field(**_array)

    def __repr__(self) -> str:
        rest = f"{int(self.settled.sum())} of {len(self.states)} settled"
        return f"<Recall after {self.sweeps} sweeps, {rest}, energy {self.energies[-1].mean():.4g}>"


def recall(
    net: Atom[Net] | Net,
    probes: Any,
    *,
    order: str = "asynchronous",
    sweeps: int = 100,
    known: Any = None,
    every: int | None = None,
    seed: int = 0,
    into: Atom[Any] | None = None,
) -> Recall:
    """
    Let a Hopfield network complete probes: units move until nothing changes any more.

    Args:
        net: A cell or a snapshot of `Hopfield` or `ModernHopfield`.
        probes: Samples (N, units) to begin with.
        order: "asynchronous", one unit after the other in random order, which never raises the energy; or
            "synchronous", all at once, which may go to and fro between two states. Modern networks know one way only.
        sweeps: How often every unit moves at most.
        known: Which units of a probe are right and stay, bool (units,) or (N, units).
        every: Tell where it stands whenever so many units have moved; None for after each sweep.
        seed: What the orders follow from.
        into: A cell that gets the `Recall` so far at every such moment: to watch, stream or plot the energy.

    Returns:
        Where it ends, with the energies on the way.

    Raises:
        OptionError: If ``net`` is no Hopfield network, or an option is out of range.
        DataError: If the probes are not finite numbers.
        ShapeError: If they do not fit the network.
    """
    moments = recalling(net, probes, order=order, sweeps=sweeps, known=known, every=every, seed=seed)
    last = None
    for last in moments:
        if into is not None:
            into.reset(last)
    assert last is not None
    return last


def recalling(
    net: Atom[Net] | Net,
    probes: Any,
    *,
    order: str = "asynchronous",
    sweeps: int = 100,
    known: Any = None,
    every: int | None = None,
    seed: int = 0,
) -> Iterator[Recall]:
    """
    Yield the moments of a `recall`, from the probes themselves to the states in which it ends.

    Args:
        net: As for `recall`, as all the others.
        probes: Samples (N, units).
        order: "asynchronous" or "synchronous".
        sweeps: How often every unit moves at most.
        known: Which units stay.
        every: Units that move from moment to moment.
        seed: What the orders follow from.

    Raises:
        OptionError: If ``net`` is no Hopfield network, or an option is out of range.
    """
    snapshot = energy_net(net)
    check_choice("order", order, ("asynchronous", "synchronous"))
    most, units = check_count("sweeps", sweeps, 1), snapshot.arch.in_shape[0]
    at_once = units if every is None or order == "synchronous" else check_count("every", every, 1)
    rows = states_of(snapshot, probes)
    machine = machine_of(snapshot, len(rows), Attractor, "states to recall")
    states = machine.begin(rows)
    mask = None if known is None else mask_of(known, states.shape)
    rng = np.random.default_rng(check_count("seed", seed, 0))
    return _moments(machine, states, mask, rng if order == "asynchronous" else None, most, at_once)


def _moments(
    machine: Attractor,
    states: Array,
    mask: Array | None,
    rng: np.random.Generator | None,
    sweeps: int,
    at_once: int,
) -> Iterator[Recall]:
    trace, energies = [], np.empty(len(states), states.dtype)
    settled = np.zeros(len(states), bool)

    def moment(done: int) -> Recall:
        with np.errstate(all="ignore"):
            machine.energies(states, energies)
        trace.append(energies.copy())
        return Recall(states, trace, done, settled)

    yield moment(0)
    for sweep in range(sweeps):
        before = states.copy()
        units = None if rng is None else rng.permutation(states.shape[1])
        starts = range(0, states.shape[1], at_once)
        for start in starts:
            with np.errstate(all="ignore"):
                machine.descend(states, None if units is None else units[start : start + at_once], mask)
            if start < starts[-1]:
                yield moment(sweep)
        settled = _at_rest(before, states)
        yield moment(sweep + 1)
        if settled.all():
            return


def _at_rest(before: Array, states: Array) -> Array:
    return np.isclose(before, states, rtol=1e-6, atol=1e-6).all(axis=1)
