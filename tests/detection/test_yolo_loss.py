"""The loss of boxes: against a plain account of it, central differences and PyTorch."""

from __future__ import annotations

import json
import subprocess
import sys
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import LabelError, LossError, OptionError
from synapse_rx.layers import Layer
from synapse_rx.losses import Loss
from tests.contracts.layer import Chain as Running
from tests.scratches import central_differences, peak_allocation, scratch

BOXES = sx.Boxes((3, 2), ((0.8, 1.2), (1.5, 0.6), (2.0, 2.0)), 4)
SCALES: dict[str, float] = {"object": 4.0, "no_object": 0.3, "coordinates": 6.0, "probabilities": 1.5}
LOSSES = [
    sx.YoloLoss(BOXES),
    sx.YoloLoss(BOXES, **SCALES),
    sx.YoloLoss(BOXES, responsible="anchor", **SCALES),
    sx.YoloLoss(sx.Boxes((3, 2), ((1.0, 1.0),), 4)),
]
OBJECTS = [
    np.array([[0, 0.2, 0.2, 0.3, 0.5], [3, 0.7, 0.9, 0.6, 0.2]]),
    np.empty((0, 5)),
    np.array([[1, 0.99, 0.4, 0.05, 0.9]]),
]


def sample(loss: sx.YoloLoss, seed: int = 0, dtype: Any = np.float64) -> tuple[Any, Any, Any]:
    """
    Return numbers of a convolution, the boxes they are, and targets.
    """
    boxes = loss.boxes
    x = np.random.default_rng(seed).standard_normal((3, boxes.channels, *boxes.grid)).astype(dtype)
    running = Running(boxes, x.shape[1:], 3, dtype=dtype)
    return x, running.forward(x).copy(), sx.box_targets(loss, OBJECTS).astype(dtype)


def values(loss: sx.YoloLoss, y: Any, t: Any) -> Any:
    result = np.full(len(y), 7, y.dtype)
    loss.values(y, t, result, scratch(len(y), y.dtype))
    return result


def gradient(loss: sx.YoloLoss, y: Any, t: Any, scale: float = 1.0) -> Any:
    dy = np.full_like(y, 7)
    loss.gradient(y, t, dy, scale, scratch(len(y), y.dtype))
    return dy


def account(loss: sx.YoloLoss, y: Any, objects: Any) -> Any:
    """
    Return each image's loss cell by cell and box by box.
    """
    (rows, columns), anchors = loss.boxes.grid, loss.boxes.anchors
    totals = []
    for image, items in zip(y.reshape(len(y), *loss.boxes.shape), objects, strict=True):
        responsible = {}
        for kind, x, top, width, height in items:
            row, column = int(top * rows), int(x * columns)
            own = [[x * columns, top * rows, width * columns, height * rows]]
            cell = image[row, column]
            placed = [[column + b[0], row + b[1], b[2] ** 2 * columns, b[3] ** 2 * rows] for b in cell]
            shapes = [[*own[0][:2], *anchor] for anchor in anchors]
            found = sx.overlaps(own, placed)[0]
            if loss.responsible == "anchor" or not found.any():
                found = sx.overlaps(own, shapes)[0]
            label = np.zeros(loss.boxes.numbers)
            label[:5] = x * columns - column, top * rows - row, width**0.5, height**0.5, 1
            label[5 + int(kind)] = 1
            responsible[row, column, int(found.argmax())] = label
        total = 0.0
        for place in np.ndindex(rows, columns, len(anchors)):
            box = image[place]
            if place not in responsible:
                total += loss.no_object * box[4] ** 2
                continue
            apart = (box - responsible[place]) ** 2
            total += loss.coordinates * apart[:4].sum() + loss.object * apart[4]
            total += loss.probabilities * apart[5:].sum()
        totals.append(total)
    return np.array(totals)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_value_is_that_of_a_plain_account(loss: sx.YoloLoss, seed: int) -> None:
    _, y, t = sample(loss, seed)

    np.testing.assert_allclose(values(loss, y, t), account(loss, y, OBJECTS), rtol=1e-6)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_gradient_is_that_of_central_differences(loss: sx.YoloLoss) -> None:
    _, y, t = sample(loss)

    wanted = central_differences(lambda y: float(values(loss, y, t).sum()), y)

    np.testing.assert_allclose(gradient(loss, y, t), wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_the_gradient_of_the_convolution_is_that_of_central_differences(loss: sx.YoloLoss) -> None:
    x, y, t = sample(loss)
    running = Running(loss.boxes, x.shape[1:], 3)
    running.forward(x)

    dx = running.backward(gradient(loss, y, t))

    def value(x: Any) -> float:
        return float(values(loss, Running(loss.boxes, x.shape[1:], 3).forward(x), t).sum())

    np.testing.assert_allclose(dx, central_differences(value, x), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_is_honoured(scale: str) -> None:
    nothing: dict[str, Any] = dict.fromkeys(SCALES, 0.0)
    once, twice = (sx.YoloLoss(BOXES, **{**nothing, scale: weight}) for weight in (1.0, 2.0))
    _, y, t = sample(once)

    one = values(once, y, t)

    assert one[0] > 0
    np.testing.assert_allclose(values(twice, y, t), 2 * one)
    np.testing.assert_allclose(gradient(twice, y, t), 2 * gradient(once, y, t))


def test_boxes_that_are_right_cost_nothing() -> None:
    loss = sx.YoloLoss(BOXES, responsible="anchor")
    t = sx.box_targets(loss, OBJECTS).astype(float)

    np.testing.assert_array_equal(values(loss, t, t), 0)
    np.testing.assert_array_equal(gradient(loss, t, t), 0)


def test_only_the_box_that_overlaps_most_is_drawn_to_an_object() -> None:
    loss = sx.YoloLoss(sx.Boxes((1, 1), ((0.2, 0.2), (0.8, 0.8)), 1))
    t = sx.box_targets(loss, [[[0, 0.5, 0.5, 0.7, 0.7]]]).astype(float)
    y = np.array([[[0.5, 0.5, 0.2**0.5, 0.2**0.5, 0.5, 1], [0.5, 0.5, 0.8**0.5, 0.8**0.5, 0.5, 1]]])

    dy = gradient(loss, y.reshape(1, -1), t).reshape(2, 6)

    np.testing.assert_array_equal(dy[0], [0, 0, 0, 0, 2 * 0.5 * 0.5, 0])
    assert dy[1, 4] == 2 * 5 * (0.5 - 1)
    assert (dy[1, 2:4] > 0).all()


def test_of_two_equal_boxes_one_is_responsible() -> None:
    loss = sx.YoloLoss(sx.Boxes((1, 1), ((0.5, 0.5), (0.5, 0.5)), 1))
    t = sx.box_targets(loss, [[[0, 0.5, 0.5, 0.7, 0.7]]]).astype(float)
    y = np.tile([0.5, 0.5, 0.5, 0.5, 0.5, 1.0], 2)[None]

    dy = gradient(loss, y, t).reshape(2, 6)

    assert dy[0, 4] < 0 < dy[1, 4]


def test_an_object_that_no_box_overlaps_has_one_all_the_same() -> None:
    loss = sx.YoloLoss(sx.Boxes((1, 1), ((0.01, 0.01), (0.1, 0.1)), 1))
    t = sx.box_targets(loss, [[[0, 0.9, 0.9, 0.1, 0.1]]]).astype(float)
    y = np.tile([0.1, 0.1, 0.1, 0.1, 0.5, 1.0], 2)[None]

    dy = gradient(loss, y, t).reshape(2, 6)

    assert dy[1, 4] < 0 < dy[0, 4]


def test_float32_stays_float32_and_agrees() -> None:
    for loss in LOSSES:
        _, y, t = sample(loss)
        s = scratch(3, np.float32)
        result, dy = np.empty(3, np.float32), np.empty_like(y, np.float32)

        loss.values(y.astype("f4"), t.astype("f4"), result, s)
        loss.gradient(y.astype("f4"), t.astype("f4"), dy, 1.0, s)

        assert not any(array.dtype == np.float64 for array in s._buffers._arrays.values())
        np.testing.assert_allclose(result, values(loss, y, t), rtol=1e-5)
        np.testing.assert_allclose(dy, gradient(loss, y, t), rtol=1e-4, atol=1e-5)


def test_nothing_is_allocated_after_the_first_batch() -> None:
    loss = sx.YoloLoss(BOXES)
    n = 4000  # many more than fit the buffers numpy converts through
    t = np.tile(sx.box_targets(loss, OBJECTS[:1]), (n, 1))
    y, s = np.full_like(t, 0.3), scratch(n, np.float32)
    result, dy = np.empty(n, np.float32), np.empty_like(y)

    def both() -> None:
        loss.values(y, t, result, s)
        loss.gradient(y, t, dy, 1.0, s)

    assert peak_allocation(both) < y.nbytes / 8


@pytest.mark.peer("torch")
@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_value_and_gradient_are_those_of_torch(loss: sx.YoloLoss) -> None:
    torch = pytest.importorskip("torch")
    x, y, t = sample(loss)
    rows, columns = loss.boxes.grid
    running = Running(loss.boxes, x.shape[1:], 3)
    running.forward(x)
    dx = running.backward(gradient(loss, y, t))

    z = torch.tensor(x, requires_grad=True)
    parts = z.reshape(3, -1, loss.boxes.numbers, rows, columns).permute(0, 3, 4, 1, 2)
    anchors = torch.tensor(loss.boxes.anchors, dtype=torch.float64)
    cells = torch.tensor([columns, rows], dtype=torch.float64)
    sizes = torch.sqrt(anchors * torch.exp(parts[..., 2:4]) / cells)
    given = torch.cat(
        [torch.sigmoid(parts[..., :2]), sizes, torch.sigmoid(parts[..., 4:5]), parts[..., 5:].softmax(-1)], -1
    )
    wanted = torch.tensor(t).reshape(given.shape)
    mask = wanted[..., 4].clone()
    if loss.responsible == "prediction":
        found = torch.zeros_like(mask)
        for place in mask.nonzero().tolist():
            box, label = given[tuple(place)].detach(), wanted[tuple(place)]
            found[tuple(place)] = sx.overlaps(
                [[*(box[:2] / cells).tolist(), *(box[2:4] ** 2).tolist()]],
                [[*(label[:2] / cells).tolist(), *(label[2:4] ** 2).tolist()]],
            )[0, 0]
        if len(loss.boxes.anchors) > 1:
            assert (found.max(-1).values[mask[..., 0] > 0] > 0).all()
        mask = mask * torch.nn.functional.one_hot(found.argmax(-1), mask.shape[-1])
    total = loss.coordinates * (mask[..., None] * (given - wanted)[..., :4] ** 2).sum()
    total = total + loss.probabilities * (mask[..., None] * (given - wanted)[..., 5:] ** 2).sum()
    confidence = (given[..., 4] - mask) ** 2
    total = total + (confidence * (loss.object * mask + loss.no_object * (1 - mask))).sum()
    total.backward()

    np.testing.assert_allclose(y, given.detach().reshape(3, -1).numpy(), rtol=1e-8)
    np.testing.assert_allclose(values(loss, y, t).sum(), total.item(), rtol=1e-8)
    np.testing.assert_allclose(dx, z.grad.numpy(), rtol=1e-8, atol=1e-12)


def test_it_survives_the_way_to_plain_data_and_back() -> None:
    for loss in LOSSES:
        assert sx.from_data(Loss, json.loads(json.dumps(sx.to_data(loss)))) == loss
    assert sx.from_data(Layer, json.loads(json.dumps(sx.to_data(BOXES)))) == BOXES


def test_plain_data_is_understood_where_nobody_has_looked_for_boxes_yet() -> None:
    code = f"""
        from synapse_rx import Layer, from_data
        print(from_data(Layer, {sx.to_data(BOXES)!r}).classes)
    """

    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)

    assert done.stdout == "4\n"


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(OptionError, match="object of yolo_loss must be a number >= 0"):
        sx.YoloLoss(BOXES, object=-1)
    with pytest.raises(OptionError, match="responsible of yolo_loss"):
        sx.YoloLoss(BOXES, responsible="nobody")
    with pytest.raises(LossError, match="a layer Boxes gives them, not softmax"):
        sx.mlp([2, 3], "softmax", sx.training(loss=LOSSES[0]))
    with pytest.raises(LabelError, match=r"\(N, 162\), not \(2, 3\)"):
        LOSSES[0].check_targets(np.zeros((2, 3)))
