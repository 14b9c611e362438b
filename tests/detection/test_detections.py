"""From objects to targets and back, suppression, and how well objects were found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import DataError, LabelError, OptionError, ShapeError

BOXES = sx.Boxes((4, 5), ((0.5, 0.5), (2.0, 1.0)), 3)
LOSS = sx.YoloLoss(BOXES, responsible="anchor")
OBJECTS = [
    np.array([[2, 0.31, 0.62, 0.1, 0.12], [0, 0.85, 0.2, 0.4, 0.3]]),
    np.array([[1, 1.0, 0.0, 0.3, 0.3]]),
    [],
]


def as_rows(found: sx.Detections) -> Any:
    return np.column_stack([found.classes, found.boxes])


def test_what_targets_say_is_what_is_found_in_them() -> None:
    found = sx.decode_boxes(BOXES, sx.box_targets(LOSS, OBJECTS))

    for image, objects in zip(found, OBJECTS, strict=True):
        wanted = np.asarray(objects, float).reshape(-1, 5)
        rows = as_rows(image)
        np.testing.assert_allclose(rows[np.argsort(rows[:, 1])], wanted[np.argsort(wanted[:, 1])], atol=1e-6)
        np.testing.assert_array_equal(image.scores, 1)


def test_two_objects_of_a_cell_have_an_anchor_each() -> None:
    objects = [[[0, 0.1, 0.1, 0.1, 0.1], [1, 0.11, 0.1, 0.4, 0.25]]]

    assert len(sx.decode_boxes(BOXES, sx.box_targets(LOSS, objects))[0]) == 2


def test_of_two_objects_for_one_box_the_larger_counts() -> None:
    objects = [[[0, 0.1, 0.1, 0.12, 0.1], [1, 0.11, 0.1, 0.1, 0.1]]]

    for loss in (LOSS, sx.YoloLoss(BOXES)):
        assert sx.decode_boxes(BOXES, sx.box_targets(loss, objects))[0].classes.tolist() == [0]


def test_every_box_of_a_cell_may_turn_out_responsible() -> None:
    targets = sx.box_targets(sx.YoloLoss(BOXES), OBJECTS[:1]).reshape(BOXES.shape)

    np.testing.assert_array_equal(targets[:, :, 0], targets[:, :, 1])
    assert targets[..., 4].sum() == 4


@pytest.mark.parametrize(
    "bad",
    [
        [[3, 0.5, 0.5, 0.1, 0.1]],
        [[-1, 0.5, 0.5, 0.1, 0.1]],
        [[0.5, 0.5, 0.5, 0.1, 0.1]],
        [[0, 1.5, 0.5, 0.1, 0.1]],
        [[0, 0.5, 0.5, 0, 0.1]],
        [[0, 0.5, 0.5, 0.1, np.nan]],
        [[0, 0.5, 0.5, 0.1]],
    ],
)
def test_objects_that_are_none_are_named(bad: Any) -> None:
    with pytest.raises(LabelError, match="image 1"):
        sx.box_targets(LOSS, [[], bad])


def test_overlaps_are_intersection_over_union() -> None:
    one = [[0.5, 0.5, 1, 1], [2, 2, 0, 0]]
    other = [[0.5, 0.5, 1, 1], [1, 0.5, 1, 1], [0.5, 0.5, 0.5, 0.5], [3, 3, 1, 1]]

    np.testing.assert_allclose(sx.overlaps(one, other), [[1, 1 / 3, 0.25, 0], [0, 0, 0, 0]])
    assert sx.overlaps(np.empty((0, 4)), other).shape == (0, 4)


def test_the_surest_box_suppresses_those_it_overlaps() -> None:
    boxes = [[0.5, 0.5, 1, 1], [0.55, 0.5, 1, 1], [3, 3, 1, 1], [0.5, 0.5, 0.2, 0.2]]
    scores = [0.6, 0.9, 0.7, 0.3]

    assert sx.non_maximum_suppression(boxes, scores).tolist() == [1, 2, 3]
    assert sx.non_maximum_suppression(boxes, scores, overlap=0.95).tolist() == [1, 2, 0, 3]
    assert sx.non_maximum_suppression(boxes, scores, classes=[0, 1, 0, 0]).tolist() == [1, 2, 0, 3]
    assert sx.non_maximum_suppression(np.empty((0, 4)), []).tolist() == []


def test_a_suppressed_box_suppresses_nothing() -> None:
    boxes = [[0, 0, 1, 1], [0.4, 0, 1, 1], [0.8, 0, 1, 1]]

    assert sx.non_maximum_suppression(boxes, [0.9, 0.8, 0.7], 0.4).tolist() == [0, 2]


def test_boxes_of_other_classes_are_suppressed_where_asked_for() -> None:
    y = np.zeros((1, *BOXES.shape))
    y[0, 1, 1, 0] = [0.5, 0.5, 0.5, 0.5, 0.9, 1, 0, 0]
    y[0, 1, 1, 1] = [0.5, 0.5, 0.5, 0.5, 0.8, 0, 1, 0]

    assert len(sx.decode_boxes(BOXES, y)[0]) == 2
    assert sx.decode_boxes(BOXES, y, across_classes=True)[0].classes.tolist() == [0]
    assert len(sx.decode_boxes(BOXES, y, threshold=0.95)[0]) == 0


def detections(*rows: Any) -> sx.Detections:
    array = np.array(rows, float).reshape(-1, 6)
    return sx.Detections(array[:, :4], array[:, 4], array[:, 5].astype(int))


A, B, C = [0.2, 0.2, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2], [0.2, 0.7, 0.2, 0.2]


def test_what_is_found_twice_is_right_once() -> None:
    report = sx.detection_report([detections([*A, 0.9, 0], [*A, 0.8, 0], [*B, 0.7, 1])], [[[0, *A], [0, *C]]])

    assert report.precision == pytest.approx(1 / 3)
    assert report.recall == 0.5
    assert report.average_precision == {0: 0.5}
    assert (report.found, report.objects) == (3, 2)


def test_average_precision_is_the_area_below_the_highest_precision() -> None:
    # By score: right, wrong, right of 2 objects: precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1.
    found = [detections([*A, 0.9, 0], [*B, 0.8, 0]), detections([*C, 0.7, 0])]

    report = sx.detection_report(found, [[[0, *A]], [[0, *C]]])

    assert report.average_precision[0] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert report.mean_average_precision == report.average_precision[0]


def test_average_precision_of_random_rankings_is_that_of_scikit_learn(rng: np.random.Generator) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    right, scores = rng.random(60) < 0.4, rng.permutation(60) / 60
    found = [detections([*(A if hit else B), score, 0]) for hit, score in zip(right, scores, strict=True)]
    objects = [[[0, *A]] if hit else [] for hit in right]
    precision, recall, _ = sklearn.precision_recall_curve(right, scores)
    highest = np.maximum.accumulate(precision)

    report = sx.detection_report(found, objects)

    assert report.average_precision[0] == pytest.approx(float(-np.diff(recall) @ highest[:-1]))


def test_nothing_found_and_nothing_there_have_no_share() -> None:
    nothing = sx.detection_report([detections()], [[]])
    missed = sx.detection_report([detections()], [[[1, *A]]])

    assert np.isnan([nothing.precision, nothing.recall, nothing.mean_average_precision]).all()
    assert missed.recall == missed.mean_average_precision == 0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match="detections in 1 images, but objects in 2"):
        sx.detection_report([detections()], [[], []])
    with pytest.raises(ShapeError, match=r"320 numbers an image, \(N, 320\), not \(2, 3\)"):
        sx.decode_boxes(BOXES, np.zeros((2, 3)))
    with pytest.raises(OptionError, match="threshold"):
        sx.decode_boxes(BOXES, np.zeros((2, 320)), threshold=2)
    with pytest.raises(ShapeError, match="networks that end in Boxes"):
        sx.detect(sx.mlp([2, 3]), np.zeros((1, 2)))
    with pytest.raises(ShapeError, match=r"2 anchors of 8 numbers on a grid of \(4, 5\) take \(16, 4, 5\)"):
        sx.Arch((16, 5, 4), [BOXES])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"grid": 3}, "rows and columns"),
        ({"grid": (3, 0)}, "rows and columns"),
        ({"anchors": ()}, "pairs of a width and a height"),
        ({"anchors": ((1, -1),)}, "pairs of a width and a height"),
        ({"anchors": 3}, "pairs of a width and a height"),
        ({"classes": 0}, "whole number >= 1"),
    ],
)
def test_bad_options_are_refused(options: Any, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        sx.Boxes(**{"grid": (2, 2), "anchors": ((1, 1),), "classes": 2, **options})


@pytest.mark.slow
def test_a_network_learns_to_find_squares() -> None:
    rng = np.random.default_rng(0)
    boxes = sx.Boxes((4, 4), ((1.0, 1.0),), 2)
    loss = sx.YoloLoss(boxes)
    images, objects = np.zeros((120, 1, 16, 16), np.float32), []
    for image in images:
        top, left, kind = *rng.integers(0, 12, 2), int(rng.integers(0, 2))
        image[0, top : top + 4, left : left + 4] = 1
        if kind:
            image[0, top + 1 : top + 3, left + 1 : left + 3] = 0
        objects.append([[kind, (left + 2) / 16, (top + 2) / 16, 0.25, 0.25]])
    layers = [
        sx.Conv2D(12, 4, stride=2, padding=1, activation="relu"),
        sx.Conv2D(24, 4, stride=2, padding=1, activation="relu"),
        sx.Conv2D(24, 3, padding=1, activation="relu"),
        sx.Conv2D(boxes.channels, 1),
        boxes,
    ]
    net = sx.neural_net([sx.Input((1, 16, 16)), *layers], sx.training("adam", loss=loss, learning_rate=0.005))

    learnt = sx.train(net, sx.training_set(images, sx.box_targets(loss, objects), batch=20), 60).result(100)

    report = sx.detection_report(sx.detect(learnt, images, threshold=0.3), objects)
    assert report.mean_average_precision > 0.9
    assert report.recall > 0.9
