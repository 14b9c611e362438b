"""Builders: neurons and layers that are connected and gated, then made a `NeuronGraph`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from attrs import evolve

from ..activations import Activation
from ..data.options import check_choice, check_count
from ..errors import OptionError, ShapeError
from ..initializers import Constant, Initializer
from .connections import check_gate, endpoints
from .neuron_graph import NeuronGraph
from .parts import GATES, PATTERNS, Group, Projection
from .values import GivenValues

ALL_TO_ALL, ONE_TO_ONE, ALL_TO_ELSE = PATTERNS[:3]
INPUT, OUTPUT = GATES[:2]


class Layer:
    """
    A layer of neurons under construction.

    Args:
        size: How many neurons.
        activation: What makes their activation of their state.
        name: What it is called in the graph; by default after its part in the network.
        bias: How biases are drawn: an initialiser, a number to start from, or None for none.

    Raises:
        OptionError: If the size is no whole number >= 1, or another option is none of what it takes.
    """

    def __init__(
        self,
        size: int,
        activation: str | Activation = "sigmoid",
        *,
        name: str | None = None,
        bias: str | Initializer | float | None = "zeros",
    ) -> None:
        self.size = check_count("size", size, 1)
        self.activation = Activation.of(activation)
        self.name = name
        self.bias = _drawn(bias)
        self.projections: list[Connection] = []

    def project(
        self,
        to: Layer | Network,
        pattern: str | None = None,
        weights: Any = None,
        *,
        pairs: Iterable[tuple[int, int]] | None = None,
        trainable: bool | None = None,
        name: str | None = None,
    ) -> Connection:
        """
        Connect this layer with another, or with itself.

        A neuron connected with itself keeps its own state. By default it keeps all of it and does not learn that: the
        pattern of a layer with itself is ONE_TO_ONE, the weight 1, and ``trainable`` False.

        Args:
            to: A layer, or a network, which means its input layer.
            pattern: ALL_TO_ALL, ONE_TO_ONE or ALL_TO_ELSE (all but each to itself).
            weights: One number for all, an array with one for each, an initialiser, or None to draw what suits the
                activations.
            pairs: Single connections, (source, target), instead of a pattern.
            trainable: Whether the weights learn.
            name: What the weights are called among the parameters.

        Raises:
            OptionError: If the pattern does not fit the sizes, or a connection is there already.
            ShapeError: If there are more or fewer weights than connections.
        """
        target = to.inputs if isinstance(to, Network) else to
        if not isinstance(target, Layer):
            raise OptionError(f"a layer projects to a Layer or a Network, not to {to!r}")
        own = target is self
        if pairs is not None and pattern is not None:
            raise OptionError("give a pattern or pairs=, not both")
        pattern = "pairs" if pairs is not None else pattern or (ONE_TO_ONE if own else ALL_TO_ALL)
        check_choice("pattern", pattern, PATTERNS)
        keeps = own and pattern == ONE_TO_ONE
        made = Connection(
            self,
            target,
            pattern,
            None if pairs is None else tuple(pairs),
            weights if weights is not None or not keeps else 1.0,
            (not keeps if trainable is None else trainable),
            name,
        )
        _check_once(self, made)
        self.projections.append(made)
        return made

    def gate(self, connection: Connection, how: str = INPUT, *, neurons: Iterable[int] | None = None) -> None:
        """
        Let this layer multiply what a connection carries.

        Args:
            connection: What `project` gave.
            how: INPUT for a gater for each neuron it goes to, OUTPUT for one for each it comes from, ONE_TO_ONE for one
                for each connection.
            neurons: The gater of each connection by its number, -1 for none, instead of ``how``.

        Raises:
            OptionError: If the sizes do not fit, or something gates it already.
        """
        if not isinstance(connection, Connection):
            raise OptionError(f"gate takes what project gave, not {connection!r}")
        connection.gated_by(self, how, None if neurons is None else tuple(neurons))

    def __repr__(self) -> str:
        return f"<Layer {self.name or ''} {self.size} {self.activation.kind}>".replace("  ", " ")


class Neuron(Layer):
    """
    A layer of one neuron under construction.

    Args:
        activation: As for `Layer`.
        name: As for `Layer`.
        bias: As for `Layer`.
    """

    def __init__(
        self,
        activation: str | Activation = "sigmoid",
        *,
        name: str | None = None,
        bias: str | Initializer | float | None = "zeros",
    ) -> None:
        super().__init__(1, activation, name=name, bias=bias)


class Connection:
    """
    The connections from one layer to another: what `Layer.project` gives.

    Attributes:
        source, target: The layers.
        size: How many there are.
    """

    def __init__(
        self,
        source: Layer,
        target: Layer,
        pattern: str,
        pairs: tuple[tuple[int, int], ...] | None,
        weights: Any,
        trainable: bool,
        name: str | None,
    ) -> None:
        self.source, self.target, self.name = source, target, name
        self.gater: Layer | None = None
        # The places of the layers come with the network; sizes are checked here, where the mistake is made.
        self.described = Projection(0, 0 if target is source else 1, pattern, name or "it", pairs)
        ends = endpoints(self.described, source.size, target.size)
        self.pairs = set(zip(*(part.tolist() for part in ends), strict=True))
        self.size = len(ends[0])
        if len(self.pairs) < self.size:
            raise OptionError("pairs= names a connection twice; one connection has one weight")
        start = _drawn(weights, self.size)
        if not trainable and start is None:
            raise OptionError("weights that do not learn must be given: a number, an array or an initialiser")
        self.described = evolve(self.described, initializer=start, trainable=trainable)

    def gated_by(self, layer: Layer, how: str, neurons: tuple[int, ...] | None) -> None:
        """Let ``layer`` gate these connections (`Layer.gate`)."""
        if self.gater is not None:
            raise OptionError(f"{self!r} is gated already, by {self.gater!r}; a connection has one gater")
        how = "units" if neurons is not None else check_choice("how", how, GATES[:3])
        check_gate(repr(self), how, layer.size, (self.source.size, self.target.size, self.size))
        if neurons is not None and (len(neurons) != self.size or max(neurons) >= layer.size):
            raise OptionError(
                f"neurons= takes one below {layer.size}, or -1, for each of {self.size} connections"
            )
        self.described = evolve(self.described, gater=0, gate=how, gates=neurons)
        self.gater = layer

    def __repr__(self) -> str:
        return f"<Connection of {self.source!r} and {self.target!r}, {self.described.pattern}>"


class Network:
    """
    Layers that belong together, in the order in which they are activated.

    Other networks may stand in the place of layers: then their layers do, in their order, so that whole networks are
    connected by ``one.project(other)``.

    Args:
        input: The input layer.
        hidden: The layers between, in the order of activation.
        output: The output layer.

    Raises:
        OptionError: If a layer stands there twice.
    """

    def __init__(
        self,
        input: Layer | Network,
        hidden: Sequence[Layer | Network] = (),
        output: Layer | Network | None = None,
    ) -> None:
        if output is None:
            raise OptionError("a network needs an output layer: Network(input, [hidden], output)")
        self.layers: list[Layer] = []
        for part in (input, *hidden, output):
            self.layers += part.layers if isinstance(part, Network) else [part]
        if any(not isinstance(layer, Layer) for layer in self.layers):
            raise OptionError(f"a network is made of layers and networks, not of {self.layers!r}")
        if len({id(layer) for layer in self.layers}) < len(self.layers):
            raise OptionError("a layer stands in this network twice")

    @property
    def inputs(self) -> Layer:
        """The input layer."""
        return self.layers[0]

    @property
    def outputs(self) -> Layer:
        """The output layer."""
        return self.layers[-1]

    def project(self, to: Layer | Network, *args: Any, **options: Any) -> Connection:
        """Connect the output layer with a layer, or with the input layer of another network (`Layer.project`)."""
        return self.outputs.project(to, *args, **options)

    def gate(self, connection: Connection, how: str = INPUT) -> None:
        """Let the output layer gate a connection (`Layer.gate`)."""
        self.outputs.gate(connection, how)

    def graph(self, *, gradient: str = "truncated", returns: str = "sequence", seed: int = 0) -> NeuronGraph:
        """
        Return what was built as an immutable description.

        Args:
            gradient: As for `NeuronGraph`.
            returns: As for `NeuronGraph`.
            seed: What weights that do not learn are drawn from.

        Raises:
            OptionError: If a layer is connected with one outside of the network, or a neuron dangles.
        """
        names = self._names()
        places = {id(layer): place for place, layer in enumerate(self.layers)}
        found: list[Projection] = []
        for layer, name in zip(self.layers, names, strict=True):
            for one in layer.projections:
                found.append(_placed(one, places, names, name))
        groups = [
            Group(name, layer.size, layer.activation, layer.bias)
            for layer, name in zip(self.layers, names, strict=True)
        ]
        return NeuronGraph(groups, found, gradient=gradient, returns=returns, seed=seed)

    def _names(self) -> list[str]:
        last = len(self.layers) - 1
        names = []
        for place, layer in enumerate(self.layers):
            own = "input" if place == 0 else "output" if place == last else "hidden"
            name = layer.name or (own if own != "hidden" or last == 2 else f"hidden{place}")
            while name in names:
                name += "_"
            names.append(name)
        return names


def _placed(one: Connection, places: dict[int, int], names: list[str], source: str) -> Projection:
    """Return a connection with the places of its layers in the network."""
    for end in (one.target, one.gater):
        if end is not None and id(end) not in places:
            raise OptionError(f"{one!r} needs {end!r}, which is no part of this network; put it in")
    target = places[id(one.target)]
    return evolve(
        one.described,
        source=places[id(one.source)],
        target=target,
        name=one.name or f"{source}_to_{names[target]}{_again(one)}",
        gater=None if one.gater is None else places[id(one.gater)],
    )


def _again(one: Connection) -> str:
    """Return what tells apart several connections of the same two layers."""
    same = [other for other in one.source.projections if other.target is one.target and not other.name]
    return "" if same[0] is one or one.name else str(same.index(one) + 1)


def _check_once(source: Layer, made: Connection) -> None:
    for other in source.projections:
        if other.target is made.target and other.pairs & made.pairs:
            one, to = min(other.pairs & made.pairs)
            raise OptionError(
                f"neuron {one} of {source!r} is connected with neuron {to} of {made.target!r} already; one connection "
                "has one weight"
            )


def _drawn(weights: Any, size: int | None = None) -> Initializer | None:
    """Return the initialiser meant by weights; None for what is drawn by default."""
    if weights is None or isinstance(weights, (Initializer, str)):
        return None if weights is None else Initializer.of(weights)
    if np.ndim(weights) == 0:
        return Constant(weights)
    given = GivenValues(weights)
    if size is not None and len(given.values) != size:
        raise ShapeError(f"{len(given.values)} weights are given for {size} connections; give one for each")
    return given
