"""Draw states of a Boltzmann machine."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..atoms import Atom
from ..data.options import check_count
from ..errors import OptionError, ShapeError
from ..schedules import Schedule
from ..snapshot import Net
from ..typing import Array
from .asking import energy_net, machine_of, mask_of, states_of
from .sampler import Sampler


def sample(
    net: Atom[Net] | Net,
    n: int = 16,
    *,
    steps: int = 1000,
    temperature: float | Schedule = 1.0,
    start: Any = None,
    known: Any = None,
    means: bool = False,
    seed: int = 0,
    every: int = 1,
    into: Atom[Any] | None = None,
) -> Array:
    """
    Draw visible states from ``exp(-E(x) / temperature)`` by Gibbs sampling.

    Of a deep belief net the highest machine draws, and the others bring it down to the visible units (Hinton, Osindero
    & Teh, 2006). Of a Hopfield network units are drawn one by one, which makes it a Boltzmann machine without hidden
    units.

    Args:
        net: A cell or a snapshot of a restricted Boltzmann machine, a deep belief net or a Hopfield network.
        n: How many chains there are; with ``start`` as many as that has samples.
        steps: How often every unit is drawn.
        temperature: Above 1 for more variety, below 1 for what is likely; a schedule counts steps as epochs, so that
            ``schedules.Exponential(10, 0.99)`` anneals.
        start: Samples (N, features) to begin with; None for noise.
        known: Which units of ``start`` are right and stay, bool (features,) or (N, features); not of deep nets.
        means: Return the means of visible units that the last states were drawn from, smoother to look at.
        seed: What the draws follow from.
        every: Steps from one moment to the next that is told.
        into: A cell that gets the states, read-only, at every such moment.

    Returns:
        States (N, features).

    Raises:
        OptionError: If ``net`` is another network, a temperature is not above 0, or another option is out of range.
        DataError: If ``start`` is not finite numbers.
        ShapeError: If it does not fit the network.
    """
    snapshot = energy_net(net)
    given = None if start is None else states_of(snapshot, start)
    count = check_count("n", n, 1) if given is None else len(given)
    machine = machine_of(snapshot, count, Sampler, "states to draw", check_count("seed", seed, 0))
    if known is not None and given is None:
        raise OptionError("known= says which units of start= stay; give both")
    states = machine.noise(count) if given is None else machine.begin(given)
    mask = None if known is None or given is None else mask_of(known, given.shape)
    if mask is not None and mask.shape != states.shape:
        raise ShapeError("known= is about visible units, but the highest machine of a deep net draws others")
    told = check_count("every", every, 1)
    with np.errstate(all="ignore"):
        for step in range(check_count("steps", steps, 1)):
            machine.sweep(states, _heat(temperature, step), mask)
            if into is not None and (step + 1) % told == 0:
                into.reset(_read_only(machine.visible(states, means=means)))
        return machine.visible(states, means=means).copy()


def _heat(temperature: Any, step: int) -> float:
    value = temperature.at(float(step), step, None) if isinstance(temperature, Schedule) else temperature
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise OptionError(f"temperature is a number > 0, or a schedule of such, not {value!r}")
    return float(value)


def _read_only(states: Array) -> Array:
    copy = states.copy()
    copy.setflags(write=False)
    return copy
