"""Centre loss: features of one class come together, and the same labels serve both outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import NumpyBackend
from synapse_rx.errors import DataError, LabelError, LossError, OptionError
from synapse_rx.network import Arch, fresh_params
from synapse_rx.network.program import Program
from tests.contracts.layer import Chain as Running
from tests.nets import blobs, trained
from tests.scratches import central_differences, quiet, scratch


def net(weight: float, trset: sx.TrainingSet) -> Any:
    head, loss = sx.centre_loss(sx.Dense(2, "softmax"), 2, weight=weight)
    layers = [sx.Input(trset.data.sample_shape), sx.Dense(8, "tanh"), sx.named("features", sx.Dense(2)), head]
    return sx.neural_net(layers, sx.training("adam", loss=loss, learning_rate=0.01)).value


def test_it_is_half_the_squared_distance_to_the_centre_of_the_class() -> None:
    running = Running(sx.Centres(3), (2,))
    x, centres = np.random.default_rng(0).standard_normal((4, 2)), running.theta.reshape(3, 2)
    t = np.eye(3)[[0, 2, 1, 1]]
    y, values, dy = running.forward(x), np.empty(4), np.empty((4, 3))
    loss = sx.CentreLoss()

    loss.values(y, t, values, scratch(4))
    loss.gradient(y, t, dy, 1.0, scratch(4))
    dx = running.backward(dy)

    pull = x - centres[[0, 2, 1, 1]]
    np.testing.assert_allclose(values, 0.5 * (pull**2).sum(1))
    np.testing.assert_allclose(dx, pull)
    wanted = np.stack([-pull[[0]].sum(0), -pull[[2, 3]].sum(0), -pull[[1]].sum(0)])
    np.testing.assert_allclose(running.grad.reshape(3, 2), wanted)


def test_distances_are_never_negative_where_they_round() -> None:
    running = Running(sx.Centres(1), (3,), dtype=np.float32)
    running.theta[...] = x = np.float32([100.1, 200.2, 300.3])

    assert running.forward(np.tile(x, (4, 1))).max() <= 0


def test_the_gradient_of_the_whole_is_that_of_central_differences() -> None:
    head, loss = sx.centre_loss(sx.Dense(3, "softmax"), 3, weight=0.3)
    arch = Arch(4, [sx.Dense(5, "tanh"), head])
    rng = np.random.default_rng(1)
    x, t = rng.standard_normal((5, 4)), np.tile(np.eye(3)[[0, 1, 2, 2, 0]], (1, 2))
    theta = fresh_params(arch, 1, "float64").flat.copy()
    grad, chosen = np.empty_like(theta), arch.check_trainable(loss)

    def value(at: Any) -> float:
        values = np.empty(5)
        with quiet():
            Program(arch, NumpyBackend(), 5, at, np.empty_like(at)).learn(x, t, chosen, values, 1.0)
        return float(values.sum())

    with quiet():
        Program(arch, NumpyBackend(), 5, theta, grad).learn(x, t, chosen, np.empty(5), 1.0)

    np.testing.assert_allclose(grad, central_differences(value, theta), rtol=1e-5, atol=1e-8)


def spread(net: Any, x: Any, label: Any) -> float:
    """
    Return the variance of the features within their classes beside that between these.
    """
    arch = Arch(net.arch.in_shape, net.arch.layers[:2])
    theta = net.params.flat[: arch.layout.size]
    features = Program(arch, NumpyBackend(), len(x), theta).forward(x)
    means = np.stack([features[label == kind].mean(0) for kind in (0, 1)])
    return float(((features - means[label]) ** 2).sum(1).mean() / ((means[0] - means[1]) ** 2).sum())


def test_it_pulls_the_features_of_a_class_together() -> None:
    trset = sx.repeat_targets(blobs(200, batch=20))
    x, label = trset.x, trset.y[:, 1].astype(int)

    plain, pulled = (trained(net(weight, trset), trset, 30) for weight in (0.0, 1.0))

    assert spread(pulled, x, label) < 0.7 * spread(plain, x, label)
    stats = pulled.training.stats
    assert stats.training["centre.centre_loss"][-1] < 0.5 * stats.training["centre.centre_loss"][0]
    # The nearest centre is a classifier as well.
    assert stats.training["centre.misclassification"][-1] < 0.15
    assert stats.training["class.misclassification"][-1] < 0.15


def test_the_same_labels_serve_both_outputs() -> None:
    x, labels = np.arange(12.0).reshape(6, 2), np.array(["a", "b"] * 3)

    one = sx.repeat_targets(sx.training_set(x, labels, nvalid=2))

    assert one == sx.training_set(x, (labels, labels), nvalid=2)
    assert one.data.classes == (("a", "b"), ("a", "b"))
    assert sx.repeat_targets(sx.test_set(x, labels), 3).outputs == 6


@pytest.mark.parametrize("bad", [sx.test_set([[1.0]]), sx.test_set([[1.0]], (np.ones(1), np.ones(1)))])
def test_targets_are_repeated_once(bad: sx.DataSet) -> None:
    with pytest.raises(DataError, match="one target each"):
        sx.repeat_targets(bad)


def test_bad_options_are_refused() -> None:
    with pytest.raises(OptionError, match="a number >= 0"):
        sx.centre_loss(sx.Dense(2), 2, weight=-1)
    with pytest.raises(OptionError, match="classes of centres must be a whole number >= 1"):
        sx.Centres(0)
    with pytest.raises(OptionError, match="times"):
        sx.repeat_targets(blobs(), 1)
    with pytest.raises(LossError, match="a layer Centres gives them, not softmax"):
        sx.mlp([2, 3], "softmax", sx.training(loss="centre_loss"))
    with pytest.raises(LabelError, match="centre_loss compares"):
        sx.CentreLoss().check_targets(np.array([[2.0]]))
