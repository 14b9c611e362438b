"""The same numbers as PyTorch, to 1e-10 in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiClassHinge,
    SquaredError,
)
from tests.losses.judged import judged
from tests.scratches import quiet, scratch

pytestmark = pytest.mark.peer("torch")

WEIGHTS = (1, 0.5, 2, 0, 3)

PEERS = [
    (
        BinaryCrossEntropy(),
        lambda F, z, t: F.binary_cross_entropy_with_logits(z, t, reduction="none").sum(1),
    ),
    (
        BinaryCrossEntropy(class_weights=WEIGHTS),
        lambda F, z, t: F.binary_cross_entropy_with_logits(
            z, t, weight=z.new_tensor(WEIGHTS), reduction="none"
        ).sum(1),
    ),
    (
        BinaryCrossEntropy(label_smoothing=0.2),
        lambda F, z, t: F.binary_cross_entropy_with_logits(z, 0.8 * t + 0.1, reduction="none").sum(1),
    ),
    (CategoricalCrossEntropy(), lambda F, z, t: F.cross_entropy(z, t, reduction="none")),
    (
        CategoricalCrossEntropy(label_smoothing=0.2),
        lambda F, z, t: F.cross_entropy(z, t, label_smoothing=0.2, reduction="none"),
    ),
    (
        CategoricalCrossEntropy(class_weights=WEIGHTS),
        lambda F, z, t: F.cross_entropy(z, t, weight=z.new_tensor(WEIGHTS), reduction="none"),
    ),
    (
        CategoricalCrossEntropy(0.2, WEIGHTS),
        lambda F, z, t: F.cross_entropy(
            z, t, weight=z.new_tensor(WEIGHTS), label_smoothing=0.2, reduction="none"
        ),
    ),
    (MeanSquaredError(), lambda F, z, t: F.mse_loss(z, t, reduction="none").mean(1)),
    (SquaredError(), lambda F, z, t: F.mse_loss(z, t, reduction="none").sum(1) / 2),
]


@pytest.mark.parametrize(("loss", "peer"), PEERS, ids=lambda x: str(x) if isinstance(x, Loss) else "")
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


OF_OUTPUTS = [
    (Huber(), lambda torch, y, t: torch.nn.functional.huber_loss(y, t, reduction="none").sum(1)),
    (
        Huber(0.3),
        lambda torch, y, t: torch.nn.functional.huber_loss(y, t, reduction="none", delta=0.3).sum(1),
    ),
    (MeanAbsoluteError(), lambda torch, y, t: torch.nn.functional.l1_loss(y, t, reduction="none").mean(1)),
    (SquaredError(), lambda torch, y, t: torch.nn.functional.mse_loss(y, t, reduction="none").sum(1) / 2),
    (MeanSquaredError(), lambda torch, y, t: torch.nn.functional.mse_loss(y, t, reduction="none").mean(1)),
]
OF_SIDES = [
    # For the side -1 PyTorch's hinge embedding loss is max(0, margin - y), for 1 it is y itself.
    (
        Hinge(2),
        lambda torch, y, t: torch.nn.functional.hinge_embedding_loss(
            (2 * t - 1) * y, torch.full_like(y, -1), margin=2, reduction="none"
        ).sum(1),
    ),
    (
        Hinge(),
        lambda torch, y, t: torch.nn.functional.margin_ranking_loss(
            y, torch.zeros_like(y), 2 * t - 1, margin=1, reduction="none"
        ).sum(1),
    ),
    (Hinge(squared=True), lambda torch, y, t: (1 - (2 * t - 1) * y).clamp(min=0).square().sum(1)),
    # The best rival alone, as one of two classes.
    (
        MultiClassHinge(),
        lambda torch, y, t: (
            2
            * torch.nn.functional.multi_margin_loss(
                torch.stack([(y * t).sum(1), (y - 1e9 * t).max(1).values], 1),
                torch.zeros(len(y), dtype=int),
                reduction="none",
            )
        ),
    ),
    (
        MultiClassHinge(0.5, squared=True),
        lambda torch, y, t: (
            2
            * torch.nn.functional.multi_margin_loss(
                torch.stack([(y * t).sum(1), (y - 1e9 * t).max(1).values], 1),
                torch.zeros(len(y), dtype=int),
                p=2,
                margin=0.5,
                reduction="none",
            )
        ),
    ),
]


@pytest.mark.parametrize(
    ("loss", "peer"), OF_OUTPUTS + OF_SIDES, ids=lambda x: str(x) if isinstance(x, Loss) else ""
)
def test_losses_of_outputs_are_those_of_pytorch(loss: Loss, peer: Any, rng: np.random.Generator) -> None:
    torch = pytest.importorskip("torch")
    sides = np.eye(5)[rng.integers(0, 5, 16)]
    y = rng.standard_normal((16, 5))
    t = rng.standard_normal((16, 5)) if (loss, peer) in OF_OUTPUTS else sides
    values, dy = judged(loss, y, t)

    x = torch.tensor(y, requires_grad=True)
    expected = peer(torch, x, torch.tensor(t))
    expected.sum().backward()

    np.testing.assert_allclose(values, expected.detach().numpy(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(dy, x.grad.numpy(), rtol=1e-10, atol=1e-10)
