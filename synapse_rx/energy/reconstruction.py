"""What a restricted Boltzmann machine makes of samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..atoms import Atom
from ..data.options import check_count
from ..snapshot import Net
from ..typing import Array
from .asking import energy_net, machine_of, mask_of, states_of
from .stack_machine import StackMachine


def reconstruct(net: Atom[Net] | Net, samples: Any) -> Array:
    """
    Return samples as they come back when they go up to the highest hidden units and down again, by probabilities.

    Args:
        net: A cell or a snapshot of a restricted Boltzmann machine or a deep belief net.
        samples: Numbers (N, features).

    Returns:
        Visible means (N, features).

    Raises:
        OptionError: If ``net`` is another network.
        DataError: If the samples are not finite numbers.
        ShapeError: If they do not fit the network.
    """
    machine, x = _asked(net, samples)
    height = len(machine.levels)
    with np.errstate(all="ignore"):
        return machine.down(machine.up(x, height), height).copy()


def free_energy(net: Atom[Net] | Net, samples: Any) -> Array:
    """
    Return ``F(v) = -ln sum_h exp(-E(v, h))`` of samples: small for what the machine finds likely.

    Of a deep belief net it is that of the level that learns, at what it sees of the samples. That of gaussian units
    leaves out the constant ``ln(2 pi) / 2`` each.

    Args:
        net: As for `reconstruct`.
        samples: Numbers (N, features).

    Returns:
        Numbers (N,).

    Raises:
        OptionError: If ``net`` is another network.
        DataError: If the samples are not finite numbers.
        ShapeError: If they do not fit the network.
    """
    machine, x = _asked(net, samples)
    values = np.empty((2, len(x)), x.dtype)
    with np.errstate(all="ignore"):
        machine.measure(x, values)
    return values[1]


def complete(net: Atom[Net] | Net, samples: Any, known: Any, *, steps: int = 200, seed: int = 0) -> Array:
    """
    Return samples with what is not known of them filled in, as the mean over draws that keep to what is known.

    Args:
        net: A cell or a snapshot of a restricted Boltzmann machine.
        samples: Numbers (N, features); what stands where nothing is known is where drawing begins.
        known: Which of them are right, bool (features,) or (N, features).
        steps: How often all others are drawn; the mean is that of the second half.
        seed: What the draws follow from.

    Returns:
        Means (N, features).

    Raises:
        OptionError: If ``net`` is another network, or ``steps`` no whole number >= 2.
        DataError: If the samples are not finite numbers.
        ShapeError: If they, or what is known, do not fit the network.
    """
    count = check_count("steps", steps, 2)
    machine, x = _asked(net, samples, seed)
    states = machine.begin(x)
    mask = mask_of(known, states.shape)
    total = np.zeros(x.shape)
    with np.errstate(all="ignore"):
        for step in range(count):
            machine.sweep(states, 1.0, mask)
            if step >= count // 2:
                total += machine.visible(states, means=True)
    return (total / (count - count // 2)).astype(x.dtype)


def _asked(net: Any, samples: Any, seed: int = 0) -> tuple[StackMachine, Array]:
    snapshot = energy_net(net)
    x = states_of(snapshot, samples)
    what = "hidden units"
    return machine_of(snapshot, len(x), StackMachine, what, check_count("seed", seed, 0)), x
