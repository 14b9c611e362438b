"""Make networks: from a list of layers, or a multi-layer perceptron from its sizes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve

from ..activations import Activation as Function
from ..algorithms import Algorithm
from ..atoms import Atom
from ..data.options import check_choice, check_count
from ..errors import LabelError, OptionError
from ..layers import Dense, Input, Layer
from ..params import Params
from ..snapshot import Net, Training, only_nets
from .arch import Arch

DTYPES = ("float32", "float64")


def neural_net(
    layers: Iterable[Input | Layer],
    training: Training | Algorithm | str = "backprop",
    *,
    labels: Sequence[Any] | None = None,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a network: an `Atom` holding a `Net`.

    Args:
        layers: An `Input`, then the layers in order.
        training: How to train it: what `synapse_rx.training` returns, or an algorithm or its name.
        labels: The classes in the order of the outputs, of several outputs a tuple with those of each; usually left to
            the first training set.
        dtype: "float32" or "float64", the type of its parameters and of all its arithmetic.

    Raises:
        OptionError: If the first layer is no `Input`, or another stands further on.
        ShapeError: If a layer does not fit the one before it.
        LossError: If the loss asked for is not defined on the network's outputs.
        LabelError: If there are not as many different labels as outputs.
    """
    parts = list(layers)
    if not parts or not isinstance(parts[0], Input):
        first = repr(parts[0]) if parts else "nothing"
        raise OptionError(f"the first layer must be an Input, such as Input(64), not {first}")
    return atom_of(Arch(parts[0], parts[1:]), training, labels, dtype)


def mlp(
    units: Sequence[int],
    activations: str | Function | Sequence[str | Function] = "sigmoid",
    training: Training | Algorithm | str = "backprop",
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
        ShapeError: If the first size is no positive whole number, nor a shape.
        UnknownNameError: If a name is unknown.
    """
    sizes = list(units) if isinstance(units, Iterable) else [units]
    if len(sizes) < 2:
        raise OptionError(f"an mlp needs the numbers of inputs and of outputs at least, not {sizes}")
    if callable(activations) or isinstance(activations, (str, Function, Mapping)):
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


def atom_of(
    arch: Arch, training: Training | Algorithm | str, labels: Sequence[Any] | None, dtype: str
) -> Atom[Net]:
    """
    Make a network of an architecture: an `Atom` holding a `Net` with fresh parameters.

    Raises:
        LossError: If the loss asked for is not defined on the network's outputs.
        LabelError: If there are not as many different labels as outputs.
        OptionError: If the algorithm cannot train this architecture, or ``dtype`` is none.
    """
    how = training if isinstance(training, Training) else Training(Algorithm.of(training))
    loss = how.algorithm.loss_for(arch.output) or how.loss or arch.default_loss()
    how.algorithm.check(arch)
    arch.fitted(loss)
    net = Net(arch, fresh_params(arch, how.seed, dtype), evolve(how, loss=loss), labels)
    if net.labels is not None:
        _check_labels(net.labels, arch)
    return Atom(net, validator=only_nets)


def fresh_params(arch: Arch, seed: int = 0, dtype: str = "float32") -> Params:
    """
    Draw the first parameters of an architecture; one seed gives one result, whatever the backend.

    Args:
        arch: The architecture.
        seed: Where the randomness starts.
        dtype: "float32" or "float64".

    Raises:
        OptionError: If the seed is no whole number >= 0, or the type neither of the two.
    """
    rng = np.random.default_rng(check_count("seed", seed, 0))
    flat = np.empty(arch.layout.size, _dtype(dtype))
    for entry, spec in zip(arch.layout.entries, arch.specs, strict=True):
        entry.view(flat)[...] = spec.initializer.draw(rng, spec.shape, spec.fan_in, spec.fan_out)
    flat.setflags(write=False)
    return Params(arch.layout, flat)


def _dtype(dtype: Any) -> np.dtype[Any]:
    try:
        name = None if dtype is None else np.dtype(dtype).name
    except TypeError:
        name = dtype
    return np.dtype(check_choice("dtype", name, DTYPES))


def _check_labels(labels: tuple[Any, ...], arch: Arch) -> None:
    if len(arch.outputs) > 1:
        wanted = [math.prod(shape) for shape in arch.outputs]
        given = [None if one is None else len(one) if isinstance(one, tuple) else 0 for one in labels]
        if len(given) != len(wanted) or any(n not in (None, m) for n, m in zip(given, wanted, strict=True)):
            raise LabelError(
                f"labels of {len(wanted)} outputs are a tuple with those of each, None for values, as many as "
                f"{wanted}; not {labels!r}"
            )
    elif len(labels) != arch.out_shape[-1]:
        raise LabelError(f"{len(labels)} labels for {arch.out_shape[-1]} outputs; give one for each")
