"""What is done around every algorithm's step: penalties, clipping, norms, layer factors, averages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.backends import NumpyBackend
from synapse_rx.errors import OptionError
from synapse_rx.network.engine import Engine
from synapse_rx.network.updating import Updating
from synapse_rx.snapshot import Net
from synapse_rx.update import Update
from tests.nets import blobs, small_net, trained

BACKEND = NumpyBackend()
PENALTIES = [sx.L1(0.3), sx.L2(0.3), sx.Elastic(0.2, 0.4)]
ALGORITHMS = ["backprop", "adam", "adamw", "rmsprop", "rprop", "nadam", "adagrad", "adadelta", "lion"]


def updating(net: Net, grad: np.ndarray, **options: Any) -> tuple[np.ndarray, Updating]:
    theta = np.array(net.params.flat)
    return theta, Updating(Update(**options), net.params.layout, BACKEND, theta, grad, None)


@pytest.mark.parametrize("penalty", PENALTIES, ids=lambda penalty: penalty.kind)
def test_a_penalty_and_its_derivative_agree_and_leave_biases_alone(penalty: sx.L1) -> None:
    net = small_net(dtype="float64")
    grad = np.zeros(net.params.flat.size)
    theta, work = updating(net, grad, regularization=penalty)
    work.shape_gradient()
    numeric = np.empty_like(grad)
    for i in range(theta.size):
        kept, h = theta[i], 1e-6
        theta[i] = kept + h
        above = work.penalty()
        theta[i] = kept - h
        numeric[i] = (above - work.penalty()) / (2 * h)
        theta[i] = kept

    np.testing.assert_allclose(grad, numeric, rtol=1e-5, atol=1e-8)
    biases = net.params.with_flat(grad)["0.b"]
    assert not biases.any()


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, "lbfgs"])
def test_a_penalty_shrinks_the_weights_under_every_algorithm(algorithm: str) -> None:
    plain = trained(small_net(algorithm), blobs(), 30)
    shrunk = trained(small_net(algorithm, regularization=sx.L2(0.5)), blobs(), 30)

    size = [sum(float((n.params[name] ** 2).sum()) for name in ("0.W", "1.W")) for n in (plain, shrunk)]
    assert size[1] < size[0]


def test_the_recorded_loss_contains_the_penalty_and_the_error_does_not() -> None:
    net = trained(small_net(regularization=sx.L2(0.5)), blobs())

    stats, weights = net.training.stats, [net.params[name] for name in ("0.W", "1.W")]
    penalty = 0.25 * sum(float((w * w).sum()) for w in weights)
    assert stats.loss[-1] == pytest.approx(stats.training["cross_entropy"][-1] + penalty, rel=1e-5)


def test_clipping_by_value_bounds_every_number() -> None:
    grad = np.array([*np.linspace(-3, 3, 26)])
    _, work = updating(small_net(dtype="float64"), grad, clip_value=0.5)

    work.shape_gradient()

    np.testing.assert_array_equal(grad, np.clip(np.linspace(-3, 3, 26), -0.5, 0.5))


@pytest.mark.parametrize(("length", "after"), [(4.0, 1.5), (1.2, 1.2), (0.0, 0.0)])
def test_clipping_by_norm_shortens_long_gradients_only(length: float, after: float) -> None:
    direction = np.random.default_rng(0).standard_normal(26)
    direction /= np.linalg.norm(direction)
    grad = direction * length
    _, work = updating(small_net(dtype="float64"), grad, clip_norm=1.5)

    work.shape_gradient()

    np.testing.assert_allclose(grad, direction * after, atol=1e-12)


def test_the_maximal_norm_holds_for_the_weights_into_each_unit() -> None:
    net = trained(small_net(learning_rate=2.0, max_norm=0.7), blobs(), 5)

    for name in ("0.W", "1.W"):
        assert np.linalg.norm(net.params[name], axis=0).max() <= 0.7 * (1 + 1e-5)


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, "lbfgs"])
def test_a_frozen_layer_never_moves_under_any_algorithm(algorithm: str) -> None:
    before = small_net(algorithm, factors={0: 0})

    after = trained(before, blobs(), 3)

    for name in ("0.W", "0.b"):
        np.testing.assert_array_equal(after.params[name], before.params[name])
    assert not np.array_equal(after.params["1.W"], before.params["1.W"])


def test_a_frozen_prefix_costs_no_backward_pass() -> None:
    net = small_net(factors={0: 0})
    engine = Engine(net, blobs(), BACKEND, None)
    engine.problem.grad[:] = 7.0

    engine.step(0, net.training.algorithm, {})

    assert not np.asarray(net.params.with_flat(engine.problem.grad)["0.W"]).any()  # zeroed, never computed
    assert all("dx" not in s._views for _, s in engine._program._pass(5).run.steps)


def test_a_layers_factor_scales_its_step_and_no_other() -> None:
    data = blobs(batch=23)
    before = small_net(dtype="float64")
    whole = trained(before, data)
    half = trained(evolve(before, training=evolve(before.training, update=Update(factors={1: 0.5}))), data)

    for name in before.params:
        step = np.asarray(whole.params[name]) - before.params[name]
        share = 0.5 if name.startswith("1.") else 1.0
        np.testing.assert_allclose(half.params[name], before.params[name] + share * step, atol=1e-12)


def test_the_average_follows_its_formula() -> None:
    net = small_net(averaging=0.9, dtype="float64")
    average = np.array(net.params.flat)
    for _ in range(3):
        net = trained(net, blobs(batch=23))
        average = 0.9 * average + 0.1 * net.params.flat

    np.testing.assert_allclose(sx.averaged(net).params.flat, average, atol=1e-12)


def test_a_sum_is_the_mean_times_the_batch() -> None:
    data = blobs(batch=23)
    mean = trained(small_net(dtype="float64", learning_rate=0.23), data)
    total = trained(small_net(dtype="float64", learning_rate=0.01, reduction="sum"), data)

    np.testing.assert_allclose(total.params.flat, mean.params.flat, atol=1e-12)


@pytest.mark.parametrize("option", ["clip_norm", "clip_value", "max_norm"])
def test_a_line_search_refuses_what_would_bend_its_line(option: str) -> None:
    with pytest.raises(OptionError, match=option):
        trained(small_net("lbfgs", **{option: 1.0}), blobs())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clip_norm": 0}, "clip_norm"),
        ({"clip_value": -1.0}, "clip_value"),
        ({"max_norm": float("nan")}, "max_norm"),
        ({"averaging": 1.0}, "averaging"),
        ({"reduction": "max"}, "reduction"),
        ({"factors": {-1: 0.5}}, "named by their positions"),
        ({"factors": {0: -1.0}}, "factor of layer 0"),
        ({"regularization": "l3"}, "elastic, l1, l2"),
    ],
)
def test_bad_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        sx.training("backprop", **options)


def test_a_factor_for_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(OptionError, match="layer 7"):
        trained(small_net(factors={7: 0.5}), blobs())


@pytest.mark.parametrize(
    "update", [{"averaging": 0.9}, {"clip_norm": 0.1, "regularization": "l2"}, {"factors": {0: 0.3}}]
)
def test_training_on_is_training_in_one_go(update: dict[str, Any]) -> None:
    net = small_net("adam", **update)

    whole, halves = trained(net, blobs(), 4), trained(trained(net, blobs(), 2), blobs(), 2)

    assert whole.params == halves.params
    assert whole.training.state == halves.training.state
