"""What a neuron graph is made of: groups of neurons, and the projections between them."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from ..activations import Activation, Sigmoid
from ..described import Described
from ..errors import OptionError
from ..initializers import Initializer, Zeros
from ..options import count, flag, one_of

PATTERNS = ("all_to_all", "one_to_one", "all_to_else", "pairs")
"""Which neurons of two groups are connected."""

GATES = ("input", "output", "one_to_one", "units")
"""Which neuron of the gating group gates which connection."""


def _optional(value: Any) -> Any:
    return None if value is None else Initializer.of(value)


def _name(instance: Any, attribute: Any, value: Any) -> None:
    if not (isinstance(value, str) and value and "." not in value):
        raise OptionError(f"a {instance.kind} is called by a word without dots, not {value!r}")


def _index(instance: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise OptionError(
            f"{attribute.alias} of {instance.kind} is the position of a group, 0 or more, not {value!r}"
        )


def _optional_index(instance: Any, attribute: Any, value: Any) -> None:
    if value is not None:
        _index(instance, attribute, value)


def _whole(values: Any, what: str, least: int) -> tuple[int, ...]:
    try:
        numbers: tuple[Any, ...] = tuple(values)
    except TypeError:
        numbers = (None,)
    if any(not isinstance(n, int) or isinstance(n, bool) or n < least for n in numbers):
        raise OptionError(f"{what} are whole numbers >= {least}, not {values!r}")
    return numbers


def _pairs(value: Any) -> Any:
    if value is None:
        return None
    try:
        rows = [_whole(pair, "pairs of neurons", 0) for pair in value]
    except TypeError:
        raise OptionError(f"pairs= takes pairs of neurons (source, target), not {value!r}") from None
    if any(len(row) != 2 for row in rows):
        raise OptionError(
            "pairs= takes pairs of neurons: (source, target), counted from 0 within their groups"
        )
    return tuple((row[0], row[1]) for row in rows)


def _gates(value: Any) -> Any:
    return None if value is None else _whole(value, "gates=", -1)


@frozen
class Group(Described):
    """
    Neurons of one kind, side by side in the order of activation.

    Args:
        name: What it is called; its biases are the parameter ``name_bias``.
        size: How many there are.
        activation: What makes their activation of their state.
        bias: How their biases are drawn; None for none. Of input groups it does not count.
    """

    name: str = field(validator=_name)
    size: int = field(validator=count)
    activation: Activation = field(default=Sigmoid(), converter=Activation.of)
    bias: Initializer | None = field(default=Zeros(), converter=_optional)


@frozen
class Projection(Described):
    """
    Connections from one group to another or to itself.

    A neuron that is connected with itself keeps that share of its own *state*; all other connections carry activations.

    Args:
        source: The position of the group they come from.
        target: That of the group they go to.
        pattern: "all_to_all", "one_to_one", "all_to_else" (all but each to itself), or "pairs".
        name: What its weights are called among the parameters.
        pairs: For "pairs", the connections: (source, target) counted within the groups.
        initializer: How weights are drawn; None for what suits the target's activation.
        trainable: Whether they learn. Weights that do not are no parameters: they belong to the description.
        gater: The position of the group whose activations multiply what the connections carry; None for none.
        gate: Which of its neurons gates which connection: "input" the one at the place of the connection's target,
            "output" at that of its source, "one_to_one" connection by connection, "units" as `gates` says.
        gates: For "units", the neuron in the gating group for each connection; -1 for none.

    Shapes:
        weights of "all_to_all" (target, source); of others (connections,), for "all_to_else" target by target.
    """

    source: int = field(validator=_index)
    target: int = field(validator=_index)
    pattern: str = field(validator=one_of(*PATTERNS))
    name: str = field(validator=_name)
    pairs: tuple[tuple[int, int], ...] | None = field(default=None, converter=_pairs, repr=False)
    initializer: Initializer | None = field(default=None, converter=_optional)
    trainable: bool = field(default=True, validator=flag)
    gater: int | None = field(default=None, validator=_optional_index)
    gate: str | None = field(default=None)
    gates: tuple[int, ...] | None = field(default=None, converter=_gates, repr=False)

    def __attrs_post_init__(self) -> None:
        if (self.pattern == "pairs") != (self.pairs is not None):
            raise OptionError(f"{self.name}: pairs= goes with pattern='pairs', and with it alone")
        if (self.gater is None) != (self.gate is None) or self.gate not in (None, *GATES):
            raise OptionError(f"{self.name}: a gater goes with gate=, one of {', '.join(GATES)}")
        if (self.gate == "units") != (self.gates is not None):
            raise OptionError(f"{self.name}: gates= goes with gate='units', and with it alone")
