"""The same gradients as PyTorch's autograd, in float64, for functions made of many parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.autodiff import grad, value_and_grad

pytestmark = pytest.mark.peer("torch")

SHAPES = {"x": (5, 4), "w": (4, 6), "b": (6,), "v": (6, 3), "q": (2, 3, 4)}


def perceptron(p: Any) -> Any:
    h = np.maximum(p["x"] @ p["w"] + p["b"], 0.1 * (p["x"] @ p["w"] + p["b"]))
    z = h @ p["v"]
    z = z - z.max(axis=1, keepdims=True)
    return -np.mean((z - np.log(np.exp(z).sum(axis=1, keepdims=True)))[np.arange(5), [0, 1, 2, 1, 0]])


def torch_perceptron(torch: Any, p: Any) -> Any:
    h = torch.nn.functional.leaky_relu(p["x"] @ p["w"] + p["b"], 0.1)
    return torch.nn.functional.cross_entropy(h @ p["v"], torch.tensor([0, 1, 2, 1, 0]))


def attention(p: Any) -> Any:
    q, k = p["q"], np.tanh(p["q"][:, ::-1])
    scores = np.einsum("nic,njc->nij", q, k) / np.sqrt(q.shape[-1])
    shares = np.exp(scores - np.logaddexp.reduce(scores, axis=-1, keepdims=True))
    return np.sum(np.swapaxes(shares @ q, 1, 2) ** 2) + np.linalg.norm(shares)


def torch_attention(torch: Any, p: Any) -> Any:
    q, k = p["q"], torch.tanh(torch.flip(p["q"], [1]))
    shares = torch.softmax(torch.einsum("nic,njc->nij", q, k) / 2, -1)
    return ((shares @ q) ** 2).sum() + shares.norm()


def normalized(p: Any) -> Any:
    x = (p["x"] - p["x"].mean(0)) / np.sqrt(p["x"].var(0, ddof=1) + 1e-5)
    joined = np.concatenate([x, np.cumsum(x, axis=1), np.sort(x, axis=0)], axis=1)
    return (
        np.sum(np.prod(np.stack([joined, joined + 2]), axis=0)) * np.std(p["b"]) + np.log1p(np.abs(x)).sum()
    )


def torch_normalized(torch: Any, p: Any) -> Any:
    x = (p["x"] - p["x"].mean(0)) / torch.sqrt(p["x"].var(0) + 1e-5)
    joined = torch.cat([x, torch.cumsum(x, 1), torch.sort(x, 0).values], 1)
    scale = p["b"].std(correction=0)
    return torch.prod(torch.stack([joined, joined + 2]), 0).sum() * scale + torch.log1p(torch.abs(x)).sum()


def equations(p: Any) -> Any:
    a = p["w"] @ p["w"].T + np.eye(4)
    return np.linalg.slogdet(a)[1] + np.trace(np.linalg.inv(a)) + np.sum(np.linalg.solve(a, p["x"].T) ** 2)


def torch_equations(torch: Any, p: Any) -> Any:
    a = p["w"] @ p["w"].T + torch.eye(4, dtype=torch.float64)
    return torch.logdet(a) + torch.linalg.inv(a).trace() + (torch.linalg.solve(a, p["x"].T) ** 2).sum()


PAIRS = [
    (perceptron, torch_perceptron),
    (attention, torch_attention),
    (normalized, torch_normalized),
    (equations, torch_equations),
]


@pytest.fixture
def params(rng: np.random.Generator) -> dict[str, Any]:
    return {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}


@pytest.mark.parametrize(("mine", "theirs"), PAIRS, ids=lambda f: f.__name__)
def test_gradients_are_those_of_pytorch(mine: Any, theirs: Any, params: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    expected = theirs(torch, tensors)
    expected.backward()

    value, gradients = value_and_grad(mine)(params)

    assert value == pytest.approx(expected.item(), rel=1e-10)
    for name, tensor in tensors.items():
        wanted = np.zeros(SHAPES[name]) if tensor.grad is None else tensor.grad.numpy()
        np.testing.assert_allclose(gradients[name], wanted, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("mine", "theirs"), PAIRS, ids=lambda f: f.__name__)
def test_gradients_of_gradients_are_those_of_pytorch(mine: Any, theirs: Any, params: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    first = torch.autograd.grad(
        theirs(torch, tensors), list(tensors.values()), create_graph=True, allow_unused=True
    )
    sum((g**2).sum() for g in first if g is not None).backward()

    found = grad(lambda p: sum(np.sum(g**2) for g in grad(mine)(p).values()))(params)

    for name, tensor in tensors.items():
        wanted = np.zeros(SHAPES[name]) if tensor.grad is None else tensor.grad.numpy()
        np.testing.assert_allclose(found[name], wanted, rtol=1e-7, atol=1e-8)
