"""Programs: what they compute, in which type, in whose memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import Activation as Function
from synapse_rx.backends import NumpyBackend
from synapse_rx.layers import Activation, Dense
from synapse_rx.losses import Loss
from synapse_rx.network import Arch, fresh_params
from synapse_rx.network.program import Program
from tests.scratches import growth, peak_allocation, quiet

ARCH = Arch((2, 3), [Dense(5, "tanh"), Dense(4, "relu"), Dense(3, "softmax")])


def program(arch: Arch = ARCH, n: int = 4, dtype: str = "float64", *, learns: bool = True) -> Program:
    theta = np.array(fresh_params(arch, 3, dtype).flat)
    grad = np.zeros_like(theta) if learns else None
    return Program(arch, NumpyBackend(), n, theta, grad, np.random.default_rng(0))


def batch(arch: Arch = ARCH, n: int = 4, dtype: str = "float64") -> tuple[Any, Any]:
    rng = np.random.default_rng(5)
    t = np.eye(arch.out_shape[-1])[rng.integers(0, arch.out_shape[-1], n)]
    return rng.standard_normal((n, *arch.in_shape)).astype(dtype), t.astype(dtype)


def learn(p: Program, x: Any, t: Any, loss: str = "categorical_cross_entropy") -> tuple[Any, Any]:
    """
    Return outputs and losses of one pass.
    """
    values = np.empty(len(x), x.dtype)
    with quiet():
        y = p.learn(x, t, Loss.of(loss), values, 1 / len(x))
    return y, values


def test_outputs_are_those_of_the_formula() -> None:
    x, _ = batch()
    params = fresh_params(ARCH, 3, "float64")
    y = x.reshape(4, 6)
    y = np.tanh(y @ params["0.W"] + params["0.b"])
    y = np.maximum(y @ params["1.W"] + params["1.b"], 0)
    y = np.exp(y @ params["2.W"] + params["2.b"])
    y = y / y.sum(axis=1, keepdims=True)

    np.testing.assert_allclose(program(learns=False).forward(x), y, rtol=1e-13)


def test_learning_gives_the_outputs_of_inference() -> None:
    x, t = batch()

    y, _ = learn(program(), x, t)

    np.testing.assert_allclose(y, program(learns=False).forward(x), rtol=1e-13)


@pytest.mark.parametrize("loss", ["categorical_cross_entropy", "squared_error"])
def test_a_batch_is_the_mean_of_its_samples(loss: str) -> None:
    x, t = batch(n=6)
    whole, alone = program(n=6), program(n=1)
    learn(whole, x, t, loss)

    grads = []
    for k in range(6):
        learn(alone, x[k : k + 1], t[k : k + 1], loss)
        grads.append(_grad(alone))

    np.testing.assert_allclose(_grad(whole), np.mean(grads, axis=0), rtol=1e-10, atol=1e-14)


def test_a_smaller_batch_works_in_slices_of_the_memory_of_the_largest() -> None:
    x, t = batch(n=8)
    one, other = program(n=8), program(n=3)
    learn(one, x, t)
    held = one.nbytes

    y, values = learn(one, x[:3], t[:3])

    expected = learn(other, x[:3], t[:3])
    np.testing.assert_allclose(y, expected[0], rtol=1e-13)
    np.testing.assert_allclose(values, expected[1], rtol=1e-13)
    np.testing.assert_allclose(_grad(one), _grad(other), rtol=1e-10, atol=1e-15)
    assert one.nbytes == held


def test_a_batch_larger_than_its_memory_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError, match="a batch of 5 in memory made for 4"):
        program().forward(batch(n=5)[0])


def test_passes_of_different_sizes_may_take_turns() -> None:
    p, (x, t) = program(n=8), batch(n=8)
    expected = learn(program(n=8), x, t)[1]

    for n in (8, 3, 1, 8):
        _, values = learn(p, x[:n], t[:n])
        np.testing.assert_allclose(values, expected[:n], rtol=1e-12)


@pytest.mark.parametrize("name", [f.kind for f in Function.members() if f.function_field is None])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_buffer_is_of_the_networks_type(name: str, dtype: str) -> None:
    arch = Arch((2, 3), [Dense(5, name), Activation(name), Dense(3, name)])
    p, (x, t) = program(arch, dtype=dtype), batch(arch, dtype=dtype)
    if Function.of(name).differentiable:
        learn(p, x, t, "squared_error")
    else:
        p.forward(x)

    buffers = [node.buffers for node in p._row.walk()] + [p._buffers]
    kept = [array.dtype.name for each in buffers for array in each._arrays.values()]
    assert kept
    assert {kind for kind in kept if kind.startswith("float")} == {dtype}
    assert p.forward(x).dtype == dtype


def test_a_thousand_steps_hold_no_more_memory_than_one() -> None:
    p, (x, t) = program(dtype="float32"), batch(dtype="float32")
    values, loss = np.empty(4, np.float32), Loss.of("categorical_cross_entropy")

    def steps(count: int) -> None:
        for k in range(count):
            n = 4 - k % 2
            p.learn(x[:n], t[:n], loss, values[:n], 1 / n)

    assert growth(lambda: steps(500)) < 500


def test_a_pass_allocates_no_arrays() -> None:
    arch = Arch(64, [Dense(64, "tanh"), Dense(64, "relu"), Dense(64, "softmax")])
    p, (x, t) = program(arch, 4096, "float32"), batch(arch, 4096, "float32")

    assert peak_allocation(lambda: learn(p, x, t)) < x.nbytes / 8


def test_the_gradient_is_written_over_and_not_added_up() -> None:
    p, (x, t) = program(), batch()
    learn(p, x, t)
    once = _grad(p)

    learn(p, x, t)

    np.testing.assert_array_equal(_grad(p), once)


def test_samples_targets_and_parameters_are_left_alone() -> None:
    p, (x, t) = program(), batch()
    theta = fresh_params(ARCH, 3, "float64").flat

    learn(p, x, t)

    np.testing.assert_array_equal(x, batch()[0])
    np.testing.assert_array_equal(t, batch()[1])
    np.testing.assert_array_equal(_theta(p), theta)


def test_changed_parameters_are_seen_at_once() -> None:
    theta = np.array(fresh_params(ARCH, 3, "float64").flat)
    p, (x, _) = Program(ARCH, NumpyBackend(), 4, theta), batch()
    before = p.forward(x).copy()

    theta *= 2

    assert not np.allclose(p.forward(x), before)


def test_a_network_without_parameters_computes_all_the_same() -> None:
    arch = Arch(3, [Activation("tanh"), Activation("softmax")])
    p, (x, t) = program(arch), batch(arch)

    y, values = learn(p, x, t)

    expected = np.exp(np.tanh(x))
    np.testing.assert_allclose(y, expected / expected.sum(axis=1, keepdims=True), rtol=1e-13)
    assert np.isfinite(values).all()


def test_layers_that_do_not_learn_keep_their_gradient_and_need_none_behind_them() -> None:
    theta, x_t = np.array(fresh_params(ARCH, 3, "float64").flat), batch()
    grad = np.full_like(theta, 7)
    p = Program(ARCH, NumpyBackend(), 4, theta, grad, frozen={0, 1})
    free = program()

    learn(p, *x_t)
    learn(free, *x_t)

    head = ARCH.layout.views(grad, (2,))
    np.testing.assert_array_equal(head["W"], ARCH.layout.views(_grad(free), (2,))["W"])
    assert (ARCH.layout.views(grad, (0,))["W"] == 7).all()


@pytest.mark.peer("torch")
@pytest.mark.parametrize("loss", ["categorical_cross_entropy", "squared_error"])
def test_outputs_losses_and_gradients_are_those_of_pytorch(loss: str) -> None:
    torch = pytest.importorskip("torch")
    p, (x, t) = program(), batch()
    y, values = learn(p, x, t, loss)

    tensors = {
        name: torch.tensor(np.array(value), requires_grad=True)
        for name, value in fresh_params(ARCH, 3, "float64").items()
    }
    z = torch.tensor(x).reshape(4, 6)
    for k, f in enumerate((torch.tanh, torch.relu, lambda z: z)):
        z = f(z @ tensors[f"{k}.W"] + tensors[f"{k}.b"])
    output, target = torch.softmax(z, 1), torch.tensor(t)
    if loss == "squared_error":
        losses = ((output - target) ** 2).sum(1) / 2
    else:
        losses = torch.nn.functional.cross_entropy(z, target, reduction="none")
    losses.mean().backward()

    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(values, losses.detach().numpy(), rtol=1e-10)
    grads = np.concatenate([tensor.grad.numpy().ravel() for tensor in tensors.values()])
    np.testing.assert_allclose(_grad(p), grads, rtol=1e-10, atol=1e-14)


def _grad(p: Program) -> Any:
    """Return a copy of the gradients of a program, as one vector."""
    return np.concatenate([grad.ravel() for node in p._row.walk() for grad in node.grads.values()])


def _theta(p: Program) -> Any:
    return np.concatenate([array.ravel() for node in p._row.walk() for array in node.params.values()])
