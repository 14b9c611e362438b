"""Networks of several inputs and several outputs, from the data to the estimate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import NumpyBackend
from synapse_rx.errors import LabelError, LossError, OptionError, ShapeError
from synapse_rx.network import Arch, fresh_params
from synapse_rx.network.program import Program
from tests.nets import finish_epoch, learner, small_net, trained, without_times
from tests.scratches import central_differences, quiet

INPUTS = [(4,), (2, 3)]
TOWERS = sx.parallel(sx.Dense(8, "tanh"), sx.Dense(8, "tanh"))
HEADS = sx.fork(sx.Dense(2, "softmax"), [sx.Dense(3, "tanh"), sx.Dense(2)])


def samples(n: int = 60) -> tuple[Any, Any, Any, Any]:
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((n, 4)), rng.standard_normal((n, 2, 3))
    label = np.where(a[:, 0] + b[:, 0, 0] > 0, "yes", "no")
    value = np.column_stack([a[:, 1] - b[:, 1, 2], a[:, 2]])
    return a, b, label, value


def data(n: int = 60, **options: Any) -> sx.TrainingSet:
    a, b, label, value = samples(n)
    return sx.training_set((a, b), (label, value), **{"batch": 7, "shuffle": "epoch", **options})


PLAIN = (TOWERS, sx.concatenate(), HEADS)


def net(algorithm: Any = "adam", layers: Any = PLAIN, **options: Any) -> Any:
    how = sx.training(algorithm, **options) if isinstance(algorithm, str) else algorithm
    return sx.neural_net([sx.Input(INPUTS), *layers], how)


def test_it_learns_all_outputs_at_once() -> None:
    a, b, label, value = samples(300)
    trset = data(300, nvalid=50, batch=16)

    learnt = sx.train(net("adam", learning_rate=0.02), trset, 40).result(60)

    stats = learnt.training.stats
    assert stats.validation["out0.misclassification"][-1] < 0.1
    assert stats.validation["out1.squared_error"][-1] < 0.3
    labels, values = sx.estimate(learnt, (a, b))
    assert (labels == label).mean() > 0.9
    assert np.abs(values - value).mean() < 0.3


def test_errors_are_recorded_output_by_output() -> None:
    loss = sx.per_output({"sign": "cross_entropy", "place": "squared_error"}, [1, 0.5])

    stats = trained(net(loss=loss).value, data()).training.stats

    names = ["per_output", "sign.cross_entropy", "sign.misclassification", "place.squared_error"]
    assert list(stats.training) == names
    total = stats.training["sign.cross_entropy"][-1] + 0.5 * stats.training["place.squared_error"][-1]
    assert stats.training["per_output"][-1] == pytest.approx(total, rel=1e-5)


def test_what_is_asked_for_is_recorded_where_it_is_defined() -> None:
    asked = ["misclassification", "mean_absolute_error", "binary_cross_entropy", "gradient_norm"]

    stats = trained(net(stats=asked).value, data()).training.stats

    assert list(stats.training) == [
        "per_output",
        "out0.misclassification",
        "out0.mean_absolute_error",
        "out1.mean_absolute_error",
        "out0.binary_cross_entropy",
        "gradient_norm",
    ]


def test_outputs_and_evaluations_come_apart() -> None:
    a, b, label, value = samples()
    snapshot = trained(net().value, data())

    one, other = sx.outputs(snapshot, (a, b))
    result = sx.evaluate(snapshot, sx.test_set((a, b), (label, value), known_labels=snapshot.labels))

    assert one.shape == other.shape == (60, 2)
    np.testing.assert_allclose(one.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(result.outputs[1], other)
    np.testing.assert_allclose(result.targets[1], value, rtol=1e-6)
    np.testing.assert_allclose(
        result.errors["out0.misclassification"], (one.argmax(1) != (label == "yes")).mean(), rtol=1e-6
    )
    assert snapshot.labels == result.labels == (("no", "yes"), None)


def test_the_gradient_of_the_whole_is_that_of_central_differences() -> None:
    tower = sx.shared("tower", sx.Dense(4, "tanh"))
    layers = [
        sx.parallel([sx.Dense(4), tower], [sx.Dense(4), tower]),
        sx.multiply(),
        sx.residual(sx.Dense(4, "sigmoid")),
        HEADS,
    ]
    arch = Arch(INPUTS, layers)
    rng = np.random.default_rng(1)
    x, t = (
        rng.standard_normal((5, 10)),
        np.column_stack([np.eye(2)[[0, 1, 1, 0, 1]], rng.standard_normal((5, 2))]),
    )
    theta = fresh_params(arch, 1, "float64").flat.copy()
    grad = np.full_like(theta, 7)
    loss = arch.check_trainable(arch.default_loss())

    def value(at: Any) -> float:
        program, values = Program(arch, NumpyBackend(), 5, at, np.empty_like(at)), np.empty(5)
        with quiet():
            program.learn(x, t, loss, values, 1.0)
        return float(values.sum())

    with quiet():
        Program(arch, NumpyBackend(), 5, theta, grad).learn(x, t, loss, np.empty(5), 1.0)

    np.testing.assert_allclose(grad, central_differences(value, theta), rtol=1e-5, atol=1e-8)


def test_one_output_alone_is_learnt_as_in_a_network_of_its_own() -> None:
    head = sx.fork(sx.Dense(2, "softmax"))
    a, _, label, _ = samples()
    alone = sx.neural_net([sx.Input(4), sx.Dense(3, "tanh"), sx.Dense(2, "softmax")], "adam")
    forked = sx.neural_net([sx.Input(4), sx.Dense(3, "tanh"), head], "adam")
    trset = sx.training_set(a, label, batch=7)

    one, other = trained(alone.value, trset, 3), trained(forked.value, trset, 3)

    np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(one.training.stats.loss, other.training.stats.loss, rtol=1e-5)
    np.testing.assert_allclose(sx.outputs(one, a), sx.outputs(other, a), rtol=1e-4)
    np.testing.assert_array_equal(sx.estimate(one, a), sx.estimate(other, a))


def test_a_tower_shared_by_two_inputs_sees_both() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 40, 3))
    tower = sx.shared("tower", sx.Dense(4, "tanh"))
    twin = sx.neural_net([sx.Input([(3,), (3,)]), sx.parallel(tower, tower), sx.add(), sx.Dense(1)], "adam")
    learnt = trained(twin.value, sx.training_set((a, b), a[:, 0] + b[:, 0], batch=8), 3)

    np.testing.assert_allclose(sx.outputs(learnt, (a, b)), sx.outputs(learnt, (b, a)), rtol=1e-5)
    assert learnt.params.names == ("tower.W", "tower.b", "2.W", "2.b")


DEEP = [
    sx.named("trunk", sx.parallel([sx.Dense(6, "tanh"), sx.residual(sx.Dense(6, "relu"))], sx.Dense(6))),
    sx.average(),
    sx.shared("same", sx.Dense(6, "tanh")),
    sx.residual([sx.shared("same", sx.Dense(6, "tanh")), sx.Dense(6)], shortcut=sx.Dense(6)),
    HEADS,
]


def test_training_resumes_bit_for_bit_in_the_middle_of_an_epoch() -> None:
    trset, start = data(), net("adam", DEEP).value
    whole = trained(start, trset, 3)

    part = learner(start, trset)
    part.learn(60, 4)
    snapshot = part.merge(start)
    rest = learner(snapshot, trset)
    for _ in range(3):
        snapshot = finish_epoch(rest, snapshot)

    assert without_times(snapshot).params == without_times(whole).params
    np.testing.assert_allclose(snapshot.training.stats.loss, whole.training.stats.loss, rtol=1e-12)


@pytest.mark.parametrize(
    ("frozen", "still"),
    [
        (("trunk.0",), "trunk.0."),
        (("trunk",), "trunk."),
        (("same",), "same."),
        (("3.shortcut",), "3.shortcut."),
        ((4,), "4."),
        (("4.1.0",), "4.1.0."),
    ],
)
def test_what_is_frozen_inside_others_never_moves(frozen: Any, still: str) -> None:
    start = sx.freeze(net("adam", DEEP).value, *frozen)

    learnt = trained(start, data(), 2)

    for name, value in learnt.params.items():
        assert np.array_equal(value, start.params[name]) == name.startswith(still), name


def test_a_layer_with_a_name_is_frozen_by_it() -> None:
    with pytest.raises(OptionError, match="layer 0 has a name: call it 'trunk'"):
        sx.freeze(net("adam", DEEP).value, 0)


def test_inputs_in_rows_will_do() -> None:
    a, b, _, _ = samples()
    snapshot = net().value

    joined = sx.outputs(snapshot, np.concatenate([a, b.reshape(60, 6)], axis=1))

    np.testing.assert_array_equal(joined[0], sx.outputs(snapshot, (a, b))[0])


def test_inputs_may_be_normalised() -> None:
    a, b, _, _ = samples()
    snapshot = trained(net().value, data(normalize="standardize"))

    assert snapshot.normalization is not None
    assert np.isfinite(sx.outputs(snapshot, (a, b))[1]).all()


def test_the_loss_of_every_output_can_be_changed_live() -> None:
    other = sx.per_output(["squared_error", "huber"])
    start = net()

    start.swap(sx.with_loss, other)

    assert list(trained(start.value, data()).training.stats.training)[1:] == [
        "out0.squared_error",
        "out0.misclassification",
        "out1.huber",
    ]
    with pytest.raises(LossError, match="2 outputs, but there are losses for 1"):
        start.swap(sx.with_loss, sx.per_output(["huber"]))


def test_a_loss_missing_for_an_output_is_named() -> None:
    with pytest.raises(
        LossError, match=r"has 2 outputs, but huber judges one.*per_output\(\['huber', 'huber'\]\)"
    ):
        net(loss="huber")
    with pytest.raises(LossError, match=r"2 outputs, but there are losses for 1 \(out0\); give one for each"):
        net(loss=sx.per_output(["cross_entropy"]))
    with pytest.raises(LossError, match="out1: cross_entropy takes outputs in"):
        net(loss=sx.per_output(["cross_entropy", "cross_entropy"]))
    with pytest.raises(LossError, match="this network has one; take 'huber' alone"):
        small_net(loss=sx.per_output(["huber", "huber"]))


@pytest.mark.parametrize(
    ("make", "error", "told"),
    [
        (
            lambda a, b, t, v: ((b, a), (t, v)),
            ShapeError,
            r"2 inputs of \(4,\) and \(2, 3\), but.*2 inputs of \(2, 3\)",
        ),
        (lambda a, b, t, v: (a, (t, v)), ShapeError, "10 numbers, but these have 4"),
        (
            lambda a, b, t, v: ((a, b), (v, v[:, :1])),
            ShapeError,
            "outputs of 2 and 2 numbers.*targets of 2 and 1",
        ),
        (
            lambda a, b, t, v: ((a, b), t),
            ShapeError,
            "of 2 and 2 numbers, whose targets are a tuple of arrays",
        ),
        (lambda a, b, t, v: ((a, b), (v, v)), LabelError, "output out0: "),
    ],
)
def test_data_that_does_not_fit_is_named(make: Any, error: Any, told: str) -> None:
    x, y = make(*samples())

    with pytest.raises(error, match=told):
        sx.train(net(), sx.training_set(x, y), 1)


def test_other_classes_than_those_learnt_are_refused() -> None:
    a, b, label, value = samples()
    snapshot = trained(net().value, data())
    other = sx.training_set((a, b), (np.where(label == "yes", "y", "n"), value))

    with pytest.raises(LabelError, match=r"tells .*yes.* apart, but these samples are"):
        sx.train(sx.atom(snapshot), other, 1)


def test_labels_of_each_output_may_be_given() -> None:
    named = sx.neural_net([sx.Input(4), HEADS], labels=(["no", "yes"], None))

    assert named.value.labels == (("no", "yes"), None)
    with pytest.raises(LabelError, match="a tuple with those of each"):
        sx.neural_net([sx.Input(4), HEADS], labels=["no", "yes"])
    with pytest.raises(LabelError, match="names a class twice"):
        sx.neural_net([sx.Input(4), HEADS], labels=(["no", "no"], None))


def test_an_end_that_is_no_fork_has_linear_outputs() -> None:
    arch = Arch(4, [sx.Dense(5), sx.branch(2, 3)])

    assert arch.outputs == ((2,), (3,))
    assert [function.kind for function in arch.output.functions] == ["linear", "linear"]


def test_it_survives_saving(tmp_path: Path) -> None:
    snapshot = trained(net("adam", DEEP).value, data())

    sx.save(snapshot, tmp_path / "net.safetensors")

    assert sx.load_snapshot(tmp_path / "net.safetensors") == snapshot


def test_it_is_summed_up_and_drawn() -> None:
    snapshot = net("adam", DEEP).value

    assert sx.summary(snapshot).parameters == snapshot.params.flat.size
    assert "Joined(('softmax', 'linear')" in sx.to_mermaid(snapshot)
