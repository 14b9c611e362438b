"""Several processes learn together what one learns alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from tests.collectives.groups import begun, trained
from tests.nets import blobs, small_net
from tests.nets import trained as alone
from tests.strict.backend import StrictBackend

EXACT = 1e-9
"""Far below 1e-6, and above what sums in another order make of float64."""


def of_layers(*layers: Any, shape: tuple[int, ...] = (3,), **options: Any) -> sx.Net:
    return sx.neural_net([sx.Input(shape), *layers], sx.training("adam", **options), dtype="float64").value


def sequences(n: int = 13) -> sx.TrainingSet:
    x = np.random.default_rng(4).normal(size=(n, 4, 3))
    return sx.training_set(x, (x.sum(axis=(1, 2)) > 0).astype(int), batch=5, shuffle="epoch")


def weighted() -> sx.TrainingSet:
    data = blobs(23, shuffle="epoch")
    weights = np.random.default_rng(5).uniform(0.2, 2, len(data))
    return sx.training_set(data.x, data.y, batch=5, weights=weights, shuffle="epoch", seed=1)


NETS = {
    "momentum": (small_net("backprop", momentum=0.9, nesterov=True, dtype="float64"), blobs(shuffle="epoch")),
    "adam, a last batch of one": (small_net("adam", dtype="float64"), blobs(21, nvalid=5, shuffle="epoch")),
    "rprop by the loss": (small_net("rprop", dtype="float64"), blobs(23)),
    "sums of gradients": (small_net("backprop", reduction="sum", dtype="float64"), blobs(23)),
    "all samples at once": (small_net("lbfgs", dtype="float64"), blobs(23)),
    "clipped, bounded, averaged": (
        small_net("adam", clip_norm=0.1, max_norm=1.0, averaging=0.9, regularization="l2", dtype="float64"),
        blobs(23, shuffle="epoch"),
    ),
    "weights of samples": (small_net("adam", dtype="float64"), weighted()),
    "recorded": (
        small_net(
            "adam",
            stats=["misclassification", "gradient_norm", "update_ratio"],
            evaluation="full",
            dtype="float64",
        ),
        blobs(23, nvalid=6),
    ),
    "batch normalisation": (
        of_layers(sx.Dense(4), sx.BatchNorm(), sx.Activation("tanh"), sx.Dense(2, "softmax")),
        blobs(21, nvalid=5, shuffle="epoch"),
    ),
    "sequences, carried on, each step normalised": (
        of_layers(
            sx.LSTM(3, carry=True, returns="sequence"),
            sx.TimeDistributed([sx.BatchNorm(), sx.Dense(2)]),
            sx.Flatten(),
            sx.Dense(2, "softmax"),
            shape=(4, 3),
        ),
        sequences(),
    ),
}


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("name", NETS)
def test_gradients_added_up_are_those_of_the_whole_batch(name: str, size: int) -> None:
    net, data = NETS[name]

    one, many = alone(net, data, 2, chunks=False), trained(net, data, 2, size)

    for snapshot in many:
        np.testing.assert_allclose(snapshot.params.flat, one.params.flat, rtol=0, atol=EXACT)
        np.testing.assert_allclose(snapshot.kept.flat, one.kept.flat, rtol=0, atol=EXACT)
        for part in ("training", "validation"):
            told, wanted = getattr(snapshot.training.stats, part), getattr(one.training.stats, part)
            assert {kind: series.array.tolist() for kind, series in told.items()} == {
                kind: pytest.approx(series.array.tolist(), abs=EXACT, nan_ok=True)
                for kind, series in wanted.items()
            }
    assert all(snapshot.params == many[0].params for snapshot in many)


def test_compiled_gradients_of_float32_are_those_of_the_whole_batch() -> None:
    net, data = small_net("adam"), blobs(23, shuffle="epoch")

    many = trained(net, data, 2)

    np.testing.assert_allclose(many[0].params.flat, alone(net, data, 2).params.flat, rtol=0, atol=1e-6)
    assert many[0].params == many[1].params


@pytest.mark.parametrize("every", [None, 3])
def test_gradients_and_parameters_on_a_device_go_over_the_host(every: int | None) -> None:
    net, data = small_net("adam", dtype="float64"), blobs(23, nvalid=5, shuffle="epoch")

    there = trained(net, data, 2, every=every, backend=StrictBackend())[1]

    assert there.params == trained(net, data, 2, every=every)[1].params


def test_augmented_samples_are_those_that_one_process_learns() -> None:
    def shift(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return x + rng.normal(size=x.shape).astype(x.dtype)

    net, data = small_net("adam", dtype="float64"), blobs(23, shuffle="epoch", augment=shift)

    one = sx.deref(sx.train(sx.atom(net), data, 2))

    np.testing.assert_allclose(trained(net, data, 2)[1].params.flat, one.params.flat, rtol=0, atol=EXACT)


def test_each_process_draws_its_own_noise_and_the_same_every_time() -> None:
    net, data = of_layers(sx.Dense(6), sx.Dropout(0.5), sx.Dense(2, "softmax")), blobs(20, batch=10)

    first, again = trained(net, data, 2), trained(net, data, 2)

    assert first[0].params == first[1].params == again[0].params
    assert first[0].params != alone(net, data, 2).params


@pytest.mark.parametrize("sizes", [(2, 1, 3), (3, 2, 1)])
def test_another_number_of_processes_goes_on_in_the_middle_of_an_epoch(sizes: tuple[int, int, int]) -> None:
    carries = of_layers(sx.LSTM(3, carry=True), sx.Dense(2, "softmax"), shape=(4, 3))
    data = evolve(sequences(20), shuffle=False)

    first = stopped_within(carries, data, sizes[0])
    second = stopped_within(trained(first, data, 1, sizes[1])[0], data, sizes[2])
    last = trained(second, data, 1, sizes[0])[0]

    assert first.training.state.position is not None and second.training.stats.epochs == 1
    np.testing.assert_allclose(last.params.flat, alone(carries, data, 2).params.flat, rtol=0, atol=EXACT)


def stopped_within(net: sx.Net, data: Any, size: int) -> sx.Net:
    """
    Return what is left of a training that is stopped behind two batches.
    """

    def stop(key: str, cell: Any, old: sx.Net, new: sx.Net) -> None:
        if new.training.state.position is not None:
            sx.stop_training(cell)

    return trained(net, data, 1, size, watch=stop, publish=sx.every(batches=2))[0]


def test_parameters_averaged_every_step_of_plain_descent_are_those_of_the_whole_batch() -> None:
    net, data = small_net("backprop", dtype="float64"), blobs(20, batch=4, shuffle="epoch")

    one, many = alone(net, data, 2), trained(net, data, 2, every=1)

    np.testing.assert_allclose(many[0].params.flat, one.params.flat, rtol=0, atol=EXACT)
    assert many[0].params == many[1].params


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_processes_that_average_end_the_epoch_with_one_network(dtype: str) -> None:
    net, data = small_net("adam", dtype=dtype), blobs(23, nvalid=5, shuffle="epoch")

    first, other = trained(net, data, 3, 3, every=4)[1:]

    assert first.params == other.params
    assert first.training.state.slots == other.training.state.slots
    assert first.training.stats.loss[-1] < first.training.stats.loss[0]
    assert first.params != trained(net, data, 3, 3)[0].params


def test_what_was_averaged_in_machine_code_is_what_was_averaged_batch_by_batch() -> None:
    data = blobs(23, shuffle="epoch")

    single = trained(small_net("adam"), data, 3, 2, every=3)[0]
    double = trained(small_net("adam", dtype="float64"), data, 3, 2, every=3)[0]

    np.testing.assert_allclose(single.params.flat, double.params.flat, rtol=0, atol=1e-5)


def test_running_means_are_averaged_with_the_parameters() -> None:
    net = of_layers(sx.Dense(4), sx.BatchNorm(), sx.Dense(2, "softmax"))

    one, other = begun(net, blobs(23, shuffle="epoch"), 2, every=2)

    assert one.result(60).kept == other.result(60).kept != net.kept
