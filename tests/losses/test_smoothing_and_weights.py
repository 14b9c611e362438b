"""Label smoothing and class weights of the cross-entropies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.activations import Sigmoid, Softmax
from synapse_rx.losses import BinaryCrossEntropy, CategoricalCrossEntropy, CrossEntropy, Loss
from tests.losses.judged import judged, linked
from tests.scratches import central_differences, scratch

KINDS = [BinaryCrossEntropy, CategoricalCrossEntropy]
WEIGHTS = (0.5, 0, 3)

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
options = pytest.mark.parametrize(
    "given_options",
    [
        {"label_smoothing": 0.2},
        {"class_weights": WEIGHTS},
        {"label_smoothing": 0.2, "class_weights": WEIGHTS},
    ],
    ids=["smoothing", "weights", "both"],
)


def link(loss: Loss) -> Any:
    return Sigmoid() if isinstance(loss, BinaryCrossEntropy) else Softmax()


def outputs(loss: Loss, z: Any) -> Any:
    y = np.empty_like(z)
    link(loss).forward(z, y, scratch(len(z)))
    return y


@kinds
def test_without_smoothing_and_with_weights_of_one_nothing_changes(
    kind: Any, rng: np.random.Generator
) -> None:
    z, t = rng.standard_normal((6, 3)), rng.dirichlet(np.ones(3), 6)
    y = outputs(kind(), z)

    for loss in (kind(label_smoothing=0), kind(class_weights=(1, 1, 1)), kind(0, [1.0, 1, 1])):
        for ours, plain in zip(judged(loss, y, t), judged(kind(), y, t), strict=True):
            np.testing.assert_array_equal(ours, plain)
        for ours, plain in zip(linked(loss, z, t), linked(kind(), z, t), strict=True):
            np.testing.assert_array_equal(ours, plain)


@kinds
@given(st.floats(0, 0.99), st.integers(1, 5))
def test_smoothing_is_training_on_smoothed_targets(kind: Any, share: float, k: int) -> None:
    rng = np.random.default_rng(0)
    z, t = rng.standard_normal((4, k)), np.eye(k)[rng.integers(0, k, 4)]
    target = (1 - share) * t + share / (2 if kind is BinaryCrossEntropy else k)

    for ours, plain in zip(linked(kind(share), z, t), linked(kind(), z, target), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-12, atol=1e-14)


@kinds
def test_the_weight_of_a_class_counts_its_samples_that_often(kind: Any, rng: np.random.Generator) -> None:
    y, t = rng.dirichlet(np.ones(3), 3), np.eye(3)

    weighted, dy = judged(kind(class_weights=WEIGHTS), y, t)
    values, plain = judged(kind(), y, t)

    if kind is CategoricalCrossEntropy:
        np.testing.assert_allclose(weighted, WEIGHTS * values)
        np.testing.assert_allclose(dy, np.reshape(WEIGHTS, (3, 1)) * plain)
    else:
        np.testing.assert_allclose(dy, WEIGHTS * plain)


@kinds
@options
def test_value_and_gradient_belong_together(kind: Any, given_options: Any, rng: np.random.Generator) -> None:
    y, t = rng.uniform(0.1, 0.9, (4, 3)), rng.random((4, 3))
    loss = kind(**given_options)

    expected = central_differences(lambda x: float(judged(loss, x, t)[0].sum()), y)

    np.testing.assert_allclose(judged(loss, y, t)[1], expected, rtol=1e-5, atol=1e-8)


@kinds
@options
def test_from_logits_they_are_those_of_the_long_way(
    kind: Any, given_options: Any, rng: np.random.Generator
) -> None:
    z, t = rng.standard_normal((4, 3)), rng.random((4, 3))
    loss = kind(**given_options)

    y, values, dz = linked(loss, z, t, scale=0.5)
    expected = central_differences(lambda x: float(judged(loss, outputs(loss, x), t)[0].sum()), z)

    np.testing.assert_allclose(y, outputs(loss, z), rtol=1e-14)
    np.testing.assert_allclose(values, judged(loss, y, t)[0], rtol=1e-12)
    np.testing.assert_allclose(dz, 0.5 * expected, rtol=1e-5, atol=1e-8)


@kinds
@options
def test_in_float32_they_stay_there(kind: Any, given_options: Any, rng: np.random.Generator) -> None:
    loss = kind(**given_options)
    y, t = rng.dirichlet(np.ones(3), 4), rng.dirichlet(np.ones(3), 4)
    s, values, dy = scratch(4, np.float32), np.empty(4, np.float32), np.empty((4, 3), np.float32)

    loss.values(y.astype(np.float32), t.astype(np.float32), values, s)
    loss.gradient(y.astype(np.float32), t.astype(np.float32), dy, 1.0, s)

    assert {array.dtype for array in s._buffers._arrays.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(values, judged(loss, y, t)[0], rtol=1e-5)
    np.testing.assert_allclose(dy, judged(loss, y, t)[1], rtol=1e-4)


def test_targets_are_never_written_to(rng: np.random.Generator) -> None:
    t = rng.dirichlet(np.ones(3), 4)
    t.setflags(write=False)

    for kind in KINDS:
        loss, s, z = kind(0.1, WEIGHTS), scratch(4), rng.standard_normal((4, 3))
        loss.linked(z, np.empty_like(z), t, np.empty(4), np.empty_like(z), 1.0, s)
        loss.values(t, t, np.empty(4), s)
        loss.gradient(t, t, np.empty_like(z), 1.0, s)


def test_the_choice_passes_its_options_on() -> None:
    choice = CrossEntropy(label_smoothing=0.1, class_weights=[1, 2])

    assert choice.for_output(Softmax()) == CategoricalCrossEntropy(0.1, (1, 2))
    assert choice.for_output(Sigmoid()) == BinaryCrossEntropy(0.1, (1, 2))


@pytest.mark.parametrize("kind", [*KINDS, CrossEntropy], ids=lambda kind: kind.kind)
def test_options_survive_the_way_to_plain_data_and_back(kind: Any) -> None:
    loss = kind(0.1, np.array([1, 2, 3]))

    assert Loss.of(loss.to_data()) == loss
    assert loss.to_data()["class_weights"] == [1.0, 2.0, 3.0]
    assert hash(loss) == hash(kind(0.1, (1, 2, 3)))
