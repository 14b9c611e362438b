"""From energy models to networks that are trained by gradients of a loss."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from ..activations import Activation
from ..algorithms import Algorithm
from ..atoms import Atom
from ..data.options import check_count
from ..errors import OptionError
from ..layers import Dense, Input
from ..network import neural_net
from ..snapshot import Net, Training
from .asking import energy_net


def to_mlp(
    net: Atom[Net] | Net,
    outputs: int,
    activation: str | Activation = "softmax",
    training: Training | Algorithm | str = "backprop",
) -> Atom[Net]:
    """
    Return a multi-layer perceptron that begins with what a deep belief net has learnt, for fine-tuning.

    Each machine becomes a `Dense` layer of sigmoid units with its weights and hidden biases (Hinton & Salakhutdinov,
    2006); the layer of outputs behind them is drawn anew. It takes samples normalised in the same way.

    Args:
        net: A cell or a snapshot of a restricted Boltzmann machine or a deep belief net.
        outputs: How many there are, such as the number of classes.
        activation: Theirs.
        training: How to train the perceptron.

    Raises:
        OptionError: If ``net`` is another network, or ``outputs`` no whole number >= 1.
    """
    snapshot = _stack(net)
    levels = snapshot.arch.levels
    layers = [Dense(rbm.hidden, "sigmoid") for rbm in levels]
    last = Dense(check_count("outputs", outputs, 1), activation)
    cell = neural_net(
        [Input(levels[0].visible), *layers, last], training, dtype=snapshot.params.flat.dtype.name
    )
    values = {}
    for position in range(len(levels)):
        values |= {
            f"{position}.W": snapshot.params[f"{position}.W"],
            f"{position}.b": snapshot.params[f"{position}.c"],
        }
    return _with(cell, snapshot, values)


def to_autoencoder(net: Atom[Net] | Net, training: Training | Algorithm | str = "backprop") -> Atom[Net]:
    """
    Return the autoencoder that a deep belief net unfolds to: up through its machines, down through their transposes.

    Weights of the two ways are the same to begin with and are then tuned each on its own (Hinton & Salakhutdinov,
    2006). All units are sigmoid ones, but for gaussian visible units, which are linear.

    Args:
        net: As for `to_mlp`.
        training: How to train it.

    Raises:
        OptionError: If ``net`` is another network.
    """
    snapshot = _stack(net)
    levels = snapshot.arch.levels
    up = [Dense(rbm.hidden, "sigmoid") for rbm in levels]
    down: list[Dense] = []
    for rbm in reversed(levels):
        real = rbm is levels[0] and rbm.units == "gaussian"
        down.append(Dense(rbm.visible, "linear" if real else "sigmoid"))
    cell = neural_net([Input(levels[0].visible), *up, *down], training, dtype=snapshot.params.flat.dtype.name)
    values: dict[str, Any] = {}
    for position in range(len(levels)):
        above, back = snapshot.params[position], 2 * len(levels) - 1 - position
        values |= {
            f"{position}.W": above["W"],
            f"{position}.b": above["c"],
            f"{back}.W": above["W"].T,
            f"{back}.b": above["b"],
        }
    return _with(cell, snapshot, values)


def _stack(net: Any) -> Net:
    snapshot = energy_net(net)
    if not hasattr(snapshot.arch, "levels"):
        raise OptionError(f"{snapshot.arch} is no stack of restricted Boltzmann machines")
    return snapshot


def _with(cell: Atom[Net], snapshot: Net, values: dict[str, Any]) -> Atom[Net]:
    net = cell.value
    made = evolve(net, params=net.params.replace(values), normalization=snapshot.normalization)
    return Atom(made, validator=lambda value: isinstance(value, Net))
