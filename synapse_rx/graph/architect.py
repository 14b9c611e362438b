"""Ready-made graphs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..activations import Activation
from ..data.options import check_count
from ..errors import OptionError
from .network import ALL_TO_ALL, ALL_TO_ELSE, INPUT, ONE_TO_ONE, OUTPUT, Layer, Network
from .neuron_graph import NeuronGraph


def perceptron(
    *sizes: int,
    activation: str | Activation | Sequence[str | Activation] = "sigmoid",
    weights: Any = None,
    gradient: str = "truncated",
) -> NeuronGraph:
    """
    Make a multi-layer perceptron: ``perceptron(2, 3, 1)``.

    Args:
        *sizes: Neurons of each layer, input and output included.
        activation: One for all layers behind the input, or one for each.
        weights: How weights start, as for `Layer.project`.
        gradient: As for `NeuronGraph`.

    Raises:
        OptionError: If there are fewer than two sizes, or not as many activations as layers.
    """
    if len(sizes) < 2:
        raise OptionError(f"a perceptron needs the sizes of its input and output at least, not {sizes}")
    functions = _each(activation, len(sizes) - 1)
    layers = [Layer(sizes[0]), *(Layer(n, f) for n, f in zip(sizes[1:], functions, strict=True))]
    for one, other in pairwise(layers):
        one.project(other, weights=weights)
    return Network(layers[0], layers[1:-1], layers[-1]).graph(gradient=gradient)


def lstm(
    *sizes: int,
    peepholes: str | bool | None = ALL_TO_ALL,
    hidden_to_hidden: bool = False,
    output_to_hidden: bool = False,
    output_to_gates: bool = False,
    input_to_output: bool = True,
    activation: str | Activation = "sigmoid",
    output: str | Activation = "sigmoid",
    weights: Any = None,
    gate_bias: float = 1.0,
    gradient: str = "truncated",
    returns: str = "sequence",
) -> NeuronGraph:
    """
    Make a network of memory blocks, each with input, forget and output gates: ``lstm(5, 3, 2)``.

    As `synaptic`'s Architect.LSTM makes them: input and cells of the layer before lead into cells through the input
    gate and into all gates; cells keep their state through the forget gate, lead to the outputs through the output
    gate, and are seen by the gates.

    Args:
        *sizes: Neurons of the input, memory cells of each layer of blocks, neurons of the output.
        peepholes: Which gates see which cells of their layer: ALL_TO_ALL, ONE_TO_ONE, or None or False for none.
        hidden_to_hidden: Connect each cell with all others of its layer.
        output_to_hidden: Lead the outputs back into the cells.
        output_to_gates: Lead them back into the gates.
        input_to_output: Connect the input with the output.
        activation: That of the cells.
        output: That of the outputs.
        weights: How weights start, as for `Layer.project`.
        gate_bias: Where biases of gates start.
        gradient: As for `NeuronGraph`.
        returns: As for `NeuronGraph`.

    Raises:
        OptionError: If there are fewer than three sizes, or an option is none of what it takes.
    """
    if len(sizes) < 3:
        raise OptionError(f"an LSTM needs the sizes of input, blocks and output at least, not {sizes}")
    n, *blocks, m = sizes
    entrance, exit = Layer(n), Layer(m, output)
    before: Layer | None = None
    hidden: list[Layer] = []
    for index, size in enumerate(blocks):
        tail = "" if len(blocks) == 1 else str(index + 1)
        gates = [
            Layer(size, name=f"{which}_gate{tail}", bias=gate_bias) for which in ("input", "forget", "output")
        ]
        opens, forgets, shows = gates
        cells = Layer(size, activation, name=f"cells{tail}")
        for source in [entrance] if before is None else [entrance, before]:
            opens.gate(source.project(cells, weights=weights), INPUT)
            for gate in gates:
                source.project(gate, weights=weights)
        forgets.gate(cells.project(cells), ONE_TO_ONE)
        shows.gate(cells.project(exit, weights=weights), OUTPUT)
        if peepholes:
            for gate in gates:
                cells.project(gate, ALL_TO_ALL if peepholes is True else peepholes, weights)
        if hidden_to_hidden and size > 1:
            opens.gate(cells.project(cells, ALL_TO_ELSE, weights), INPUT)
        if output_to_hidden:
            opens.gate(exit.project(cells, weights=weights), INPUT)
        if output_to_gates:
            for gate in gates:
                exit.project(gate, weights=weights)
        hidden += [opens, forgets, cells, shows]
        before = cells
    if input_to_output:
        entrance.project(exit, weights=weights)
    return Network(entrance, hidden, exit).graph(gradient=gradient, returns=returns)


def liquid(
    inputs: int,
    pool: int,
    outputs: int,
    connections: int,
    gates: int = 0,
    *,
    seed: int = 0,
    echo_state: bool = False,
    radius: float = 0.9,
    activation: str | Activation | None = None,
    output: str | Activation | None = None,
    gradient: str = "truncated",
) -> NeuronGraph:
    """
    Make a pool of neurons connected at random, between an input and an output that are connected with all of it.

    Args:
        inputs: Neurons of the input.
        pool: Neurons in the pool.
        outputs: Neurons of the output.
        connections: Connections within the pool, between different neurons, each at most once.
        gates: How many of these are gated by a neuron of the pool drawn at random.
        seed: What all of this is drawn from.
        echo_state: Only the connections to the outputs learn (Jaeger, 2001); the others are drawn once. Then the
            pool is of tanh units and the output linear, unless told otherwise; `ridge_readout` finds the weights.
        radius: With ``echo_state``, what the largest eigenvalue of the connections in the pool is scaled to.
        activation: That of the pool.
        output: That of the outputs.
        gradient: As for `NeuronGraph`.

    Raises:
        OptionError: If there are more connections than pairs of neurons, or more gates than connections.
    """
    rng = np.random.default_rng(check_count("seed", seed, 0))
    total, chosen = pool * (pool - 1), check_count("connections", connections, 1)
    if chosen > total or check_count("gates", gates, 0) > chosen:
        raise OptionError(
            f"a pool of {pool} neurons has room for {total} connections, and as many gates as connections, not for "
            f"{connections} and {gates}"
        )
    entrance = Layer(inputs)
    middle = Layer(pool, activation or ("tanh" if echo_state else "sigmoid"), name="pool")
    exit = Layer(outputs, output or ("linear" if echo_state else "sigmoid"))
    picked = np.sort(rng.choice(total, chosen, replace=False))
    source, target = picked // (pool - 1), picked % (pool - 1)
    target += target >= source
    pairs = list(zip(source.tolist(), target.tolist(), strict=True))
    fixed: dict[str, Any] = {"weights": None, "trainable": True}
    if echo_state:
        drawn = rng.uniform(-1, 1, chosen)
        drawn *= radius / _spectral_radius(pairs, drawn, pool)
        fixed = {"weights": drawn, "trainable": False}
        entrance.project(middle, weights=rng.uniform(-0.5, 0.5, (pool, inputs)), trainable=False)
        middle.bias = None
    else:
        entrance.project(middle)
    inside = middle.project(middle, pairs=pairs, **fixed)
    if gates:
        neurons = np.full(chosen, -1)
        neurons[rng.choice(chosen, gates, replace=False)] = rng.integers(0, pool, gates)
        middle.gate(inside, neurons=neurons.tolist())
    middle.project(exit)
    return Network(entrance, [middle], exit).graph(gradient=gradient)


def hopfield(n: int) -> NeuronGraph:
    """
    Make what `synaptic` calls a Hopfield network: a layer of n neurons that completes the patterns of another.

    A pattern is completed where outputs above 0.5 count as 1. This is no energy model.

    Args:
        n: Bits of a pattern.
    """
    return perceptron(n, n)


def narx(
    inputs: int,
    hidden: int,
    outputs: int,
    *,
    input_delay: int = 1,
    output_delay: int = 1,
    activation: str | Activation = "tanh",
    output: str | Activation = "linear",
    gradient: str = "truncated",
) -> NeuronGraph:
    """
    Make a network that goes by its last inputs and outputs (NARX): lines of delays lead into one hidden layer.

    Args:
        inputs: Neurons of the input.
        hidden: Neurons of the hidden layer.
        outputs: Neurons of the output.
        input_delay: How many earlier inputs it sees.
        output_delay: How many earlier outputs.
        activation: That of the hidden layer.
        output: That of the outputs.
        gradient: As for `NeuronGraph`.
    """
    entrance, middle = Layer(inputs), Layer(hidden, activation)
    exit = Layer(outputs, output)
    entrance.project(middle)
    middle.project(exit)
    # The delay lines come first: they hand on what was there the step before, then take what is new.
    lines = _delays(exit, output_delay, middle, "output")
    if input_delay:
        now = _copy(entrance, "input_now")
        lines = [*lines, *_delays(now, input_delay, middle, "input"), now]
    return Network(entrance, [*lines, middle], exit).graph(gradient=gradient)


def gated_recurrent(
    inputs: int,
    units: int,
    outputs: int,
    *,
    output: str | Activation = "sigmoid",
    gradient: str = "bptt",
    returns: str = "sequence",
) -> NeuronGraph:
    """
    Make a graph like a gated recurrent unit (Cho et al., 2014): one gate keeps, its opposite lets in, another resets.

    The state of unit k is ``s_k = u_k s_k' + (b_k - u_k) c_k``, where c is a tanh candidate that sees the units of the
    step before through the reset gate; b starts at 1 and learns.

    Args:
        inputs: Neurons of the input.
        units: Units that remember.
        outputs: Neurons of the output.
        output: The activation of the outputs.
        gradient: As for `NeuronGraph`.
        returns: As for `NeuronGraph`.
    """
    entrance, exit = Layer(inputs), Layer(outputs, output)
    keep, reset = Layer(units, name="keep_gate"), Layer(units, name="reset_gate")
    let = Layer(units, "linear", name="opposite", bias=1.0)
    candidate = Layer(units, "tanh", name="candidate")
    memory = Layer(units, "linear", name="memory", bias=None)
    for target in (keep, reset, candidate):
        entrance.project(target)
    for gate in (keep, reset):
        memory.project(gate)
    reset.gate(memory.project(candidate), OUTPUT)
    keep.project(let, ONE_TO_ONE, -1.0, trainable=False)
    let.gate(candidate.project(memory, ONE_TO_ONE, 1.0, trainable=False), ONE_TO_ONE)
    keep.gate(memory.project(memory), ONE_TO_ONE)
    memory.project(exit)
    return Network(entrance, [keep, reset, let, candidate, memory], exit).graph(
        gradient=gradient, returns=returns
    )


def second_order(
    inputs: int,
    hidden: int,
    outputs: int,
    *,
    activation: str | Activation = "tanh",
    output: str | Activation = "sigmoid",
    gradient: str = "truncated",
) -> NeuronGraph:
    """
    Make a network whose hidden units multiply: each is the product of two weighted sums of the inputs.

    Args:
        inputs: Neurons of the input.
        hidden: Units that multiply.
        outputs: Neurons of the output.
        activation: That of the hidden units.
        output: That of the outputs.
        gradient: As for `NeuronGraph`.
    """
    entrance, factor = Layer(inputs), Layer(hidden, "linear", name="factor")
    middle, exit = Layer(hidden, activation), Layer(outputs, output)
    entrance.project(factor)
    factor.gate(entrance.project(middle), INPUT)
    middle.project(exit)
    return Network(entrance, [factor, middle], exit).graph(gradient=gradient)


def _each(activation: Any, n: int) -> list[Any]:
    if isinstance(activation, (list, tuple)):
        if len(activation) != n:
            raise OptionError(f"{n} layers need as many activations (or one for all), not {len(activation)}")
        return list(activation)
    return [activation] * n


def _copy(source: Layer, name: str) -> Layer:
    """Return a layer that takes over what another is."""
    copy = Layer(source.size, "linear", name=name, bias=None)
    source.project(copy, ONE_TO_ONE, 1.0, trainable=False)
    return copy


def _delays(source: Layer, steps: int, into: Layer, name: str) -> list[Layer]:
    """Return layers that hold what ``source`` was 1, 2, ... steps before, the earliest first, all leading into one."""
    found: list[Layer] = []
    for step in range(check_count("delay", steps, 0)):
        held = _copy(source if step == 0 else found[0], f"{name}_{step + 1}_before")
        held.project(into)
        found.insert(0, held)
    return found


def _spectral_radius(pairs: list[tuple[int, int]], weights: np.ndarray, n: int) -> float:
    """Return the largest absolute eigenvalue of the connections; 1 where they die out by themselves."""
    matrix = np.zeros((n, n))
    source, target = np.array(pairs).T
    matrix[target, source] = weights
    largest = float(np.abs(np.linalg.eigvals(matrix)).max())
    return largest if largest > 1e-6 else 1.0
