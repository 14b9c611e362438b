"""Networks learn, and learn what PyTorch learns from the same weights and batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.snapshot import Net
from tests.nets import blobs, trained

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    ("hidden", "output", "loss"),
    [("tanh", "sigmoid", "cross_entropy"), ("tanh", "linear", "squared_error"), ("gelu", "linear", "mse")],
)
def test_a_hidden_layer_learns_exclusive_or(hidden: str, output: str, loss: str, seed: int) -> None:
    data = sx.training_set(XOR, [[0], [1], [1], [0]])
    how = sx.training("backprop", learning_rate=0.2, momentum=0.9, loss=loss, seed=seed)

    net = trained(sx.mlp([2, 8, 1], [hidden, output], how).value, data, 600)

    np.testing.assert_allclose(sx.outputs(net, XOR).ravel(), [0, 1, 1, 0], atol=0.1)


def test_without_a_hidden_layer_there_is_no_exclusive_or() -> None:
    data = sx.training_set(XOR, [[0], [1], [1], [0]])

    net = trained(sx.mlp([2, 1], "sigmoid").value, data, 300)

    np.testing.assert_allclose(sx.outputs(net, XOR).ravel(), [0.5] * 4, atol=0.1)


def test_a_linear_network_finds_the_line_the_values_were_made_from() -> None:
    x = np.random.default_rng(4).standard_normal((50, 3))
    data = sx.training_set(x, x @ [[1.0], [-2.0], [0.5]] + 3, batch=10)

    net = trained(sx.mlp([3, 1], "linear", sx.training(learning_rate=0.1), dtype="float64").value, data, 100)

    np.testing.assert_allclose(net.params.flat, [1, -2, 0.5, 3], atol=1e-5)


@pytest.mark.parametrize(
    ("units", "activations", "options"),
    [
        ([64, 100, 10], ["sigmoid", "softmax"], {"learning_rate": 0.5, "momentum": 0.9}),
        ([64, 60, 10], ["relu", "softmax"], {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ],
    ids=str,
)
def test_handwritten_digits_are_read(
    units: list[int], activations: list[str], options: dict[str, Any]
) -> None:
    pytest.importorskip("sklearn")
    data = sx.load_training_set("digits")

    net = trained(sx.mlp(units, activations, sx.training("backprop", **options)).value, data, 15)

    assert sx.evaluate(net, sx.load_test_set("digits")).accuracy >= 0.96


@pytest.mark.peer("torch")
@pytest.mark.parametrize(
    ("output", "loss", "options"),
    [
        ("softmax", "cross_entropy", {}),
        ("softmax", "cross_entropy", {"momentum": 0.9}),
        ("softmax", "cross_entropy", {"momentum": 0.9, "nesterov": True}),
        ("sigmoid", "binary_cross_entropy", {"momentum": 0.9}),
        ("linear", "mse", {"momentum": 0.9}),
    ],
    ids=str,
)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
def test_the_parameters_are_those_of_pytorch(
    output: str, loss: str, options: dict[str, Any], dtype: Any, tolerance: float
) -> None:
    data = blobs(23, shuffle="epoch", dtype=dtype)
    how = sx.training("backprop", learning_rate=0.1, loss=loss, **options)
    net = sx.mlp([3, 6, 5, 2], ["tanh", "relu", output], how, dtype=dtype).value

    ours = trained(net, data, 2)

    theirs = with_pytorch(net, data, 2, loss, **options)
    ahead = _looked_ahead(ours) if options.get("nesterov") else ours.params.flat
    np.testing.assert_allclose(ahead, theirs, rtol=tolerance, atol=tolerance)


def with_pytorch(net: Net, data: sx.TrainingSet, epochs: int, loss: str, **options: Any) -> Any:
    """
    Return the parameters after the same steps taken by PyTorch.
    """
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    tensors = {n: torch.tensor(np.array(v), requires_grad=True) for n, v in net.params.items()}
    optimizer = torch.optim.SGD(list(tensors.values()), lr=0.1, **options)
    losses = {
        "cross_entropy": functional.cross_entropy,
        "binary_cross_entropy": lambda z, t: (
            functional.binary_cross_entropy_with_logits(z, t, reduction="none").sum(1).mean()
        ),
        "mse": functional.mse_loss,
    }
    for epoch in range(epochs):
        shuffled = data.data.take(data.order(epoch))
        for part in data.batch_slices():
            z = torch.tensor(np.array(shuffled.x[part]))
            for k, f in enumerate((torch.tanh, torch.relu, lambda z: z)):
                z = f(z @ tensors[f"{k}.W"] + tensors[f"{k}.b"])
            optimizer.zero_grad()
            losses[loss](z, torch.tensor(np.array(shuffled.y[part]))).backward()  # type: ignore[index]
            optimizer.step()
    return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors.values()])


def _looked_ahead(net: Net) -> Any:
    """Return theta + momentum v, the point PyTorch keeps (Bengio et al., 2013, equation 7)."""
    momentum = net.training.algorithm.momentum  # type: ignore[attr-defined]
    return net.params.flat + np.float64(momentum) * net.training.state.slots["velocity"]


def test_learning_goes_on_where_another_learning_rate_takes_over() -> None:
    data = blobs()
    net = trained(sx.mlp([3, 4, 2], ["tanh", "softmax"]).value, data, 3)

    still = trained(sx.with_learning_rate(net, 0.0), data)

    np.testing.assert_array_equal(still.params.flat, net.params.flat)
    assert evolve(still, params=net.params).training.stats.epochs == 4
