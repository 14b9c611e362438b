"""The same numbers as PyTorch, to 1e-8 in float64, running statistics included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.layers import BatchNorm, Layer, LayerNorm, PReLU
from tests.contracts.layer import Chain

pytestmark = pytest.mark.peer("torch")

CLOSE = {"rtol": 1e-8, "atol": 1e-8}


def passes(module: Any, x: Any, dy: Any, parameters: Any) -> tuple[Any, Any, list[Any]]:
    """Return what PyTorch makes of x, the gradient by x, and those by the parameters."""
    torch = pytest.importorskip("torch")
    inputs = torch.tensor(x, requires_grad=True)
    y = module(inputs)
    module.zero_grad()
    y.backward(torch.tensor(dy))
    return y.detach().numpy(), inputs.grad.numpy(), [p.grad.numpy() for p in parameters]


def with_parameters(module: Any, chain: Chain) -> Any:
    """Give a PyTorch module the parameters of ``chain``, in the order of both."""
    torch = pytest.importorskip("torch")
    start = 0
    for parameter in module.parameters():
        end = start + parameter.numel()
        parameter.data = torch.tensor(chain.theta[start:end].reshape(parameter.shape))
        start = end
    assert start == chain.theta.size
    return module


def compare(layer: Layer, module: Any, shape: tuple[int, ...], n: int, rng: np.random.Generator) -> Chain:
    chain = Chain(layer, shape, n)
    chain.theta[...] = rng.standard_normal(chain.theta.size)
    module = with_parameters(module.double(), chain)
    for _ in range(4):
        x, dy = 3 * rng.standard_normal((n, *shape)) + 2, rng.standard_normal((n, *shape))
        y = chain.forward(x)
        dx = chain.backward(dy)

        expected, gradient, by_parameters = passes(module, x, dy, list(module.parameters()))
        np.testing.assert_allclose(y, expected, **CLOSE)
        np.testing.assert_allclose(dx, gradient, **CLOSE)
        np.testing.assert_allclose(chain.grad, np.concatenate([[], *map(np.ravel, by_parameters)]), **CLOSE)
    return chain


@pytest.mark.parametrize("momentum", [0.1, 0.7, 1.0])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    ("kind", "shape"), [("BatchNorm1d", (5,)), ("BatchNorm1d", (3, 4)), ("BatchNorm2d", (3, 2, 5))]
)
def test_batch_norm_and_its_running_values_over_several_batches(
    kind: str, shape: tuple[int, ...], affine: bool, momentum: float, rng: np.random.Generator
) -> None:
    torch = pytest.importorskip("torch")
    module = getattr(torch.nn, kind)(shape[0], eps=1e-3, momentum=momentum, affine=affine)

    chain = compare(BatchNorm(momentum=momentum, epsilon=1e-3, affine=affine), module, shape, 6, rng)

    running = np.concatenate([module.running_mean.numpy(), module.running_var.numpy()])
    np.testing.assert_allclose(chain.kept, running, **CLOSE)


def test_batch_norm_per_element_is_that_of_flat_samples(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.BatchNorm1d(24), torch.nn.Unflatten(1, (2, 3, 4))
    )

    compare(BatchNorm("element"), module, (2, 3, 4), 6, rng)


@pytest.mark.parametrize("shape", [(5,), (3, 2, 5)])
def test_batch_norm_in_use(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    module = (torch.nn.BatchNorm1d if len(shape) == 1 else torch.nn.BatchNorm2d)(shape[0])
    layer = BatchNorm()
    learnt = compare(layer, module, shape, 6, rng)
    chain = Chain(layer, shape, 3, training=False)
    chain.theta[...], chain.kept[...] = learnt.theta, learnt.kept
    x = rng.standard_normal((3, *shape))

    expected = module.eval()(torch.tensor(x)).detach().numpy()

    np.testing.assert_allclose(chain.forward(x), expected, **CLOSE)


@pytest.mark.parametrize(
    ("axes", "shape", "normalized"),
    [
        (-1, (5,), (5,)),
        (-1, (3, 5), (5,)),
        ((-2, -1), (3, 2, 5), (2, 5)),
        (None, (3, 2, 5), (3, 2, 5)),
        ((1, 2), (3, 2, 5), (2, 5)),
    ],
)
@pytest.mark.parametrize("affine", [True, False])
def test_layer_norm(
    axes: Any, shape: tuple[int, ...], normalized: tuple[int, ...], affine: bool, rng: np.random.Generator
) -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.LayerNorm(normalized, eps=1e-4, elementwise_affine=affine)

    compare(LayerNorm(axes, epsilon=1e-4, affine=affine), module, shape, 4, rng)


@pytest.mark.parametrize(
    ("per", "shape", "slopes"), [("layer", (3, 2), 1), ("channel", (5,), 5), ("channel", (3, 2, 5), 3)]
)
def test_prelu(per: str, shape: tuple[int, ...], slopes: int, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")

    compare(PReLU(per), torch.nn.PReLU(slopes), shape, 4, rng)
