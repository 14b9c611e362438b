"""A loss for each of several outputs: what it is worth, and its links."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.activations import Activation
from synapse_rx.activations.joined import Joined
from synapse_rx.errors import LabelError, LossError, OptionError, UnknownNameError
from synapse_rx.losses import Loss, PerOutput, per_output
from tests.scratches import central_differences, quiet, scratch

FUNCTIONS = [Activation.of(name) for name in ("softmax", "linear", "tanh", "sigmoid")]
SHAPES = [(3,), (2,), (2, 2), (2, 1, 2)]
JOINED = Joined(FUNCTIONS, SHAPES)
NAMED = per_output(
    {"class": "cross_entropy", "place": "squared_error", "steps": "huber", "mask": "binary_cross_entropy"},
    [1, 0.5, 2, 0],
)
ALL = PerOutput(NAMED.losses, (1, 0.5, 2, 0.3))


def batch(rng: np.random.Generator, n: int = 5) -> tuple[Any, Any]:
    z = rng.standard_normal((n, 13))
    t = rng.random((n, 13))
    t[:, :3] = np.eye(3)[rng.integers(0, 3, n)]
    return z, t


def values(loss: Loss, z: Any, t: Any) -> Any:
    s, y, result = scratch(len(z)), np.empty_like(z), np.full(len(z), 7.0)
    with quiet():
        JOINED.forward(z, y, s)
        loss.values(y, t, result, s)
    return result


def linked(loss: Loss, z: Any, t: Any, dtype: Any = np.float64) -> tuple[Any, Any, Any]:
    y, dz, result = np.full_like(z, 7), np.full_like(z, 7), np.full(len(z), 7, dtype)
    with quiet():
        loss.linked(z, y, t, result, dz, 1.0, scratch(len(z), dtype))
    return y, result, dz


def test_the_value_is_the_weighted_sum_of_all_outputs(rng: np.random.Generator) -> None:
    z, t = batch(rng)
    loss = ALL.for_output(JOINED)

    found = values(loss, z, t)

    y, wanted = np.empty_like(z), np.zeros(5)
    JOINED.forward(z, y, scratch(5))
    wanted -= np.log((y * t)[:, :3].sum(1))
    wanted += 0.5 * 0.5 * ((y - t)[:, 3:5] ** 2).sum(1)
    far = np.abs(y - t)[:, 5:9]
    wanted += 2 * 0.5 * np.where(far < 1, 0.5 * far**2, far - 0.5).sum(1)
    mask, p = t[:, 9:], y[:, 9:]
    wanted -= 0.3 * (mask * np.log(p) + (1 - mask) * np.log(1 - p)).sum(1)
    np.testing.assert_allclose(found, wanted)


def test_linked_it_gives_the_outputs_and_the_same_values(rng: np.random.Generator) -> None:
    z, t = batch(rng)
    loss, y = ALL.for_output(JOINED), np.empty_like(z)

    outputs, found, _ = linked(loss, z, t)

    JOINED.forward(z, y, scratch(5))
    np.testing.assert_allclose(outputs, y)
    np.testing.assert_allclose(found, values(loss, z, t))


def test_the_gradient_of_the_logits_is_that_of_central_differences(rng: np.random.Generator) -> None:
    z, t = batch(rng)
    loss = ALL.for_output(JOINED)

    wanted = central_differences(lambda z: float(values(loss, z, t).sum()), z)

    np.testing.assert_allclose(linked(loss, z, t)[2], wanted, rtol=1e-5, atol=1e-8)


def test_the_gradient_of_the_outputs_is_that_of_central_differences(rng: np.random.Generator) -> None:
    z, t = batch(rng)
    loss, y, dy = ALL.for_output(JOINED), np.empty_like(z), np.full_like(z, 7)
    JOINED.forward(z, y, scratch(5))

    def value(y: Any) -> float:
        result = np.empty(5)
        loss.values(y, t, result, scratch(5))
        return float(result.sum())

    loss.gradient(y, t, dy, 1.0, scratch(5))

    np.testing.assert_allclose(dy, central_differences(value, y), rtol=1e-5, atol=1e-8)


def test_a_canonical_link_survives_where_the_outputs_underflow() -> None:
    joined = Joined([Activation.of("softmax"), Activation.of("linear")], [(2,), (1,)])
    loss = per_output(["cross_entropy", "squared_error"]).for_output(joined)
    z = np.array([[1000, -1000, 2]], np.float32)
    y, dz, result = np.empty_like(z), np.empty_like(z), np.empty(1, np.float32)

    with quiet():
        loss.linked(z, y, np.array([[0, 1, 0]], np.float32), result, dz, 1.0, scratch(1, np.float32))

    np.testing.assert_array_equal(dz, [[1, -1, 2]])
    np.testing.assert_array_equal(result, [2002])


def test_a_weight_of_0_leaves_an_output_alone(rng: np.random.Generator) -> None:
    z, t = batch(rng)

    assert not linked(NAMED.for_output(JOINED), z, t)[2][:, 9:].any()


def test_float32_stays_float32(rng: np.random.Generator) -> None:
    z, t = (array.astype(np.float32) for array in batch(rng))
    s = scratch(5, np.float32)
    loss, y, dz, result = ALL.for_output(JOINED), np.empty_like(z), np.empty_like(z), np.empty(5, np.float32)

    loss.linked(z, y, t, result, dz, 1.0, s)

    every = [s._buffers, *s._buffers._parts.values()]
    assert {array.dtype for buffers in every for array in buffers._arrays.values()} == {np.dtype("f4")}


def test_the_outputs_may_be_named() -> None:
    assert NAMED.names == ("class", "place", "steps", "mask")
    assert per_output(["huber", "huber"]).names == ("out0", "out1")


def test_it_survives_the_way_to_plain_data_and_back() -> None:
    assert sx.from_data(Loss, json.loads(json.dumps(sx.to_data(NAMED)))) == NAMED


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: per_output([]), "at least one"),
        (lambda: per_output("huber"), "one for each output"),
        (lambda: per_output(["huber"], [1, 2]), "a number >= 0 for each of the 1 losses"),
        (lambda: per_output(["huber"], [-1]), "a number >= 0"),
        (lambda: per_output(["huber", "huber"], [0, 0]), "not all of them 0"),
        (lambda: PerOutput(["huber", "huber"], (), ("a", "a")), "a different text for each"),
        (lambda: per_output([per_output(["huber"])]), "not for several again"),
    ],
)
def test_bad_options_are_refused(make: Any, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        make()


def test_an_unknown_loss_is_named() -> None:
    with pytest.raises(UnknownNameError, match="hubber"):
        per_output(["hubber"])


def test_what_does_not_fit_the_outputs_is_refused() -> None:
    with pytest.raises(LossError, match=r"4 outputs, but there are losses for 1 \(out0\); give one for each"):
        per_output(["huber"]).for_output(JOINED)
    with pytest.raises(LossError, match="this network has one; take 'huber' alone"):
        per_output(["huber", "huber"]).for_output(Activation.of("linear"))
    with pytest.raises(LossError, match="output place: cross_entropy takes outputs in"):
        per_output(
            {"class": "cross_entropy", "place": "cross_entropy", "a": "huber", "b": "huber"}
        ).for_output(JOINED)


def test_targets_are_checked_output_by_output(rng: np.random.Generator) -> None:
    _, t = batch(rng)
    loss = ALL.for_output(JOINED)
    loss.check_targets(t)
    t[3, 2] = 2

    with pytest.raises(LabelError, match=r"output out0: categorical_cross_entropy.*target 2 of sample 3"):
        loss.check_targets(t)
