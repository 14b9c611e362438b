"""Make networks: from a list of layers, or a multi-layer perceptron from its sizes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from attrs import evolve

from ..activations import Activation as Function
from ..atom import Atom
from ..errors import OptionError
from ..layers import Dense, Input, Layer
from ..params import Params
from ..snapshot import Net, Training
from .arch import Arch

DTYPES = ("float32", "float64")


def neural_net(
    layers: Iterable[Input | Layer],
    training: Training | str = "backprop",
    *,
    labels: Sequence[Any] | None = None,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a network: an `Atom` holding a `Net`.

    Args:
        layers: An `Input`, then the layers in order.
        training: How to train it: what `synapse_rx.training` returns, or the name of an algorithm.
        labels: The classes in the order of the outputs; usually left to the first training set.
        dtype: "float32" or "float64", the type of its parameters and of all its arithmetic.

    Raises:
        OptionError: If the first layer is no `Input`, or another stands further on.
        ShapeError: If a layer does not fit the one before it.
        LossError: If the loss asked for is not defined on the network's outputs.
    """
    parts = list(layers)
    if not parts or not isinstance(parts[0], Input):
        raise OptionError(f"the first layer must be an Input, such as Input(64), not {parts[:1] or 'nothing'}")
    return _atom(Arch(parts[0], parts[1:]), training, labels, dtype)


def mlp(
    units: Sequence[int],
    activations: str | Function | Sequence[str | Function] = "sigmoid",
    training: Training | str = "backprop",
    *,
    labels: Sequence[Any] | None = None,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a multi-layer perceptron: ``mlp([64, 100, 10], ["sigmoid", "softmax"])``.

    Args:
        units: Numbers of inputs, of units in each hidden layer, of outputs.
        activations: One for every layer behind the input, or one for all of them.
        training: As for `neural_net`.
        labels: As for `neural_net`.
        dtype: As for `neural_net`.

    Raises:
        OptionError: If there are fewer than two sizes, or not as many activations as layers.
    """
    sizes = list(units)
    if len(sizes) < 2:
        raise OptionError(f"an mlp needs the numbers of inputs and of outputs at least, not {sizes}")
    if isinstance(activations, (str, Function)):
        functions = [activations] * (len(sizes) - 1)
    else:
        functions = list(activations)
    if len(functions) != len(sizes) - 1:
        raise OptionError(
            f"{sizes} has {len(sizes) - 1} layers behind its input, which need as many activations (or one for "
            f"all), not {len(functions)}: {functions}"
        )
    layers = [Dense(size, function) for size, function in zip(sizes[1:], functions, strict=True)]
    return neural_net([Input(sizes[0]), *layers], training, labels=labels, dtype=dtype)


def fresh_params(arch: Arch, seed: int = 0, dtype: str = "float32") -> Params:
    """
    Draw the first parameters of an architecture; one seed gives one result, whatever the backend.

    Args:
        arch: The architecture.
        seed: Where the randomness starts.
        dtype: "float32" or "float64".
    """
    if str(dtype) not in DTYPES:
        raise OptionError(f"dtype is one of {', '.join(DTYPES)}, not {dtype!r}")
    rng = np.random.default_rng(seed)
    flat = np.empty(arch.layout.size, np.dtype(dtype))
    for entry, spec in zip(arch.layout.entries, arch.specs, strict=True):
        entry.view(flat)[...] = spec.initializer.draw(rng, spec.shape, spec.fan_in, spec.fan_out)
    flat.setflags(write=False)
    return Params(arch.layout, flat)


def _atom(arch: Arch, training: Training | str, labels: Sequence[Any] | None, dtype: str) -> Atom[Net]:
    how = Training(training) if isinstance(training, str) else training
    if not isinstance(how, Training):
        raise OptionError(f"training is what sx.training(...) returns or an algorithm's name, not {training!r}")
    loss = how.loss or arch.default_loss()
    loss.for_output(arch.output)
    if labels is not None and len(labels) != arch.out_shape[-1]:
        raise OptionError(f"{len(labels)} labels for {arch.out_shape[-1]} outputs; give one for each")
    net = Net(arch, fresh_params(arch, how.seed, dtype), evolve(how, loss=loss), labels)
    return Atom(net, validator=_is_net)


def _is_net(value: object) -> bool:
    return isinstance(value, Net)
