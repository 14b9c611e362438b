from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from synapse_rx.errors import DataError, LabelError, ShapeError, UnknownNameError
from synapse_rx.metrics import RocCurve, auc, roc_curve

NAN = float("nan")

samples = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([-2.0, 0.0, 0.25, 0.5, 1.0, 3.0])), min_size=2, max_size=30
)


def both_kinds(some: list[tuple[int, float]]) -> tuple[Any, Any]:
    """
    Return targets and scores; other examples are passed over.
    """
    targets, scores = map(np.array, zip(*some, strict=True))
    assume(0 < targets.sum() < len(targets))
    return targets, scores


class TestRocCurve:
    def test_hits_are_paid_for_with_false_alarms(self) -> None:
        curve = roc_curve([1, 0, 1, 0], [0.9, 0.7, 0.6, 0.1])

        np.testing.assert_array_equal(curve.thresholds, [np.inf, 0.9, 0.7, 0.6, 0.1])
        np.testing.assert_array_equal(curve.tpr, [0, 0.5, 0.5, 1, 1])
        np.testing.assert_array_equal(curve.fpr, [0, 0, 0.5, 0.5, 1])

    def test_equal_scores_pass_the_threshold_together(self) -> None:
        curve = roc_curve([1, 0, 1], [0.5, 0.5, 0.5])

        np.testing.assert_array_equal(curve.thresholds, [np.inf, 0.5])
        assert curve.auc == 0.5

    @pytest.mark.peer("sklearn")
    @given(samples)
    def test_it_is_that_of_scikit_learn(self, some: list[tuple[int, float]]) -> None:
        from sklearn import metrics

        targets, scores = both_kinds(some)

        curve = roc_curve(targets, scores)

        for ours, theirs in zip(
            (curve.fpr, curve.tpr, curve.thresholds),
            metrics.roc_curve(targets, scores, drop_intermediate=False),
            strict=True,
        ):
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
        assert curve.auc == pytest.approx(metrics.roc_auc_score(targets, scores), abs=1e-12)

    @given(samples)
    def test_the_area_is_the_chance_that_a_positive_sample_scores_higher(
        self, some: list[tuple[int, float]]
    ) -> None:
        targets, scores = both_kinds(some)
        difference = scores[targets == 1][:, None] - scores[targets == 0]

        chance = np.mean((difference > 0) + (difference == 0) / 2)

        assert roc_curve(targets, scores).auc == pytest.approx(chance, abs=1e-12)

    @given(samples)
    def test_the_other_kind_has_the_rest_of_the_area(self, some: list[tuple[int, float]]) -> None:
        targets, scores = both_kinds(some)

        assert auc(targets, scores) + auc(1 - targets, scores) == pytest.approx(1, abs=1e-12)

    @given(samples)
    def test_where_errors_are_equal_it_crosses_the_diagonal(self, some: list[tuple[int, float]]) -> None:
        curve = roc_curve(*both_kinds(some))
        rate = curve.equal_error_rate

        assert 0 <= rate <= 1
        at = 1 - rate
        assert any(
            f0 - 1e-12 <= rate <= f1 + 1e-12 and t0 - 1e-12 <= at <= t1 + 1e-12
            for f0, f1, t0, t1 in zip(curve.fpr, curve.fpr[1:], curve.tpr, curve.tpr[1:], strict=False)
        )

    @pytest.mark.parametrize(("scores", "rate"), [([1, 0], 0), ([0, 1], 1), ([1, 1], 0.5)])
    def test_the_equal_error_rate_goes_from_perfect_to_upside_down(
        self, scores: list[float], rate: float
    ) -> None:
        assert roc_curve([True, False], scores).equal_error_rate == rate

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
    @pytest.mark.parametrize("shape", [(4,), (4, 1)])
    def test_targets_and_scores_of_any_type_do(self, dtype: Any, shape: Any) -> None:
        targets, scores = np.reshape([1, 0, 1, 0], shape), np.reshape([1, 0, 1, 1], shape)

        assert roc_curve(targets.astype(dtype), scores.astype(dtype)).auc == 0.75

    def test_negative_may_be_minus_one(self) -> None:
        assert roc_curve([1, -1, 1], [2, 1, 0]) == roc_curve([1, 0, 1], [2, 1, 0])

    def test_infinite_scores_are_scores(self) -> None:
        assert roc_curve([1, 0, 0], [np.inf, -np.inf, 0]).auc == 1

    def test_it_cannot_be_written_to(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            roc_curve([1, 0], [1, 0]).tpr[0] = 1

    def test_its_repr_says_how_good_it_is(self) -> None:
        assert repr(roc_curve([1, 0], [1, 0])) == "<RocCurve of 2 thresholds, auc 1.0000>"
        assert RocCurve([0, 1], [0, 1], [np.inf, 0]).auc == 0.5  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("targets", "scores", "error", "message"),
        [
            ([1, 0], [1, 0, 1], ShapeError, "one score a target, not 3 for 2"),
            ([[1, 0]], [1], ShapeError, r"targets as a vector, not \(1, 2\)"),
            ([1, 0], [[1, 0], [1, 0]], ShapeError, r"scores as a vector, not \(2, 2\)"),
            ([1, 2], [1, 0], LabelError, "what is positive is said by 1 and 0, or 1 and -1"),
            ([1, 0, -1], [1, 0, 1], LabelError, "these targets have other values"),
            ([0.5, 1], [1, 0], LabelError, "these targets have other values"),
            (["a", "b"], [1, 0], LabelError, "not by <U1"),
            ([1, 0], [1, NAN], DataError, "have a NaN among them"),
            ([1, 0], ["1", "0"], DataError, "scores are wanted as numbers"),
            ([1, 1], [1, 0], DataError, "needs positive and negative samples, but 2 of 2 are positive"),
            ([0, 0], [1, 0], DataError, "but 0 of 2 are positive"),
            ([], [], DataError, "but 0 of 0 are positive"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, targets: Any, scores: Any, error: type, message: str) -> None:
        with pytest.raises(error, match=message):
            roc_curve(targets, scores)


class TestAuc:
    @pytest.mark.peer("sklearn")
    @pytest.mark.parametrize("average", ["macro", "weighted"])
    def test_of_several_classes_it_is_that_of_scikit_learn(
        self, average: str, rng: np.random.Generator
    ) -> None:
        from sklearn.metrics import roc_auc_score

        classes, scores = rng.integers(0, 4, 100), np.round(rng.dirichlet(np.ones(4), 100), 1)
        scores[:, 0] = 1 - scores[:, 1:].sum(1)

        expected = roc_auc_score(classes, scores, multi_class="ovr", average=average)

        assert auc(classes, scores, average) == pytest.approx(expected, abs=1e-12)
        assert auc(np.eye(4)[classes], scores, average) == pytest.approx(expected, abs=1e-12)

    @pytest.mark.peer("sklearn")
    @pytest.mark.parametrize("average", ["macro", "weighted", None])
    def test_of_independent_labels_too(self, average: str | None, rng: np.random.Generator) -> None:
        from sklearn.metrics import roc_auc_score

        targets, scores = rng.integers(0, 2, (60, 3)), rng.random((60, 3))

        np.testing.assert_allclose(
            auc(targets, scores, average), roc_auc_score(targets, scores, average=average), rtol=0, atol=1e-12
        )

    def test_of_one_score_a_sample_it_is_the_area_under_the_curve(self) -> None:
        assert auc([1, 0, 1], [[2], [1], [0]]) == roc_curve([1, 0, 1], [2, 1, 0]).auc == 0.5

    def test_of_two_classes_both_areas_are_the_same(self, rng: np.random.Generator) -> None:
        scores, classes = rng.random(50), rng.integers(0, 2, 50)

        each = auc(classes, np.stack([1 - scores, scores], axis=1), average=None)

        np.testing.assert_allclose(each, [auc(classes, scores)] * 2)

    def test_a_class_without_samples_is_left_out(self) -> None:
        scores = np.array([[0.9, 0, 0], [0, 0.8, 0], [0.1, 0.2, 0.3]])

        np.testing.assert_array_equal(auc([0, 1, 1], scores, average=None), [1, 1, NAN])
        assert auc([0, 1, 1], scores) == 1
        assert auc([0, 1, 1], scores, "weighted") == 1

    @pytest.mark.parametrize(
        ("targets", "scores", "error", "message"),
        [
            ([0, 0], np.ones((2, 2)), DataError, "needs positive and negative samples of at least one class"),
            ([0, 2], np.ones((2, 2)), LabelError, "classes beside scores .* are indexes from 0 to 1"),
            ([0, -1], np.ones((2, 2)), LabelError, "are indexes from 0 to 1"),
            ([0.0, 1], np.ones((2, 2)), LabelError, "are indexes from 0 to 1"),
            ([0], np.ones((2, 2)), ShapeError, r"have targets \(N,\) or \(N, K\), not \(1,\)"),
            (np.eye(3)[:2], np.ones((2, 2)), ShapeError, "as many targets a sample, not 3"),
            ([[1, 2], [0, 0]], np.ones((2, 2)), LabelError, "these targets have other values"),
            ([0, 1], [[NAN, 1], [0, 1]], DataError, "NaN"),
            ([0, 1], np.ones((2, 2, 2)), ShapeError, "have targets"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, targets: Any, scores: Any, error: type, message: str) -> None:
        with pytest.raises(error, match=message):
            auc(targets, scores)

    def test_an_unknown_average_is_refused(self) -> None:
        with pytest.raises(UnknownNameError, match="unknown average 'macor'; did you mean 'macro'"):
            auc([0, 1], np.eye(2), "macor")
