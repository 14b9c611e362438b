"""The contract that every loss keeps behind every activation; new ones are covered by their export lines alone."""

from __future__ import annotations

import itertools
import re
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.activations import ELU, GELU, Activation, LeakyReLU, Linear, Sigmoid, Softmax, Swish
from synapse_rx.errors import LossError
from synapse_rx.losses import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    Censored,
    CrossEntropy,
    Hinge,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiClassHinge,
    SquaredError,
    WeightedSum,
)
from tests.scratches import central_differences, peak_allocation, quiet, scratch

ACTIVATIONS = [
    *(member() for member in Activation.members() if member.function_field is None),
    LeakyReLU(0.2),
    ELU(0.5),
    GELU(approximate=True),
    Swish(2.5),
]
NAMED = [
    *(
        member()
        for member in Loss.members()
        if all(f.default is not attrs.NOTHING for f in attrs.fields(member))
    ),
    CategoricalCrossEntropy(label_smoothing=0.1),
    BinaryCrossEntropy(label_smoothing=0.1),
    Huber(delta=0.3),
    Hinge(margin=0.5, squared=True),
    MultiClassHinge(margin=0.5, squared=True),
    WeightedSum(((0.3, "squared_error"), (0.7, CrossEntropy(label_smoothing=0.2)), (2, "huber"))),
    WeightedSum([(0.5, "mae"), (2, "mse")]),
    Censored("cross_entropy"),
    Censored("mean_squared_error"),
    Censored("multi_class_hinge"),
    WeightedSum([(0.5, Censored("cross_entropy")), (2, Censored("huber"))]),
]


def chosen(loss: Loss, f: Activation) -> Loss | None:
    """
    Return the loss that judges the outputs of f, or None where that is refused.
    """
    try:
        return loss.for_output(f)
    except LossError:
        return None


PAIRS = list(itertools.product(NAMED, ACTIVATIONS))
ALLOWED = [(loss, f) for named, f in PAIRS if (loss := chosen(named, f)) is not None]
TRAINABLE = [(loss, f) for loss, f in ALLOWED if f.differentiable and f.exact]
LINKED = [(loss, f) for loss, f in TRAINABLE if loss.links(f)]
LOSSES = list(
    {
        (loss, loss.links(f)): loss for loss, f in TRAINABLE if isinstance(f, Linear | Sigmoid | Softmax)
    }.values()
)
FREE_WHEN_RIGHT = [loss for loss in LOSSES if not re.search("Centre|Hinge|smoothing=0.[1-9]", repr(loss))]


def forward(f: Activation, z: Any, s: Any) -> Any:
    y = np.empty_like(z)
    with quiet():
        f.forward(z, y, s)
    return y


def values(loss: Loss, f: Activation, z: Any, t: Any) -> Any:
    s, result = scratch(len(z), z.dtype), np.full(len(z), 7, z.dtype)
    y = forward(f, z, s)
    with quiet():
        loss.values(y, t, result, s)
    return result


def gradient(loss: Loss, f: Activation, z: Any, t: Any, scale: float = 1.0) -> Any:
    """
    Return dL/dz through the activation's own backward pass.
    """
    s, dy, dz = scratch(len(z), z.dtype), np.full_like(z, 7), np.full_like(z, 7)
    y = forward(f, z, s)
    with quiet():
        loss.gradient(y, t, dy, scale, s)
        f.backward(z, y, dy, dz, s)
    return dz


def linked(loss: Loss, z: Any, t: Any, scale: float = 1.0) -> tuple[Any, Any, Any]:
    """
    Return y, values and dL/dz from logits.
    """
    y, result, dz = np.full_like(z, 7), np.full(len(z), 7, z.dtype), np.full_like(z, 7)
    with quiet():
        loss.linked(z, y, t, result, dz, scale, scratch(len(z), z.dtype))
    return y, result, dz


def logits(rng: np.random.Generator, n: int = 4, k: int = 3) -> Any:
    z = rng.standard_normal((n, k))
    return z + 0.01 * np.sign(z)


TARGETS = {
    "one-hot": lambda rng, n, k: np.eye(k)[rng.integers(0, k, n)],
    "soft": lambda rng, n, k: rng.dirichlet(np.ones(k), n),
    "independent": lambda rng, n, k: rng.random((n, k)),  # rows do not sum to 1
    "none": lambda rng, n, k: np.zeros((n, k)),
}


@pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize(("loss", "f"), TRAINABLE, ids=str)
def test_the_gradient_of_every_pair_is_that_of_central_differences(
    loss: Loss, f: Activation, targets: Any, rng: np.random.Generator
) -> None:
    z, t = logits(rng), targets(rng, 4, 3)

    expected = central_differences(lambda x: float(np.sum(values(loss, f, x, t))), z)

    np.testing.assert_allclose(gradient(loss, f, z, t), expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize(("loss", "f"), LINKED, ids=str)
class TestEveryLink:
    def test_it_gives_the_outputs_values_and_gradients_of_the_long_way(
        self, loss: Loss, f: Activation, targets: Any, rng: np.random.Generator
    ) -> None:
        z, t = 3 * logits(rng, 20, 5), targets(rng, 20, 5)

        y, result, dz = linked(loss, z, t, 0.25)

        np.testing.assert_allclose(y, forward(f, z, scratch(20)), rtol=1e-14)
        np.testing.assert_allclose(result, values(loss, f, z, t), rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(dz, gradient(loss, f, z, t, 0.25), rtol=1e-9, atol=1e-14)

    def test_it_survives_logits_of_a_thousand(
        self, loss: Loss, f: Activation, targets: Any, rng: np.random.Generator
    ) -> None:
        z = np.array([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0], [1000.0, 999.0, 1000.0]])
        t = targets(rng, 3, 3)

        for dtype in (np.float32, np.float64):
            y, result, dz = linked(loss, z.astype(dtype), t.astype(dtype))
            assert np.isfinite(y).all()
            assert np.isfinite(result).all()
            assert np.isfinite(dz).all()

    def test_a_single_output_is_as_good_as_several(
        self, loss: Loss, f: Activation, targets: Any, rng: np.random.Generator
    ) -> None:
        z, t = logits(rng, 5, 1), targets(rng, 5, 1)

        y, result, dz = linked(loss, z, t)

        np.testing.assert_allclose(y, forward(f, z, scratch(5)))
        np.testing.assert_allclose(result, values(loss, f, z, t), atol=1e-15)
        np.testing.assert_allclose(dz, gradient(loss, f, z, t), atol=1e-15)


@pytest.mark.parametrize(("loss", "f"), LINKED, ids=str)
def test_a_link_leaves_logits_and_targets_alone(loss: Loss, f: Activation, rng: np.random.Generator) -> None:
    z, t = logits(rng), rng.random((4, 3))
    before = z.copy(), t.copy()

    linked(loss, z, t)

    np.testing.assert_array_equal(z, before[0])
    np.testing.assert_array_equal(t, before[1])


@pytest.mark.parametrize(("loss", "f"), LINKED, ids=str)
def test_nan_logits_give_a_loss_that_is_nan(loss: Loss, f: Activation) -> None:
    z, t = np.array([[np.nan, 1.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])

    _, result, dz = linked(loss, z, t)

    np.testing.assert_array_equal(np.isnan(result), [True, False])
    assert np.isnan(dz[0, 0])


@pytest.mark.parametrize("loss", LOSSES, ids=str)
class TestEveryLoss:
    def test_float32_stays_float32_and_agrees_with_float64(
        self, loss: Loss, rng: np.random.Generator
    ) -> None:
        y, t = rng.dirichlet(np.ones(4), 10), rng.dirichlet(np.ones(4), 10)

        s64, v64, dy64 = scratch(10), np.empty(10), np.empty((10, 4))
        loss.values(y, t, v64, s64)
        loss.gradient(y, t, dy64, 0.1, s64)
        s32, v32, dy32 = scratch(10, np.float32), np.empty(10, np.float32), np.empty((10, 4), np.float32)
        y32, t32 = y.astype(np.float32), t.astype(np.float32)
        loss.values(y32, t32, v32, s32)
        loss.gradient(y32, t32, dy32, 0.1, s32)

        assert all(array.dtype in (np.float32, bool) for array in s32._buffers._arrays.values())
        np.testing.assert_allclose(v32, v64, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(dy32, dy64, rtol=1e-4, atol=1e-6)

    def test_nothing_is_allocated_after_the_first_batch(self, loss: Loss) -> None:
        n, k = 4096, 64
        y, t = np.full((n, k), 1 / k, np.float32), np.zeros((n, k), np.float32)
        s, result, dy = scratch(n, np.float32), np.empty(n, np.float32), np.empty_like(y)

        def passes() -> None:
            loss.values(y, t, result, s)
            loss.gradient(y, t, dy, 1 / n, s)
            if any(other is loss for other, _ in LINKED):
                loss.linked(y, s.array("out", (k,)), t, result, dy, 1 / n, s)

        assert peak_allocation(passes) < y.nbytes / 8

    def test_its_buffers_keep_clear_of_those_of_activations(self, loss: Loss) -> None:
        y, s = np.full((2, 3), 0.5), scratch(2)
        loss.values(y, y, np.empty(2), s)
        loss.gradient(y, y, np.empty_like(y), 1.0, s)

        assert all(name.startswith(("loss_", "row_")) for name in s._buffers._arrays)

    def test_the_certain_and_wrong_output_costs_a_finite_amount(self, loss: Loss) -> None:
        for dtype in (np.float32, np.float64):
            y, t = np.array([[0, 1], [1, 0]], dtype), np.array([[1, 0], [1, 0]], dtype)
            result, dy, s = np.empty(2, dtype), np.empty_like(y), scratch(2, dtype)

            loss.values(y, t, result, s)
            with quiet():
                loss.gradient(y, t, dy, 1.0, s)

            assert np.isfinite(result).all()
            assert np.isfinite(dy).all()
            assert loss not in FREE_WHEN_RIGHT or result[1] == pytest.approx(0, abs=1e-6)

    def test_an_output_that_is_nan_gives_a_loss_that_is_nan(self, loss: Loss) -> None:
        y, t = np.array([[np.nan, 0.5], [0.5, 0.5]]), np.array([[1.0, 0.0], [1.0, 0.0]])
        result = np.empty(2)

        loss.values(y, t, result, scratch(2))

        np.testing.assert_array_equal(np.isnan(result), [True, False])

    def test_the_gradient_is_proportional_to_the_scale(self, loss: Loss, rng: np.random.Generator) -> None:
        y, t = rng.dirichlet(np.ones(4), 3), rng.dirichlet(np.ones(4), 3)
        one, tenth, s = np.empty_like(y), np.empty_like(y), scratch(3)

        loss.gradient(y, t, one, 1.0, s)
        loss.gradient(y, t, tenth, 0.1, s)

        np.testing.assert_allclose(tenth, 0.1 * one, rtol=1e-14)

    @given(st.permutations(range(6)), st.permutations(range(4)))
    def test_the_order_of_samples_and_outputs_does_not_matter(
        self, loss: Loss, samples: list[int], outputs: list[int]
    ) -> None:
        rng = np.random.default_rng(0)
        y, t = rng.dirichlet(np.ones(4), 6), rng.dirichlet(np.ones(4), 6)
        result, shuffled = np.empty(6), np.empty(6)

        loss.values(y, t, result, scratch(6))
        loss.values(y[samples][:, outputs], t[samples][:, outputs], shuffled, scratch(6))

        np.testing.assert_allclose(shuffled, result[samples], rtol=1e-12)

    def test_it_survives_the_way_to_plain_data_and_back(self, loss: Loss) -> None:
        assert Loss.of(loss.to_data()) == loss


EXACT = {
    BinaryCrossEntropy(): lambda y, t: -np.sum(t * np.log(y) + (1 - t) * np.log1p(-y)),
    CategoricalCrossEntropy(): lambda y, t: -np.sum(t * np.log(y)),
    SquaredError(): lambda y, t: np.sum((y - t) ** 2) / 2,
    MeanSquaredError(): lambda y, t: np.mean((y - t) ** 2),
    MeanAbsoluteError(): lambda y, t: np.mean(np.abs(y - t)),
    Huber(): lambda y, t: np.sum((y - t) ** 2) / 2,
    Hinge(): lambda y, t: np.sum(1 - y),
    Hinge(squared=True): lambda y, t: np.sum((1 - y) ** 2),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("loss", "formula"), EXACT.items(), ids=lambda x: str(x) if isinstance(x, Loss) else ""
)
def test_every_output_inside_zero_and_one_has_its_exact_value(loss: Loss, formula: Any, dtype: Any) -> None:
    limits = np.finfo(dtype)
    edges = np.array([[limits.tiny, 1 - limits.epsneg]], dtype)
    t, result = np.array([[0.25, 0.75]], dtype), np.empty(1, dtype)

    loss.values(edges, t, result, scratch(1, dtype))

    np.testing.assert_allclose(result, [float(formula(edges.astype(np.longdouble), t))], rtol=1e-6)
