"""Trainings elsewhere come to what they come to on numpy, and bring nothing to the host on the way but their errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx import energy
from synapse_rx.algorithms import Algorithm
from synapse_rx.backends import Backend, NumpyBackend
from synapse_rx.backends.counter import CounterGenerator
from synapse_rx.errors import BackendError, DeviceLostError, DeviceMemoryError, LossError, OptionError
from synapse_rx.snapshot import Net
from tests.nets import SECONDS, blobs, small_net
from tests.strict import StrictArray, StrictBackend


class Here(NumpyBackend):
    """
    numpy with the generator of devices, so that the same noise is drawn here and there.
    """

    def generator(self, seed: Any) -> Any:
        return CounterGenerator(np, seed)

    def generator_state(self, generator: Any) -> Any:
        return generator.state

    def restore(self, generator: Any, state: Any) -> None:
        generator.state = state


@pytest.fixture(autouse=True)
def _by_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")


def trained(net: Net, data: Any, backend: Backend, epochs: int = 2) -> Net:
    """
    Return ``net`` after some epochs.
    """
    learner: Any = net.arch.learner(net, data, backend)
    for _ in range(epochs):
        while not learner.learn(SECONDS).epoch_done:
            continue
        net = learner.merge(net)
    learner.close()
    return net


def agree(net: Net, data: Any, there: Backend, tolerance: float = 1e-9) -> Net:
    """
    Check that a training comes to the same here and there; return what it came to there.
    """
    epochs = 20 if there.name == "cupy" else 2  # strict arrays are numpy's: they differ at once or not at all
    here, found = trained(net, data, Here(), epochs), trained(net, data, there, epochs)

    assert type(found.params.flat) is np.ndarray
    assert found.params.flat.dtype == here.params.flat.dtype
    np.testing.assert_allclose(found.params.flat, here.params.flat, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(found.kept.flat, here.kept.flat, rtol=tolerance, atol=tolerance)
    assert found.training.state.slots.keys() == here.training.state.slots.keys()
    for kind, errors in here.training.stats.last_errors().items():
        np.testing.assert_allclose(
            found.training.stats.last_errors()[kind], errors, rtol=1e-6, atol=tolerance
        )
    assert not np.array_equal(found.params.flat, net.params.flat)
    return found


VARIANTS = [
    "backprop momentum=0.9 nesterov=True",
    "backprop momentum=0.9 adaptive=True",
    "rprop variant='irprop+'",
    "rprop variant='rprop+'",
    "rprop variant='synaptic'",
    "rmsprop centered=True momentum=0.9",
    "rmsprop variant='synaptic'",
    "adam amsgrad=True",
    "adamw weight_decay=0.1",
]


def algorithms() -> list[Algorithm]:
    members = [member() for member in Algorithm.members() if member.__module__.startswith("synapse_rx.")]
    asked = (variant.split() for variant in VARIANTS)
    return [
        *members,
        *(
            Algorithm.of(
                name,
                **{
                    key: value.strip("'") if "'" in value else {"True": True}.get(value) or float(value)
                    for key, value in (option.split("=") for option in options)
                },
            )
            for name, *options in asked
        ),
    ]


@pytest.mark.parametrize("algorithm", algorithms(), ids=str)
def test_every_algorithm(algorithm: Algorithm, there: Backend) -> None:
    data = blobs(dtype="float64")
    try:
        net = small_net(algorithm, dtype="float64")
        net.arch.check(net, data)
    except (LossError, OptionError):
        net = sx.mlp([3, 2], "binary_threshold", sx.training(algorithm), dtype="float64").value

    agree(net, data, there)


@pytest.mark.parametrize(
    "options",
    [
        {"regularization": sx.L1(0.01)},
        {"regularization": sx.L2(0.01)},
        {"clip_value": 0.01, "clip_norm": 0.02},
        {"max_norm": 0.5, "averaging": 0.9},
        {"factors": {0: 0.0}},
        {"factors": {1: 0.5}, "reduction": "sum"},
    ],
    ids=str,
)
def test_what_is_done_around_an_update(options: Any, there: Backend) -> None:
    agree(small_net("adam", dtype="float64", **options), blobs(dtype="float64"), there)


@pytest.mark.parametrize(
    "options",
    [
        {"shuffle": "epoch"},
        {"shuffle": False, "nvalid": 5},
        {"normalize": "standardize"},
        {"normalize": "whiten"},
        {"class_weights": "balanced"},
    ],
    ids=str,
)
def test_ways_to_feed_samples(options: Any, there: Backend) -> None:
    agree(small_net("backprop", dtype="float64"), blobs(dtype="float64", **options), there)


def test_errors_that_are_recorded_on_request(there: Backend) -> None:
    kinds = ["misclassification", "gradient_norm", "update_ratio"]
    net = small_net("backprop", dtype="float64", stats=kinds, evaluation="full")

    found = agree(net, blobs(dtype="float64", nvalid=5), there)

    names = " ".join(found.training.stats.last_errors())
    assert "gradient_norm" in names and "update_ratio" in names


def test_images_of_bytes_in_a_network_with_noise_and_running_means(there: Backend) -> None:
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (13, 1, 6, 6)).astype(np.uint8)
    data = sx.training_set(images, [0, 1, 2] * 4 + [0], batch=4, shuffle="epoch", scale=1 / 255)
    layers = [
        sx.Input((1, 6, 6)),
        sx.Conv2D(3, 3, activation="relu"),
        sx.BatchNorm(),
        sx.MaxPool2D(2),
        sx.Dropout(0.3),
        sx.Dense(5, "tanh"),
        sx.GaussianDropout(0.2),
        sx.Dense(3, "softmax"),
    ]
    net = sx.neural_net(layers, sx.training("adam")).value

    agree(net, data, there, tolerance=2e-5)


def test_sequences_with_states_and_attention(there: Backend) -> None:
    rng = np.random.default_rng(2)
    data = sx.training_set(rng.standard_normal((9, 4, 3)), [0, 1, 2] * 3, batch=4, dtype="float64")
    for layers in (
        [sx.LSTM(5, returns="sequence", carry=True), sx.GRU(4)],
        [sx.PositionalEncoding(), sx.MultiHeadAttention(3), sx.RNN(4)],
    ):
        made = [sx.Input((4, 3)), *layers, sx.Dense(3, "softmax")]
        agree(sx.neural_net(made, sx.training("adam"), dtype="float64").value, data, there)


def test_a_training_goes_on_where_it_stood(there: Backend) -> None:
    data = blobs(dtype="float64", shuffle="epoch")
    net = sx.neural_net([sx.Input(3), sx.Dense(4, "tanh"), sx.Dropout(0.5), sx.Dense(2, "softmax")]).value

    at_once = trained(net, data, there, 2)
    in_pieces = trained(trained(net, data, there, 1), data, there, 1)

    np.testing.assert_array_equal(in_pieces.params.flat, at_once.params.flat)
    assert in_pieces.training.state.generator == at_once.training.state.generator


def test_one_seed_gives_one_training(there: Backend) -> None:
    net, data = small_net("adam"), blobs(shuffle="epoch")

    np.testing.assert_array_equal(
        trained(net, data, there).params.flat, trained(net, data, there).params.flat
    )


def test_a_training_begun_on_numpy_goes_on_elsewhere_and_back(there: Backend) -> None:
    data, net = blobs(), small_net("adam")

    moved = trained(trained(trained(net, data, NumpyBackend()), data, there), data, NumpyBackend())

    assert moved.training.stats.epochs == 6
    np.testing.assert_allclose(
        moved.params.flat, trained(net, data, NumpyBackend(), 6).params.flat, rtol=1e-4, atol=1e-5
    )


def test_edits_are_taken_over(there: Backend) -> None:
    data, net = blobs(dtype="float64"), small_net("adam", dtype="float64")
    learner: Any = net.arch.learner(net, data, there)
    learner.learn(SECONDS)
    net = learner.merge(net)
    other = evolve(net, params=net.params.with_flat(np.full_like(net.params.flat, 0.1)))

    edits = learner.adopt(net, other)

    assert "params" in {name for name, _ in edits}
    np.testing.assert_array_equal(learner.merge(other).params.flat, other.params.flat)


@pytest.mark.parametrize("algorithm", ["backprop", "adam"])
def test_a_chunk_reads_its_errors_and_nothing_else(algorithm: str) -> None:
    backend, net = StrictBackend(), small_net(algorithm)
    learner: Any = net.arch.learner(net, blobs(99), backend)
    learner.learn(SECONDS, 1)
    read, written, asked = backend.read, backend.written, StrictArray.asked

    learner.learn(SECONDS, 18)

    assert (backend.read - read, backend.written - written, StrictArray.asked - asked) == (1, 0, 0)


def test_lbfgs_reads_once_an_evaluation_and_thrice_an_iteration() -> None:
    """
    With an evaluation: its loss and all that a search wants to know of it. With an iteration: whether theta is still
    where it was left, the slope of the next direction, and the errors of the epoch.
    """
    backend, data = StrictBackend(), blobs(99, dtype="float64")
    net = small_net("lbfgs", dtype="float64")
    learner: Any = net.arch.learner(net, data, backend)
    learner.learn(SECONDS)
    evaluations = []
    for _ in range(12):
        read, written, asked = backend.read, backend.written, StrictArray.asked

        evaluations.append(learner.learn(SECONDS).batches // data.n_batches)

        assert backend.read - read == evaluations[-1] + 1
        assert (backend.written - written, StrictArray.asked - asked) == (0, 2)
    assert max(evaluations) > min(evaluations) == 1


def test_a_machine_learns_elsewhere(there: Backend) -> None:
    net = energy.rbm(6, 4, dtype="float64").value
    bits = np.random.default_rng(3).integers(0, 2, (20, 6)).astype(float)

    agree(net, sx.training_set(bits, None, batch=5, dtype="float64"), there)


class Losing(StrictBackend):
    """
    A device that is lost after some entries into its context.
    """

    def __init__(self, entries: int, error: Exception) -> None:
        super().__init__()
        self.left, self.error, self.closed = entries, error, 0

    @contextmanager
    def active(self) -> Iterator[None]:
        if not self.left:
            raise self.error
        self.left -= 1
        yield

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("error", [DeviceLostError("gone"), DeviceMemoryError("full")], ids=str)
def test_a_device_lost_in_mid_training_leaves_what_was_published_last(error: BackendError) -> None:
    backend, cell = Losing(5, error), sx.atom(small_net())

    run = sx.train(cell, blobs(), 1000, backend=backend)

    with pytest.raises(type(error), match=str(error)) as caught:
        run.result(60)
    assert "the network keeps what was published last" in "".join(caught.value.__notes__)
    assert cell.value.training.status == "failed"
    assert cell.value.training.stats.epochs >= 1
    assert backend.closed == 1


def test_a_training_on_a_device_is_watched_and_closed_like_any_other() -> None:
    backend, cell = Losing(10**6, DeviceLostError("never")), sx.atom(small_net())
    seen: list[int] = []
    cell.add_watch("epochs", lambda key, atom, old, new: seen.append(new.training.stats.epochs))

    snapshot = sx.train(cell, blobs(), 3, backend=backend).result(60)

    assert snapshot.training.status == "done"
    assert {1, 2, 3} <= set(seen)
    assert type(snapshot.params.flat) is np.ndarray
    assert backend.closed == 1


def test_a_device_too_small_from_the_start_is_an_error_at_once_and_leaves_the_network() -> None:
    backend, cell = Losing(0, DeviceMemoryError("full")), sx.atom(small_net())
    before = cell.value.params

    with pytest.raises(DeviceMemoryError, match="full"):
        sx.train(cell, blobs(), 3, backend=backend)

    assert cell.value.params == before
    assert cell.value.training.status == "idle"
