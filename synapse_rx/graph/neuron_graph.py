"""Neuron graphs: any neurons, connected and gated in any way."""

from __future__ import annotations

from typing import Any

from attrs import evolve, field, frozen

from ..activations import Activation as Function
from ..activations.along import AlongAxis
from ..data.options import check_count
from ..errors import OptionError, ShapeError
from ..initializers import Initializer
from ..layers import Activation, Layer
from ..options import flag, one_of
from ..params import ParameterSpec
from ..scratch import Scratch
from ..typing import Array, Shape
from .connections import connections
from .hard_limiter import HardLimiter
from .parts import Group, Projection


def _groups(value: Any) -> tuple[Group, ...]:
    return tuple(Group.of(one) for one in value)


def _projections(value: Any) -> tuple[Projection, ...]:
    return tuple(Projection.of(one) for one in value)


@frozen(repr=False)
class NeuronGraph(Layer):
    """
    Neurons in groups, with connections of any kind between them, some of them gated (Monner & Reggia, 2012).

    In every step each neuron j, in the order of the groups, takes

        s_j = g_jj w_jj s_j' + sum_i g_ji w_ji y_i + b_j    y_j = f_j(s_j)

    where ' means the step before, y_i is the activation of this step for neurons before j and that of the step before
    for others, and a gain g is the activation of the gating neuron, or 1. Before the first step everything is 0.

    Args:
        groups: The neurons.
        projections: The connections.
        inputs: How many of the first groups are inputs.
        outputs: How many of the last groups are outputs.
        gradient: "truncated" for the generalised LSTM rule (Monner & Reggia, 2012, equations 17 to 24), which goes by
            eligibility traces and never back in time: exact where what recurs does so through one layer of
            self-connected neurons alone. "bptt" for back-propagation through time, exact for every graph, within the
            steps of a sequence.
        returns: "sequence" for the outputs of every step, "last" for those of the last one.
        seed: What weights that do not learn are drawn from.
        stream: Take samples (features,) as the steps of one sequence in their order. Training then goes on from batch
            to batch where it stood: state and traces are kept in every snapshot. A network is asked from the beginning.
        states: Give the states of the output neurons rather than their activations, for an activation that follows.

    Shapes:
        x (N, T, features), y (N, T, outputs) or (N, outputs); or x (N, features), y (N, outputs)

    Raises:
        OptionError: If groups and projections do not fit together, a neuron dangles, or an activation cannot be that of
            a neuron.
    """

    groups: tuple[Group, ...] = field(converter=_groups)
    projections: tuple[Projection, ...] = field(converter=_projections)
    inputs: int = field(default=1, converter=lambda value: check_count("inputs", value, 1))
    outputs: int = field(default=1, converter=lambda value: check_count("outputs", value, 1))
    gradient: str = field(default="truncated", kw_only=True, validator=one_of("truncated", "bptt"))
    returns: str = field(default="sequence", kw_only=True, validator=one_of("sequence", "last"))
    seed: int = field(default=0, kw_only=True, converter=lambda value: check_count("seed", value, 0))
    stream: bool = field(default=False, kw_only=True, validator=flag)
    states: bool = field(default=False, kw_only=True, validator=flag)

    def __attrs_post_init__(self) -> None:
        if len(self.groups) < self.inputs + self.outputs:
            raise OptionError(
                f"{self.inputs} input and {self.outputs} output groups are wanted, but there are {len(self.groups)}"
            )
        _check_names(self)
        found = connections(self.groups, self.projections, self.inputs, self.outputs)
        used = set(found.source.tolist()) | set(found.gater.tolist())
        first_output = int(found.starts[len(self.groups) - self.outputs])
        feeds_back = any(number >= first_output for number in used)
        for group in self.groups[self.inputs :]:
            _check_activation(group, self, feeds_back)

    @property
    def features(self) -> int:
        """The numbers that come in at a step."""
        return sum(group.size for group in self.groups[: self.inputs])

    @property
    def width(self) -> int:
        """The numbers that go out at a step."""
        return sum(group.size for group in self.groups[-self.outputs :])

    @property
    def neurons(self) -> int:
        """How many neurons there are, inputs included."""
        return sum(group.size for group in self.groups)

    @property
    def recurrent(self) -> bool:
        """Whether anything goes on from one step to the next."""
        from .wiring import wiring

        return wiring(self).recurrent

    @property
    def output(self) -> Function | None:
        """The activation that all output neurons share; None if they have several."""
        functions = [group.activation for group in self.groups[-self.outputs :]]
        return functions[0] if all(function == functions[0] for function in functions) else None

    def out_shape(self, in_shape: Shape) -> Shape:
        if len(in_shape) not in (1, 2) or in_shape[-1] != self.features:
            raise ShapeError(
                f"a neuron graph with {self.features} inputs takes samples ({self.features},) or "
                f"(steps, {self.features}), not {in_shape}"
            )
        return (self.width,) if len(in_shape) == 1 or self.returns == "last" else (in_shape[0], self.width)

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        found = [self.spec(one) for one in self.projections if one.trainable]
        for group in self.groups[self.inputs :]:
            if group.bias is not None:
                found.append(
                    ParameterSpec(
                        f"{group.name}_bias", (group.size,), group.bias, 1, group.size, regularized=False
                    )
                )
        return tuple(found)

    def spec(self, projection: Projection) -> ParameterSpec:
        """Return shape and initialiser of the weights of a projection, also of one that does not learn."""
        source, target = self.groups[projection.source], self.groups[projection.target]
        draw = projection.initializer or Initializer.of(target.activation.initializer)
        n, m = source.size, target.size
        if projection.pattern == "all_to_all":
            return ParameterSpec(projection.name, (m, n), draw, n, m, unit_axis=0)
        size = n if projection.pattern == "one_to_one" else m * (n - (projection.source == projection.target))
        if projection.pattern == "all_to_else" and projection.source != projection.target:
            size = n * m
        size = len(projection.pairs) if projection.pairs is not None else size
        return ParameterSpec(projection.name, (size,), draw, max(1, size // m), max(1, size // n))

    def keeps(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        if not self.stream or len(in_shape) != 1:
            return ()
        from .wiring import wiring

        wires = wiring(self)
        if not wires.recurrent:
            return ()
        sizes = {
            "activation": wires.units,
            "state": wires.units,
            "eligibility": wires.eligibilities,
            "extended": wires.extensions,
        }
        zeros = Initializer.of("zeros")
        return tuple(
            ParameterSpec(name, (size,), zeros, regularized=False) for name, size in sizes.items() if size
        )

    def multiply_adds(self, in_shape: Shape) -> int:
        from .wiring import wiring

        steps = in_shape[0] if len(in_shape) == 2 else 1
        return steps * len(wiring(self).source)

    def expand(self) -> tuple[Layer, ...]:
        function = self.output
        if function is None or self.states:
            return (self,)
        return (evolve(self, states=True), Activation(function))

    def forward(self, x: Array, s: Scratch) -> Array:
        return _work(self, x, s).forward(x, s)

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        return _work(self, x, s).backward(dy, s)

    def __repr__(self) -> str:
        return f"<NeuronGraph {self.words}>"

    @property
    def words(self) -> str:
        """The groups in a few words: ``2 > hidden 3 sigmoid > output 1 sigmoid``."""
        named = [f"{group.name} {group.size}" for group in self.groups[: self.inputs]]
        rest = [f"{group.name} {group.size} {group.activation.kind}" for group in self.groups[self.inputs :]]
        row = [*named, *rest]
        return " > ".join(row if len(row) <= 12 else [*row[:6], f"{len(row) - 8} more", *row[-2:]])


def _work(graph: NeuronGraph, x: Array, s: Scratch) -> Any:
    from .passes import Passes

    steps = 1 if x.ndim == 2 else x.shape[1]
    return s.once("passes", lambda: Passes(graph, steps, x.ndim == 3, s))


def _check_names(graph: NeuronGraph) -> None:
    names = [group.name for group in graph.groups]
    weights = [one.name for one in graph.projections]
    biases = [f"{name}_bias" for name in names]
    for what, row in (("groups", names), ("parameters", [*weights, *biases])):
        twice = [name for name in row if row.count(name) > 1] if len(set(row)) < len(row) else []
        if twice:
            raise OptionError(f"two {what} are called {twice[0]!r}; give them names of their own")


def _check_activation(group: Group, graph: NeuronGraph, feeds_back: bool) -> None:
    function, last = group.activation, group in graph.groups[-graph.outputs :]
    if last and graph.output is not None and not feeds_back:
        return  # an activation of its own behind the graph
    if isinstance(function, AlongAxis):
        raise OptionError(
            f"{function.kind} mixes neurons; it can be that of all outputs, where they feed back into nothing, "
            f"but not that of {group.name!r}"
        )
    if function.stochastic:
        raise OptionError(
            f"neurons of {group.name!r} cannot draw their activations at random: {function.kind}"
        )
    if not function.differentiable:
        raise OptionError(
            f"{function.kind} of {group.name!r} has no derivative; {HardLimiter.kind!r} lets the gradient through"
        )
