"""The gradient of whole networks over all parameters, against central differences in float64."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.activations import ELU, GELU, LeakyReLU, Swish
from synapse_rx.activations import Activation as Function
from synapse_rx.backends import NumpyBackend
from synapse_rx.errors import LossError
from synapse_rx.layers import Activation, Dense
from synapse_rx.losses import Loss
from synapse_rx.network import Arch, fresh_params
from synapse_rx.network.program import Program
from tests.nets import blobs, learner
from tests.scratches import central_differences, quiet

FUNCTIONS = [
    *(member() for member in Function.members() if member.function_field is None),
    LeakyReLU(0.2),
    ELU(0.5),
    GELU(approximate=True),
    Swish(2.5),
]
SMOOTH = [f for f in FUNCTIONS if f.differentiable and f.exact]
LOSSES = [
    member()
    for member in Loss.members()
    if all(field.default is not attrs.NOTHING for field in attrs.fields(member) if field.init)
]


def takes(loss: Loss, output: Function) -> bool:
    """
    Say whether ``loss`` is defined behind ``output``.
    """
    try:
        loss.for_output(output)
    except LossError:
        return False
    return True


PAIRS = list(itertools.product(LOSSES, FUNCTIONS))
TRAINABLE = [(loss, f) for loss, f in PAIRS if takes(loss, f) and f.differentiable and f.exact]
UNDEFINED = [(loss, f) for loss, f in PAIRS if not takes(loss, f)]
FLAT = [(loss, f) for loss, f in PAIRS if takes(loss, f) and not f.differentiable]

ARCHITECTURES = {
    "one layer": Arch(3, [Dense(2, "tanh")]),
    "linear output": Arch(3, [Dense(4, "tanh"), Dense(2)]),
    "softmax hidden": Arch(3, [Dense(4, "softmax"), Dense(2, "softmax")]),
    "a sample of several axes": Arch((2, 1, 3), [Dense(3, "tanh"), Dense(2)]),
    "activations as layers": Arch(3, [Dense(4), Activation("tanh"), Dense(2), Activation("softmax")]),
    "several activations in a row": Arch(
        3, [Dense(2, "tanh"), Activation("softplus"), Activation("softmax")]
    ),
    "no parameters at first": Arch((2, 3), [Activation("tanh"), Activation("softmax"), Dense(2, "sigmoid")]),
    "a threshold before all parameters": Arch(3, [Activation("binary_threshold"), Dense(2, "tanh")]),
    "a single output": Arch(2, [Dense(3, "relu"), Dense(1, "sigmoid")]),
}


def check_gradient(arch: Arch, loss: Loss, n: int = 4) -> None:
    """
    Compare `Program.learn` with central differences over all parameters.
    """
    rng = np.random.default_rng(11)
    x, t = rng.standard_normal((n, *arch.in_shape)), rng.dirichlet(np.ones(arch.out_shape[-1] + 1), n)[:, :-1]
    theta = fresh_params(arch, 1, "float64").flat + 0.1 * rng.standard_normal(arch.layout.size)
    grad, values = np.full_like(theta, 7), np.empty(n)
    program = Program(arch, NumpyBackend(), n, theta, grad)
    chosen = arch.check_trainable(loss)
    with quiet():
        program.learn(x, t, chosen, values, 1 / n)
    wanted = central_differences(lambda vector: _mean_loss(arch, chosen, vector, x, t), theta)

    assert values.mean() == pytest.approx(_mean_loss(arch, chosen, theta, x, t), rel=1e-12)
    np.testing.assert_allclose(grad, wanted, rtol=1e-5, atol=1e-8)


def _mean_loss(arch: Arch, loss: Loss, theta: Any, x: Any, t: Any) -> float:
    """Return the mean loss by way of the outputs, without the shortcut of a canonical link."""
    program, values = Program(arch, NumpyBackend(), len(x), theta), np.empty(len(x))
    with quiet():
        loss.values(program.forward(x), t, values, program.scratch(len(x)))
    return float(values.mean())


@pytest.mark.parametrize(("loss", "output"), TRAINABLE, ids=str)
def test_every_loss_behind_every_activation(loss: Loss, output: Function) -> None:
    check_gradient(Arch(3, [Dense(4, "tanh"), Dense(3, output)]), loss)


@pytest.mark.parametrize("hidden", SMOOTH, ids=str)
def test_every_activation_between_layers(hidden: Function) -> None:
    check_gradient(Arch(3, [Dense(4, hidden), Dense(3, hidden), Dense(2)]), Loss.of("squared_error"))


@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize("arch", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_every_shape_of_network(arch: Arch, n: int) -> None:
    check_gradient(arch, arch.default_loss(), n)


# Without kinks, so that central differences are right wherever they are taken.
round_functions = st.sampled_from(["linear", "sigmoid", "tanh", "softmax", "gelu", "softplus", "swish"])
layers = st.one_of(
    st.builds(Dense, st.integers(1, 4), round_functions), st.builds(Activation, round_functions)
)


@settings(max_examples=40)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.lists(layers, max_size=4),
    st.builds(Dense, st.integers(1, 3), round_functions),
    st.integers(1, 4),
)
def test_any_chain_of_layers(in_shape: list[int], body: list[Any], head: Dense, n: int) -> None:
    arch = Arch(in_shape, [*body, head])

    check_gradient(arch, arch.default_loss(), n)


@pytest.mark.parametrize(("loss", "output"), UNDEFINED, ids=str)
def test_a_loss_that_is_not_defined_on_the_outputs_is_refused(loss: Loss, output: Function) -> None:
    with pytest.raises(LossError, match=output.kind):
        sx.mlp([3, 2], output, sx.training(loss=loss))


@pytest.mark.parametrize(("loss", "output"), FLAT, ids=str)
def test_what_has_no_gradient_is_not_trained_by_one(loss: Loss, output: Function) -> None:
    net = sx.mlp([3, 4, 2], ["tanh", output], sx.training(loss=loss))
    before = net.value

    with pytest.raises(LossError, match=f"layer 1 has no gradient: {output.kind}"):
        sx.train(net, blobs(), 1)

    assert net.value is before


@pytest.mark.parametrize("hidden", [f for f in FUNCTIONS if not f.differentiable], ids=str)
def test_nor_is_what_lies_before_it(hidden: Function) -> None:
    net = sx.mlp([3, 4, 2], [hidden, "softmax"]).value

    with pytest.raises(LossError, match=f"layer 0 has no gradient: {hidden.kind}"):
        learner(net, blobs())
