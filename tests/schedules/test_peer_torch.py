"""The same values as PyTorch's schedulers, stepped once an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.schedules import Cosine, Exponential, Linear, OneCycle, ReduceOnPlateau, Schedule, Step
from tests.schedules.histories import after

pytestmark = pytest.mark.peer("torch")

PEERS: list[tuple[Schedule, str, dict[str, Any]]] = [
    (Cosine(0.5, 50, end=0.1), "CosineAnnealingLR", {"T_max": 50, "eta_min": 0.1}),
    (Exponential(0.5, 0.9), "ExponentialLR", {"gamma": 0.9}),
    (Step(0.5, 0.2, every=7), "StepLR", {"step_size": 7, "gamma": 0.2}),
    (Step(0.5, 0.2, at=[3, 11]), "MultiStepLR", {"milestones": [3, 11], "gamma": 0.2}),
    (Linear(0.05, 0.5, 10), "LinearLR", {"start_factor": 0.1, "total_iters": 10}),
    # PyTorch reaches the end with its last step and the peak a step before 0.3 of all
    (
        OneCycle(0.5, 49, rise=14 / 49),
        "OneCycleLR",
        {"max_lr": 0.5, "total_steps": 50, "cycle_momentum": False},
    ),
]
PLATEAUS = [
    {"patience": 0},
    {"patience": 3},
    {"patience": 1, "threshold": 0.05},
    {"patience": 2, "cooldown": 3},
]


def optimizer(torch: Any, rate: float) -> Any:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)


@pytest.mark.parametrize(("schedule", "name", "options"), PEERS, ids=lambda value: str(value)[:40])
def test_values_are_those_of_pytorch(schedule: Schedule, name: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    peer = getattr(torch.optim.lr_scheduler, name)(optimizer(torch, 0.5), **options)

    for epoch in range(50):
        assert schedule.at(float(epoch), 10 * epoch) == pytest.approx(peer.get_last_lr()[0], rel=1e-9)
        peer.optimizer.step()
        if epoch < 49:
            peer.step()


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
def test_plateaus_are_those_of_pytorch(options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    losses = (np.exp(-np.arange(60) / 20) + 0.05 * np.random.default_rng(1).random(60)).tolist()
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer(torch, 1.0), factor=0.5, **options)
    schedule = ReduceOnPlateau(1.0, 0.5, **options)

    for n, loss in enumerate(losses):
        peer.step(loss)
        assert schedule.at(n + 1.0, n, after(losses[: n + 1])) == peer.optimizer.param_groups[0]["lr"]
    assert peer.optimizer.param_groups[0]["lr"] < 1
