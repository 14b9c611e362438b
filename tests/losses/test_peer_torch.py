"""The same numbers as PyTorch, to 1e-10 in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Loss,
    MeanSquaredError,
    SquaredError,
)
from tests.scratches import quiet, scratch

pytestmark = pytest.mark.peer("torch")

PEERS = [
    (
        BinaryCrossEntropy(),
        lambda F, z, t: F.binary_cross_entropy_with_logits(z, t, reduction="none").sum(1),
    ),
    (CategoricalCrossEntropy(), lambda F, z, t: F.cross_entropy(z, t, reduction="none")),
    (MeanSquaredError(), lambda F, z, t: F.mse_loss(z, t, reduction="none").mean(1)),
    (SquaredError(), lambda F, z, t: F.mse_loss(z, t, reduction="none").sum(1) / 2),
]


@pytest.mark.parametrize(("loss", "peer"), PEERS, ids=lambda x: x.kind if isinstance(x, Loss) else "")
def test_losses_from_logits_are_those_of_pytorch(loss: Loss, peer: Any, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    z, t = 20 * rng.standard_normal((16, 5)), rng.dirichlet(np.ones(5), 16)
    y, dz, result = np.empty_like(z), np.empty_like(z), np.empty(16)
    with quiet():
        loss.linked(z, y, t, result, dz, 1 / 16, scratch(16))

    x = torch.tensor(z, requires_grad=True)
    expected = peer(torch.nn.functional, x, torch.tensor(t))
    expected.mean().backward()

    np.testing.assert_allclose(result, expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(dz, x.grad.numpy(), rtol=1e-10, atol=1e-10)


def test_the_binary_cross_entropy_of_outputs_is_that_of_pytorch(rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    y, t = rng.random((16, 5)), rng.random((16, 5))
    dy, result, s = np.empty_like(y), np.empty(16), scratch(16)
    BinaryCrossEntropy().values(y, t, result, s)
    BinaryCrossEntropy().gradient(y, t, dy, 1.0, s)

    x = torch.tensor(y, requires_grad=True)
    expected = torch.nn.functional.binary_cross_entropy(x, torch.tensor(t), reduction="none").sum(1)
    expected.sum().backward()

    np.testing.assert_allclose(result, expected.detach().numpy(), rtol=1e-10)
    np.testing.assert_allclose(dy, x.grad.numpy(), rtol=1e-10)
