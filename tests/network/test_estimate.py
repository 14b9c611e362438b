"""What a network answers, and how well: outputs, labels, errors, accuracy, confusion."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import DataError, ShapeError
from synapse_rx.metrics import confusion_matrix
from synapse_rx.snapshot import Net
from tests.nets import blobs, small_net, trained


@cache
def learnt() -> Net:
    """
    Return a network that has learnt; trained when first asked, so that collecting tests compiles nothing.
    """
    return trained(small_net(), blobs(), 5)


class TestOutputs:
    def test_they_are_those_of_the_formula(self) -> None:
        x, p = blobs().x, learnt().params
        z = np.tanh(x @ p["0.W"] + p["0.b"]) @ p["1.W"] + p["1.b"]

        expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)

        np.testing.assert_allclose(sx.outputs(learnt(), x), expected, rtol=1e-5)

    def test_cells_snapshots_and_derived_cells_can_all_be_asked(self) -> None:
        cell = sx.atom(learnt())
        derived = sx.atom({"net": learnt()}).select(lambda value: value["net"])

        for each in (learnt(), cell, derived):
            np.testing.assert_array_equal(sx.outputs(each, blobs().x), sx.outputs(learnt(), blobs().x))  # type: ignore[arg-type]

    def test_samples_may_be_arrays_lists_and_sets(self) -> None:
        data, answer = blobs(), sx.outputs(learnt(), blobs().x)

        for samples in (data.x, data.x.tolist(), data.data, data, data.x.astype(np.float64)):
            np.testing.assert_array_equal(sx.outputs(learnt(), samples), answer)

    def test_samples_with_a_scale_are_scaled(self) -> None:
        pixels = np.random.default_rng(1).integers(0, 256, (6, 3), dtype=np.uint8)

        np.testing.assert_allclose(
            sx.outputs(learnt(), sx.test_set(pixels, dtype="uint8", scale=1 / 255)),
            sx.outputs(learnt(), pixels / 255),
            rtol=1e-5,
        )

    def test_many_samples_are_answered_in_pieces(self) -> None:
        x = np.random.default_rng(2).standard_normal((2500, 3)).astype(np.float32)

        answer = sx.outputs(learnt(), x)

        assert answer.shape == (2500, 2)
        np.testing.assert_allclose(answer[2040:2060], sx.outputs(learnt(), x[2040:2060]), rtol=1e-5)

    def test_a_network_of_float64_loses_nothing_on_the_way(self) -> None:
        net, x = small_net(dtype="float64"), np.full((1, 3), 1 / 3)
        other = x * (1 + 1e-12)

        assert sx.outputs(net, x).dtype == np.float64
        assert not np.array_equal(sx.outputs(net, x), sx.outputs(net, other))

    def test_asking_changes_nothing(self) -> None:
        net = trained(small_net(), blobs(), 1)
        before = net.params.flat.copy()

        sx.outputs(net, blobs().x)
        sx.evaluate(net, blobs())

        np.testing.assert_array_equal(net.params.flat, before)

    def test_asking_twice_gives_one_answer_even_where_outputs_are_drawn(self) -> None:
        net = sx.mlp([3, 8, 4], ["tanh", "binary_stochastic"]).value

        one, other = sx.outputs(net, blobs().x), sx.outputs(net, blobs().x)

        np.testing.assert_array_equal(one, other)
        assert set(np.unique(one)) == {0, 1}

    def test_the_answer_belongs_to_whoever_asked(self) -> None:
        answer = sx.outputs(learnt(), blobs().x)
        kept = answer.copy()

        answer[...] = 7

        np.testing.assert_array_equal(sx.outputs(learnt(), blobs().x), kept)

    def test_overflow_is_no_warning(self) -> None:
        net = sx.mlp([3, 2], "sigmoid").value

        assert np.isfinite(sx.outputs(net, np.full((1, 3), 1e30))).all()

    @pytest.mark.parametrize(
        ("samples", "error", "message"),
        [
            (np.zeros((2, 4)), ShapeError, "3 numbers, but these have 4"),
            (np.zeros(3), DataError, r"\(N, \*sample_shape\)"),
            ([[1, 2, "x"]], DataError, "numbers"),
            ([[1.0, float("nan"), 2.0]], DataError, "finite"),
            (np.zeros((0, 3)), DataError, "empty"),
        ],
        ids=str,
    )
    def test_what_cannot_be_answered_is_refused(self, samples: Any, error: Any, message: str) -> None:
        with pytest.raises(error, match=message):
            sx.outputs(learnt(), samples)

    @pytest.mark.parametrize("thing", [None, 3, "net", small_net().params], ids=lambda x: type(x).__name__)
    def test_what_is_no_network_is_refused(self, thing: Any) -> None:
        with pytest.raises(DataError, match="a network is wanted"):
            sx.outputs(thing, blobs().x)


class TestEstimate:
    def test_it_is_the_label_of_the_largest_output(self) -> None:
        answer = sx.estimate(learnt(), blobs().x)

        assert answer.shape == (23,)
        np.testing.assert_array_equal(
            answer, np.array(["a", "b"])[sx.outputs(learnt(), blobs().x).argmax(axis=1)]
        )

    def test_without_labels_it_is_the_outputs(self) -> None:
        net = small_net()

        np.testing.assert_array_equal(sx.estimate(net, blobs().x), sx.outputs(net, blobs().x))

    @pytest.mark.parametrize(
        "labels", [(3, 7), (True, False), (1, "one"), ((0, 1), (1, 0)), (1, 2.5), ("long", "l")], ids=str
    )
    def test_labels_come_back_as_they_were(self, labels: tuple[Any, ...]) -> None:
        net = evolve(learnt(), labels=labels)

        answer = sx.estimate(net, blobs().x).tolist()

        assert set(answer) == set(labels)
        assert {type(label) for label in answer} == {type(label) for label in labels}


class TestEvaluate:
    def test_errors_are_the_means_of_what_was_recorded(self) -> None:
        data = blobs()
        y, t = sx.outputs(learnt(), data.x).astype(np.float64), data.y
        assert t is not None

        errors = sx.evaluate(learnt(), data).errors

        assert list(errors) == ["cross_entropy", "misclassification"]
        assert errors["cross_entropy"] == pytest.approx(-(t * np.log(y)).sum(axis=1).mean(), rel=1e-5)
        assert errors["misclassification"] == pytest.approx((y.argmax(1) != t.argmax(1)).mean())

    def test_accuracy_and_confusion_agree(self) -> None:
        data = blobs()
        assert data.y is not None

        evaluation = sx.evaluate(learnt(), data)

        assert evaluation.samples == 23
        assert evaluation.labels == ("a", "b")
        estimated = sx.outputs(learnt(), data.x).argmax(axis=1)
        np.testing.assert_array_equal(
            evaluation.confusion, confusion_matrix(data.y.argmax(axis=1), estimated, 2)
        )
        assert evaluation.confusion is not None
        assert evaluation.accuracy == pytest.approx(evaluation.confusion.trace() / 23)

    def test_rows_are_the_true_classes(self) -> None:
        # Everything is taken for "b": the second column is full.
        net = evolve(learnt(), params=learnt().params.replace({"1.W": np.zeros((4, 2)), "1.b": [0, 1]}))

        np.testing.assert_array_equal(sx.evaluate(net, blobs()).confusion, [[0, 12], [0, 11]])

    def test_values_have_errors_and_no_accuracy(self) -> None:
        data = sx.training_set([[0.0], [1.0], [2.0]], [1.0, 2.0, 3.0], shuffle=False)
        net = sx.mlp([1, 1], "linear").value
        net = evolve(net, params=net.params.with_flat(np.array([1, 0])))

        evaluation = sx.evaluate(net, data)

        assert dict(evaluation.errors) == {"squared_error": pytest.approx(0.5)}
        assert evaluation.confusion is None
        with pytest.raises(DataError, match="accuracy is for classes"):
            _ = evaluation.accuracy

    def test_a_network_that_was_never_trained_can_be_evaluated(self) -> None:
        assert 0 <= sx.evaluate(small_net(), blobs()).accuracy <= 1

    def test_a_network_of_thresholds_can_be_evaluated(self) -> None:
        net = sx.mlp([3, 2], "binary_threshold").value

        assert "cross_entropy" in sx.evaluate(net, blobs()).errors

    def test_many_samples_are_measured_in_pieces(self) -> None:
        data = blobs(2500)

        whole, parts = sx.evaluate(learnt(), data), [data.data[:1024], data.data[1024:]]

        mean = sum(sx.evaluate(learnt(), part).errors["cross_entropy"] * len(part) for part in parts) / 2500
        assert whole.errors["cross_entropy"] == pytest.approx(mean, rel=1e-6)
        assert whole.confusion is not None
        assert whole.confusion.sum() == 2500

    def test_what_overflows_is_reported_and_no_warning(self) -> None:
        net = evolve(learnt(), params=learnt().params.with_flat(np.full(26, 3e38)))

        assert not np.isfinite(sx.evaluate(net, blobs()).errors["cross_entropy"])

    def test_it_is_a_value(self) -> None:
        one, other = sx.evaluate(learnt(), blobs()), sx.evaluate(learnt(), blobs())

        assert one == other
        assert hash(one) == hash(other)
        assert one != sx.evaluate(small_net(), blobs())
        assert one.confusion is not None
        assert not one.confusion.flags.writeable
        with pytest.raises(TypeError):
            one.errors["misclassification"] = 0.0  # type: ignore[index]

    def test_it_shows_its_errors(self) -> None:
        assert repr(sx.evaluate(learnt(), blobs())).startswith("<Evaluation of 23 samples: cross_entropy 0.")
