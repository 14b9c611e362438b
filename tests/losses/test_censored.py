from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.activations import Linear, Sigmoid, Softmax
from synapse_rx.errors import OptionError
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
from synapse_rx.losses.separable import Separable
from tests.losses.judged import judged, linked
from tests.scratches import central_differences, scratch

NAN = float("nan")
SEPARABLE = [
    SquaredError(),
    MeanSquaredError(),
    MeanAbsoluteError(),
    Huber(0.3),
    Hinge(),
    BinaryCrossEntropy(0.1, (1, 2, 3)),
    CategoricalCrossEntropy(),
    CategoricalCrossEntropy(0.1, (1, 2, 3)),
]
LINKS = [
    (SquaredError(), Linear()),
    (MeanSquaredError(), Linear()),
    (BinaryCrossEntropy(0.1, (1, 2, 3)), Sigmoid()),
    (CategoricalCrossEntropy(), Softmax()),
    (CategoricalCrossEntropy(label_smoothing=0.1), Softmax()),
    (CategoricalCrossEntropy(0.1, (1, 2, 3)), Softmax()),
]
holes = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=4, max_size=4).map(np.array)


def samples() -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    return rng.uniform(0.1, 0.9, (4, 3)), rng.uniform(0.1, 0.9, (4, 3))


@pytest.mark.parametrize("loss", SEPARABLE, ids=str)
@given(holes)
def test_what_is_missing_changes_nothing_else(loss: Separable, missing: Any) -> None:
    y, t = samples()
    terms, s = np.empty((4, 3)), scratch(4)
    loss.terms(y, t, terms, s)
    whole = judged(loss, y, t)[1]

    values, dy = judged(Censored(loss), y, np.where(missing, NAN, t))

    np.testing.assert_allclose(
        values, loss.factor(3) * np.where(missing, 0, terms).sum(1), rtol=1e-12, atol=1e-15
    )
    np.testing.assert_array_equal(dy, np.where(missing, 0, whole))


@pytest.mark.parametrize(("loss", "f"), LINKS, ids=str)
@given(holes)
def test_from_logits_it_is_that_of_the_long_way(loss: Loss, f: Any, missing: Any) -> None:
    censored = Censored(loss)
    z, t = samples()
    t = np.where(missing, NAN, t)

    def total(x: Any) -> float:
        y = np.empty_like(x)
        f.forward(x, y, scratch(4))
        return float(judged(censored, y, t)[0].sum())

    y, values, dz = linked(censored, z, t, scale=0.5)

    assert censored.links(f)
    np.testing.assert_allclose(values, judged(censored, y, t)[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dz, 0.5 * central_differences(total, z), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("loss", [*SEPARABLE, MultiClassHinge()], ids=str)
def test_with_nothing_missing_it_is_the_loss_itself(loss: Loss) -> None:
    y, t = samples()

    for ours, plain in zip(judged(Censored(loss), y, t), judged(loss, y, t), strict=True):
        np.testing.assert_array_equal(ours, plain)


@pytest.mark.parametrize("loss", [*SEPARABLE, MultiClassHinge()], ids=str)
def test_with_everything_missing_there_is_nothing(loss: Loss) -> None:
    for y in (samples()[0], np.full((4, 3), np.inf), np.full((4, 3), NAN)):
        with np.errstate(invalid="ignore"):
            values, dy = judged(Censored(loss), y, np.full((4, 3), NAN))

        np.testing.assert_array_equal(values, 0)
        np.testing.assert_array_equal(dy, 0)


@pytest.mark.parametrize("loss", SEPARABLE, ids=str)
def test_an_output_that_is_nan_counts_only_where_there_is_a_target(loss: Loss) -> None:
    values, _ = judged(Censored(loss), [[NAN, 0.5, 0.5], [0.5, NAN, 0.5]], [[NAN, 1, 0], [NAN, 1, 0]])

    np.testing.assert_array_equal(np.isnan(values), [False, True])


def test_cortex_leaves_missing_labels_out_of_the_mean_squared_error() -> None:
    values, dy = judged(Censored("mse"), [[1, 2, 3, 4]], [[0, NAN, 1, NAN]])

    assert values == [5 / 4]
    np.testing.assert_array_equal(dy, [[0.5, 0, 1, 0]])


def test_losses_that_compare_outputs_leave_the_whole_sample_out() -> None:
    y, t = [[0, 0.5, 0], [0, 0.5, 0]], [[1, 0, 0], [1, 0, NAN]]

    values, dy = judged(Censored("multi_class_hinge"), y, t)

    np.testing.assert_array_equal(values, [1.5, 0])
    np.testing.assert_array_equal(dy, [[-1, 1, 0], [0, 0, 0]])


def test_targets_are_never_written_to() -> None:
    y, t = samples()
    t[1, 2] = NAN
    t.setflags(write=False)

    for loss in (Censored(CategoricalCrossEntropy()), Censored(BinaryCrossEntropy(0.1))):
        loss.linked(y, np.empty_like(y), t, np.empty(4), np.empty_like(y), 1.0, scratch(4))
        loss.values(y, t, np.empty(4), scratch(4))


def test_the_choice_is_made_by_the_output() -> None:
    assert Censored("cross_entropy").for_output(Softmax()) == Censored(CategoricalCrossEntropy())
    assert not Censored(CrossEntropy()).links(Softmax())
    assert not Censored("mse").links(Sigmoid())


def test_censored_twice_is_censored_once() -> None:
    assert Censored(Censored("mse")) == Censored("mean_squared_error")


def test_a_weighted_sum_is_censored_term_by_term() -> None:
    with pytest.raises(OptionError, match="censor its terms instead"):
        Censored(WeightedSum([(1, "mse")]))

    values, dy = judged(WeightedSum([(2, Censored("squared_error"))]), [[1, 2]], [[0, NAN]])
    assert values == [1]
    np.testing.assert_array_equal(dy, [[2, 0]])


def test_it_survives_the_way_to_plain_data_and_back() -> None:
    loss = Censored(Huber(2))

    assert loss.to_data() == {"kind": "censored", "loss": {"kind": "huber", "delta": 2.0}}
    assert Loss.of(loss.to_data()) == loss
