"""Three updates as PyTorch makes them, to 1e-10 in float64."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from synapse_rx.algorithms import (
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    Algorithm,
    Backprop,
    NAdam,
    RMSprop,
    RProp,
)
from tests.problems import TinyProblem, drive

pytestmark = pytest.mark.peer("torch")

PEERS: list[tuple[Algorithm, str, dict[str, Any]]] = [
    (Backprop(0.05), "SGD", {"lr": 0.05}),
    (Backprop(0.05, momentum=0.9), "SGD", {"lr": 0.05, "momentum": 0.9}),
    (RProp(), "Rprop", {"lr": 0.01}),
    (RProp(0.1, max_step=0.11), "Rprop", {"lr": 0.1, "step_sizes": (1e-6, 0.11)}),
    (RMSprop(0.01, 0.99), "RMSprop", {"lr": 0.01, "alpha": 0.99}),
    (RMSprop(0.01, 0.9, momentum=0.8), "RMSprop", {"lr": 0.01, "alpha": 0.9, "momentum": 0.8}),
    (RMSprop(0.01, 0.9, centered=True), "RMSprop", {"lr": 0.01, "alpha": 0.9, "centered": True}),
    (
        RMSprop(0.01, 0.9, 1e-4, centered=True, momentum=0.5),
        "RMSprop",
        {"lr": 0.01, "alpha": 0.9, "eps": 1e-4, "centered": True, "momentum": 0.5},
    ),
    (Adam(), "Adam", {}),
    (Adam(0.1, 0.5, 0.7, 1e-3), "Adam", {"lr": 0.1, "betas": (0.5, 0.7), "eps": 1e-3}),
    (Adam(0.1, 0.5, 0.3, amsgrad=True), "Adam", {"lr": 0.1, "betas": (0.5, 0.3), "amsgrad": True}),
    (Adam(0.1, beta1=0.0), "Adam", {"lr": 0.1, "betas": (0.0, 0.999)}),
    (AdamW(0.1), "AdamW", {"lr": 0.1}),
    (AdamW(0.1, 0.8, 0.9, weight_decay=0.3), "AdamW", {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.3}),
    (AdamW(0.1, beta2=0.3, amsgrad=True), "AdamW", {"lr": 0.1, "betas": (0.9, 0.3), "amsgrad": True}),
    (NAdam(), "NAdam", {}),
    (
        NAdam(0.1, 0.8, 0.9, 1e-4, 0.1),
        "NAdam",
        {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-4, "momentum_decay": 0.1},
    ),
    (NAdam(0.1, beta1=0.0), "NAdam", {"lr": 0.1, "betas": (0.0, 0.999)}),
    (Adadelta(decay=0.9), "Adadelta", {}),
    (Adadelta(0.5, 0.95, 1e-3), "Adadelta", {"lr": 0.5, "rho": 0.95, "eps": 1e-3}),
    (Adagrad(), "Adagrad", {}),
    (Adagrad(0.3, 0.2, 1e-3), "Adagrad", {"lr": 0.3, "initial_accumulator_value": 0.2, "eps": 1e-3}),
]


@pytest.fixture
def torch() -> Iterator[Any]:
    """
    PyTorch with float64 as the type of everything, also of what optimisers count with.
    """
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


@pytest.mark.parametrize(("algorithm", "name", "options"), PEERS, ids=lambda value: str(value)[:60])
def test_updates_are_those_of_pytorch(
    algorithm: Algorithm, name: str, options: dict[str, Any], torch: Any, rng: np.random.Generator
) -> None:
    start = rng.standard_normal(20)
    gradients = rng.standard_normal((3, 20)) * np.logspace(-6, 2, 20)
    gradients[:, 3] = 0
    given = iter(gradients)
    problem = TinyProblem(lambda theta: (0.0, next(given)), start, block=7)
    weights = torch.tensor(start, requires_grad=True)
    peer = getattr(torch.optim, name)([weights], **options)
    state = algorithm.init(problem)

    for gradient in gradients:
        drive(algorithm, problem, state, 1)
        weights.grad = torch.tensor(gradient)
        peer.step()

        np.testing.assert_allclose(problem.theta, weights.detach().numpy(), rtol=1e-10, atol=1e-10)
    assert not np.array_equal(problem.theta, start)
