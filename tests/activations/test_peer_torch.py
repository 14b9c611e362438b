"""The same numbers as PyTorch, to 1e-10 in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import ELU, GELU, Activation, ClippedReLU, LeakyReLU, LogSoftmax, Softmax
from tests.scratches import quiet, scratch

pytestmark = pytest.mark.peer("torch")

PEERS = [
    (Activation.of("linear"), lambda F, x: x * 1),
    (Activation.of("sigmoid"), lambda F, x: F.sigmoid(x)),
    (Activation.of("tanh"), lambda F, x: F.tanh(x)),
    (Activation.of("softmax"), lambda F, x: F.softmax(x, -1)),
    (Activation.of("relu"), lambda F, x: F.relu(x)),
    (LeakyReLU(0.2), lambda F, x: F.leaky_relu(x, 0.2)),
    (ELU(), lambda F, x: F.elu(x)),
    (ELU(0.3), lambda F, x: F.elu(x, 0.3)),
    (GELU(), lambda F, x: F.gelu(x)),
    (GELU(approximate=True), lambda F, x: F.gelu(x, approximate="tanh")),
    (Activation.of("softplus"), lambda F, x: F.softplus(x, threshold=1e9)),
    (Activation.of("swish"), lambda F, x: F.silu(x)),
    (Activation.of("selu"), lambda F, x: F.selu(x)),
    (Activation.of("mish"), lambda F, x: F.mish(x)),
    (Activation.of("hard_swish"), lambda F, x: F.hardswish(x)),
    (ClippedReLU(), lambda F, x: F.relu6(x)),
    (ClippedReLU(2), lambda F, x: F.hardtanh(x, 0, 2)),
    (Activation.of("log_softmax"), lambda F, x: F.log_softmax(x, -1)),
]
ALONG = [
    (member(axis=axis), axis, name)
    for member, name in ((Softmax, "softmax"), (LogSoftmax, "log_softmax"))
    for axis in (0, 1, 2, -1, -2, -3)
]


@pytest.mark.parametrize(("f", "peer"), PEERS, ids=lambda x: repr(x) if isinstance(x, Activation) else "")
def test_values_and_gradients_are_those_of_pytorch(
    f: Activation, peer: Any, rng: np.random.Generator
) -> None:
    torch = pytest.importorskip("torch")
    z, dy = 4 * rng.standard_normal((30, 7)), rng.standard_normal((30, 7))
    # Where kinks are, PyTorch's choice of the derivative is ours.
    z[0], z[1], z[2], z[3], z[4] = 0, 3, -3, 6, 2
    y, dz, s = np.empty_like(z), np.empty_like(z), scratch(30)
    with quiet():
        f.forward(z, y, s)
        f.backward(z, y, dy, dz, s)

    x = torch.tensor(z, requires_grad=True)
    expected = peer(torch.nn.functional, x)
    expected.backward(torch.tensor(dy))

    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(dz, x.grad.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("f", "axis", "name"), ALONG, ids=str)
def test_activations_along_any_axis_are_those_of_pytorch(
    f: Activation, axis: int, name: str, rng: np.random.Generator
) -> None:
    torch = pytest.importorskip("torch")
    z, dy = 4 * rng.standard_normal((5, 2, 3, 4)), rng.standard_normal((5, 2, 3, 4))
    y, dz, s = np.empty_like(z), np.empty_like(z), scratch(5)
    f.forward(z, y, s)
    f.backward(z, y, dy, dz, s)

    x = torch.tensor(z, requires_grad=True)
    expected = getattr(torch, name)(x, axis + 1 if axis >= 0 else axis)
    expected.backward(torch.tensor(dy))

    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dz, x.grad.numpy(), rtol=1e-12, atol=1e-12)
