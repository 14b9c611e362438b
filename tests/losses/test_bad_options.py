"""Options and targets that are refused, and what is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.errors import LabelError, OptionError, UnknownNameError
from synapse_rx.losses import Censored, CrossEntropy, Hinge, Loss, MultiClassHinge, WeightedSum

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("huber", {"delta": 0}, "delta of huber must be a number > 0, not 0.0"),
        ("huber", {"delta": -1}, "delta of huber must be a number > 0"),
        ("huber", {"delta": NAN}, "delta of huber must be a number > 0"),
        ("huber", {"delta": "1"}, "delta of huber must be a number > 0, not '1'"),
        ("hinge", {"margin": 0}, "margin of hinge must be a number > 0"),
        ("hinge", {"squared": 1}, "squared of hinge must be True or False, not 1"),
        ("multi_class_hinge", {"margin": INF}, "margin of multi_class_hinge must be a number > 0, not inf"),
        ("multi_class_hinge", {"squared": "yes"}, "squared of multi_class_hinge must be True or False"),
        (
            "cross_entropy",
            {"label_smoothing": 1},
            r"label_smoothing of cross_entropy must be a number in \[0, 1\)",
        ),
        ("cross_entropy", {"label_smoothing": -0.1}, "label_smoothing of cross_entropy must be"),
        (
            "categorical_cross_entropy",
            {"label_smoothing": NAN},
            "label_smoothing of categorical_cross_entropy must",
        ),
        (
            "binary_cross_entropy",
            {"label_smoothing": None},
            "label_smoothing of binary_cross_entropy must be",
        ),
        (
            "cross_entropy",
            {"class_weights": 2},
            "class_weights of cross_entropy must be one number >= 0 for each",
        ),
        ("cross_entropy", {"class_weights": "12"}, "class_weights of cross_entropy must be one number"),
        ("cross_entropy", {"class_weights": ()}, "class_weights of cross_entropy must be one number"),
        ("cross_entropy", {"class_weights": (0, 0)}, "not all of them 0"),
        (
            "binary_cross_entropy",
            {"class_weights": (1, -1)},
            r"class_weights of binary_cross_entropy .*\(1.0, -1.0\)",
        ),
        (
            "categorical_cross_entropy",
            {"class_weights": (1, NAN)},
            "class_weights of categorical_cross_entropy must",
        ),
        ("cross_entropy", {"class_weights": [1, "2"]}, "class_weights of cross_entropy must"),
        ("weighted_sum", {"losses": ()}, "must be at least one pair"),
        ("weighted_sum", {"losses": 3}, "must be pairs of a weight and a loss"),
        ("weighted_sum", {"losses": "mse"}, "must be pairs of a weight and a loss"),
        ("weighted_sum", {"losses": ["mse"]}, "must be pairs of a weight and a loss, .* not 'mse'"),
        ("weighted_sum", {"losses": [(1, "mse", 2)]}, "must be pairs of a weight and a loss"),
        (
            "weighted_sum",
            {"losses": [(0, "mse")]},
            "the weight of mean_squared_error .* must be a number > 0, not 0",
        ),
        (
            "weighted_sum",
            {"losses": [("mse", 1)]},
            r"must be pairs of a weight and a loss, .* not \('mse', 1\)",
        ),
        ("weighted_sum", {"losses": [(1, 1)]}, "loss takes a name, a Loss or its plain data, not 1"),
        (
            "weighted_sum",
            {"losses": [(INF, "mse")]},
            "the weight of mean_squared_error .* must be a number > 0",
        ),
        ("censored", {"loss": 3}, "loss takes a name, a Loss or its plain data, not 3"),
        ("huber", {"beta": 1}, "huber has no option 'beta'; did you mean 'delta'"),
        (
            "cross_entropy",
            {"smoothing": 0.1},
            "cross_entropy has no option 'smoothing'; did you mean 'label_smoothing'",
        ),
        ("weighted_sum", {}, "weighted_sum needs losses"),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(name: str, options: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Loss.of(name, **options)


@pytest.mark.parametrize("make", [Censored, lambda name: WeightedSum([(1, name)]), Loss.of])
def test_an_unknown_loss_is_refused_wherever_it_is_named(make: Any) -> None:
    with pytest.raises(UnknownNameError, match="unknown loss 'hubber'; did you mean 'huber'"):
        make("hubber")


CROSS_ENTROPIES = ["cross_entropy", "binary_cross_entropy", "categorical_cross_entropy"]


@pytest.mark.parametrize("name", CROSS_ENTROPIES)
@pytest.mark.parametrize("bad", [-0.5, 1.5, NAN, INF])
def test_cross_entropies_want_probabilities(name: str, bad: float) -> None:
    t = np.array([[0, 1, 0.5], [0, 0.25, bad]])

    with pytest.raises(
        LabelError,
        match=rf"{name} compares probabilities, so targets must be in \[0, 1\], but target 2 of sample 1",
    ):
        Loss.of(name).check_targets(t)


@pytest.mark.parametrize("loss", [Hinge(), MultiClassHinge()], ids=str)
@pytest.mark.parametrize("bad", [0.5, 2, NAN])
def test_hinges_want_sides(loss: Loss, bad: float) -> None:
    with pytest.raises(
        LabelError, match=f"{loss.kind} takes sides, so targets must be 1 .* target 0 of sample 1 is"
    ):
        loss.check_targets(np.array([[0, 1], [bad, -1]]))


@pytest.mark.parametrize("name", ["squared_error", "mse", "mae", "huber"])
@pytest.mark.parametrize("bad", [NAN, INF])
def test_others_want_finite_numbers(name: str, bad: float) -> None:
    loss = Loss.of(name)
    loss.check_targets(np.array([[1e30, -5]]))

    with pytest.raises(
        LabelError, match=rf"{loss.kind} compares finite numbers, but target 1 of sample 0 is {bad}"
    ):
        loss.check_targets(np.array([[0, bad]]))


@pytest.mark.parametrize("name", [*CROSS_ENTROPIES, "squared_error", "hinge", "multi_class_hinge"])
def test_censored_allows_missing_ones_and_nothing_else(name: str) -> None:
    loss = Censored(name)
    loss.check_targets(np.array([[NAN, 1], [0, NAN]]))

    with pytest.raises(LabelError, match=f"{name} .* but target 1 of sample 0 is -?inf"):
        loss.check_targets(np.array([[NAN, -INF]]))


def test_a_sum_wants_what_each_of_its_terms_wants() -> None:
    loss = WeightedSum([(1, "mse"), (1, Censored("cross_entropy"))])
    loss.check_targets(np.array([[0.5]]))

    with pytest.raises(LabelError, match="mean_squared_error compares finite numbers"):
        loss.check_targets(np.array([[NAN]]))
    with pytest.raises(LabelError, match="cross_entropy compares probabilities"):
        loss.check_targets(np.array([[2.0]]))


@pytest.mark.parametrize("name", CROSS_ENTROPIES)
def test_there_is_one_class_weight_for_each_output(name: str) -> None:
    loss = Loss.of(name, class_weights=(1, 2))
    loss.check_targets(np.eye(2))

    with pytest.raises(
        OptionError, match=f"class_weights of {name} holds 2 numbers, but there are 3 outputs"
    ):
        loss.check_targets(np.eye(3))


def test_no_targets_are_good_targets() -> None:
    for name in ("cross_entropy", "hinge", "mse"):
        Loss.of(name).check_targets(np.empty((0, 2)))


def test_a_loss_is_recorded_by_its_kind() -> None:
    assert CrossEntropy(0.1).name == "cross_entropy"
