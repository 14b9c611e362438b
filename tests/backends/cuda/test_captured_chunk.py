"""Whole steps of any network, captured once and launched again and again: what numpy comes to, batch by batch."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from typing import Any
from weakref import ref

import numpy as np
import pytest
from attrs import evolve, frozen

import synapse_rx as sx
from synapse_rx import graph
from synapse_rx.algorithms import Algorithm
from synapse_rx.backends import Backend, CupyBackend
from synapse_rx.backends import cupy as module
from synapse_rx.backends.cuda import cublas
from synapse_rx.layers.base import Layer
from synapse_rx.network import engine
from synapse_rx.network.device.captured_chunk import CapturedChunk
from synapse_rx.network.device.dense_chunk import DeviceChunk
from synapse_rx.snapshot import Net
from tests.backends.cuda.test_dense_chunk import KNOWN, agree, finished
from tests.backends.test_training import Here
from tests.nets import SECONDS
from tests.strict import StrictArray
from tests.strict.cuda import StandInCublas
from tests.strict.runtime import StrictCupy, guarded

LABELS = [0, 1, 2] * 7 + [0, 1]
BYTES = np.random.default_rng(2).integers(0, 256, (23, 1, 6, 6)).astype(np.uint8)


@pytest.fixture
def runtime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictCupy | None]:
    """
    cupy on the CPU, which refuses while a stream is captured what CUDA refuses; None where a GPU does the work.
    """
    monkeypatch.setenv("SYNAPSE_RX_FAST", "1")
    if request.config.getoption("--backend") == "cupy":
        if (reason := CupyBackend.why_not()) is not None:
            pytest.skip(f"no cupy backend: {reason}")
        yield None
        return
    request.getfixturevalue("emulated")
    made = StrictCupy()
    monkeypatch.setattr(module, "_cupy", lambda: made)
    monkeypatch.setattr(module, "_missing", lambda: None)
    monkeypatch.setattr(module, "_cannot_compute", lambda device: None)
    monkeypatch.setattr(cublas, "load", lambda xp: StandInCublas())
    with guarded(made):
        yield made


@pytest.fixture
def cupy(runtime: StrictCupy | None) -> StrictCupy:
    if runtime is None:
        pytest.skip("what the runtime was asked for is noted on the CPU alone")
    return runtime


@pytest.fixture
def there(
    runtime: StrictCupy | None,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[CupyBackend]:
    backend = CupyBackend()
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    with backend.active():
        yield backend
    backend.close()
    if request.cls is not TestRefused:
        assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def images(**options: Any) -> sx.TrainingSet:
    """
    Return images of bytes in four batches of five and one of three, in another order every epoch.
    """
    how = {"batch": 5, "shuffle": "epoch", "dtype": "uint8", "scale": 1 / 255, **options}
    return sx.training_set(BYTES, LABELS, **how)


def rows(**options: Any) -> sx.TrainingSet:
    return sx.training_set(
        BYTES.reshape(23, 6, 6) / 255.0, LABELS, **{"batch": 5, "shuffle": "epoch", **options}
    )


def dense(how: Any = "adam", **options: Any) -> Net:
    return sx.neural_net(
        [sx.Input((1, 6, 6)), sx.Dense(7, "elu"), sx.Dense(3, "softmax")], sx.training(how, **options)
    ).value


def convolutional(**options: Any) -> Net:
    layers = [
        *(sx.Input((1, 6, 6)), sx.Conv2D(3, 3, bias=False), sx.BatchNorm(), sx.Activation("relu")),
        *(
            sx.MaxPool2D(2),
            sx.Dropout(0.3),
            sx.Dense(5, "tanh"),
            sx.GaussianDropout(0.2),
            sx.Dense(3, "softmax"),
        ),
    ]
    return sx.neural_net(layers, sx.training("adam", **options)).value


def steps() -> sx.TrainingSet:
    """
    Return the lines of images, each beside the next one.
    """
    x = BYTES.reshape(23, 6, 6) / 255.0
    return sx.training_set(x[:, :-1], x[:, 1:], batch=5, shuffle="epoch", targets="values")


def series(layer: Any, how: Any = "adam") -> Net:
    return sx.neural_net([sx.Input((6, 6)), layer, sx.Dense(3, "softmax")], sx.training(how)).value


def residual() -> Net:
    block = sx.Residual([sx.Dense(36, "tanh"), sx.Dropout(0.1), sx.Dense(36)])
    return sx.neural_net(
        [sx.Input((1, 6, 6)), sx.Flatten(), block, sx.LayerNorm(), sx.Dense(3, "softmax")],
        sx.training("adam"),
    ).value


def learner(net: Net, data: Any, backend: Backend) -> Any:
    made: Any = net.arch.learner(net, data, backend)
    if backend.name == "cupy":
        assert isinstance(made.standing.engine.chunk, CapturedChunk)
    return made


def epochs(net: Net, data: Any, backend: Backend, count: int, batches: int | None = None) -> Net:
    learning = learner(net, data, backend)
    if backend.name == "cupy":
        learning.pace.note(1e-6, 1)  # of a device at full speed
    for _ in range(count):
        net = finished(learning, net, batches)
    return net


def were(runtime: StrictCupy | None, captures: int, launches: int) -> bool:
    """
    Whether so many graphs were captured, and launched so often; on a GPU there is but the warning if they were not.
    """
    if runtime is None:
        return True
    found = [what for what, _ in runtime.noted]
    return (found.count("captures"), found.count("launches")) == (captures, launches)


@pytest.mark.parametrize(
    ("net", "data"),
    [
        (dense(), images()),
        (dense(loss="squared_error"), images(shuffle=False, batch=6)),
        (series(sx.LSTM(4)), rows()),
        (series(sx.GRU(4, layers=2, dropout=0.1)), rows()),
        (series(sx.RNN(4, carry=True)), rows(shuffle=False)),
        (series(sx.MultiHeadAttention(2), "backprop"), rows()),
        (series(graph.lstm(6, 3, 4, gradient="bptt", returns="last")), rows()),
        (graph.graph_net(graph.lstm(6, 2, 6), sx.training("adam")).value, steps()),
        (residual(), images()),
    ],
    ids=["dense", "squares", "lstm", "gru", "carrying", "attention", "neurons", "graph", "residual"],
)
def test_networks_of_all_kinds(net: Net, data: Any, there: CupyBackend, runtime: StrictCupy | None) -> None:
    found, expected = (epochs(net, data, backend, 3) for backend in (there, Here()))

    agree(found, expected)
    assert were(runtime, 2, 3 * len(range(0, 23, data.batch)) - 2)


def test_what_is_drawn_and_kept_is_that_of_batch_by_batch(
    there: CupyBackend, runtime: StrictCupy | None
) -> None:
    net, data = convolutional(), images(normalize="standardize", class_weights="balanced")

    found = epochs(net, data, there, 2, 3)
    expected = epochs(net, data, Here(), 2)

    agree(found, expected)
    np.testing.assert_allclose(found.kept.flat, expected.kept.flat, rtol=1e-5, atol=1e-6)
    assert found.training.state.generator == expected.training.state.generator
    assert were(runtime, 2, 8)


@pytest.mark.parametrize("algorithm", KNOWN, ids=str)
def test_every_algorithm_whose_steps_are_known(algorithm: Algorithm, there: CupyBackend) -> None:
    net = dense(algorithm)

    found, expected = (epochs(net, images(), backend, 2) for backend in (there, Here()))

    agree(found, expected)
    for name, slot in expected.training.state.slots.items():
        np.testing.assert_allclose(found.training.state.slots[name], slot, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"clip_norm": 0.1, "stats": ["gradient_norm", "update_ratio"]},
        {"regularization": sx.L2(0.01), "averaging": 0.9},
        {"max_norm": 0.5, "factors": {1: 0.5}, "clip_value": 0.01},
        {"reduction": "sum", "factors": {1: 0}},
        {"learning_rate": sx.schedules.Exponential(0.1, 0.9)},
    ],
    ids=["clipped", "penalised", "bounded", "summed", "scheduled"],
)
def test_what_is_done_around_the_steps(options: Any, there: CupyBackend) -> None:
    net, data = dense("backprop", **options), images(nvalid=4)

    found, expected = (epochs(net, data, backend, 3) for backend in (there, Here()))

    agree(found, expected)
    average = expected.training.state.slots.get("average")
    if average is not None:
        np.testing.assert_allclose(found.training.state.slots["average"], average, rtol=1e-5, atol=1e-6)


def test_any_pieces_make_the_whole_and_a_training_goes_on_where_it_stood(there: CupyBackend) -> None:
    net, data = convolutional(), images()
    now, pieces = net, learner(net, data, there)
    for _ in range(2):
        pieces.learn(SECONDS, 2)
        now = pieces.merge(now)
        pieces = learner(now, data, there)
        now = finished(pieces, now, 1)

    np.testing.assert_array_equal(now.params.flat, epochs(net, data, there, 2).params.flat)


def batches(epoch: int) -> Iterator[Any]:
    rng = np.random.default_rng(epoch)
    for size in (5, 3, 5, 5, 3):
        weights = (rng.integers(1, 4, size),) if size == 3 else ()
        yield rng.integers(0, 256, (size, 1, 6, 6)).astype(np.uint8), rng.integers(0, 3, size), *weights


@pytest.mark.parametrize(
    ("data", "captures"),
    [
        (images(augment=lambda x, rng: x + rng.standard_normal(x.shape).astype(x.dtype), dtype="float32"), 2),
        (sx.stream_set(batches, batch=5, labels=[0, 1, 2], dtype="uint8", scale=1 / 255), 2),
        (images(normalize="whiten", shuffle=False), 2),
    ],
    ids=["augmented", "a stream", "whitened"],
)
def test_batches_that_are_brought_one_by_one(
    data: Any, captures: int, cupy: StrictCupy, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend, net = CupyBackend(), convolutional()
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    monkeypatch.setattr(CupyBackend, "uploads", Backend.uploads)  # how they get there is another matter

    found, expected = (
        sx.train(sx.atom(net), data, 3, backend=one).result(SECONDS) for one in (backend, Here())
    )

    agree(found, expected)
    assert were(cupy, captures, 13)


def test_errors_between_epochs_are_measured_by_graphs_as_well(
    there: CupyBackend, runtime: StrictCupy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CAPACITY", 4)
    net, data = convolutional(evaluation="full"), images(nvalid=7, weights=np.arange(23) % 3 + 1.0)

    found, expected = (epochs(net, data, backend, 3) for backend in (there, Here()))

    agree(found, expected)
    assert {name.split()[0] for name in found.training.stats.last_errors()} >= {"training", "validation"}
    # One for the four batches that are measured after each epoch, two for the validation set's, two for learning.
    assert were(runtime, 5, 3 * (4 + 4 + 2) - 5)


def test_gradients_over_all_samples_are_added_up_by_graphs_as_well(
    there: CupyBackend, runtime: StrictCupy | None
) -> None:
    net, data = dense("lbfgs", regularization=sx.L2(0.01)), images()

    found, expected = (finished_search(net, data, backend) for backend in (there, Here()))

    agree(found, expected, 1e-4)
    assert runtime is None or [what for what, _ in runtime.noted].count("captures") == 2


def finished_search(net: Net, data: Any, backend: Backend) -> Net:
    learning: Any = net.arch.learner(net, data, backend)
    for _ in range(3):
        net = finished(learning, net)
    return net


def test_edits_are_taken_over(there: CupyBackend) -> None:
    net, data, trained = convolutional(), images(), []
    for backend in (there, Here()):
        learning = learner(net, data, backend)
        seen = finished(learning, net)
        learning.learn(SECONDS, 2)
        seen = learning.merge(seen)
        how = evolve(seen.training, algorithm=sx.Adam(0.05))
        edited = evolve(seen, training=how, params=seen.params.with_flat(seen.params.flat * 0.5))
        learning.adopt(seen, edited)
        seen = finished(learning, edited)
        other = evolve(seen, training=evolve(seen.training, algorithm=sx.RMSprop()))
        learning.adopt(seen, other)
        trained.append(finished(learning, other))

    agree(*trained)


def test_a_chunk_waits_for_the_device_once(there: CupyBackend, cupy: StrictCupy) -> None:
    learning = learner(dense(), images(batch=1), there)
    learning.learn(SECONDS, 3)
    learning.pace.note(1e-6, 1)
    cupy.noted.clear()
    asked = StrictArray.asked

    learning.learn(SECONDS, 20)

    waits = [what for what, _ in cupy.noted if what == "waits for"]
    assert len(waits) == 2  # for the steps, and for their errors
    assert StrictArray.asked == asked
    assert were(cupy, 0, 20)


def test_memory_of_a_graph_is_its_own_within_the_limit_and_goes_with_the_training(
    cupy: StrictCupy, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = CupyBackend(memory_limit=10_000)
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")
    with backend.active():
        learning = learner(dense(), images(), backend)
        for _ in range(2):
            learning.learn(SECONDS)
    (ours, *graphs), chunk = cupy.pools[1:], ref(learning.standing.engine.chunk)
    gc.disable()
    try:
        del learning
        assert chunk() is None
    finally:
        gc.enable()

    assert [pool.limit for pool in graphs] == [10_000 - ours.total_bytes()] * 2
    assert ours.is_shared and not any(pool.is_shared for pool in graphs)


class TestRefused:
    """
    Steps that hang on the host are taken one by one.
    """

    @frozen
    class Counting(Layer):
        """
        Multiplies by how often it was asked, which the host counts.
        """

        asked: list[int]

        def out_shape(self, in_shape: Any) -> Any:
            return in_shape

        def forward(self, x: Any, s: Any) -> Any:
            self.asked[0] += s.training
            y = s.array("y", x.shape[1:])
            s.xp.multiply(x, x.dtype.type(1 + 0.1 * self.asked[0]), out=y)
            return y

        def backward(self, x: Any, y: Any, dy: Any, s: Any) -> Any:
            dx = s.array("dx", x.shape[1:])
            s.xp.multiply(dy, x.dtype.type(1 + 0.1 * self.asked[0]), out=dx)
            return dx

    @frozen
    class Looking(Counting):
        """
        Asks the device for a number.
        """

        def forward(self, x: Any, s: Any) -> Any:
            if s.training:
                x.max().item()
            return x

        def backward(self, x: Any, y: Any, dy: Any, s: Any) -> Any:
            return dy

    def _trained(
        self, layer: Layer, there: CupyBackend, caplog: pytest.LogCaptureFixture
    ) -> tuple[Net, Net, Any, list[str]]:
        how = sx.training("backprop")
        layers = [sx.Input((1, 6, 6)), sx.Dense(4, "tanh"), layer, sx.Dense(3, "softmax")]
        net = first = sx.neural_net(layers, how).value
        with caplog.at_level(logging.WARNING, "synapse_rx"):
            learning = learner(net, images(), there)
            for _ in range(2):
                net = finished(learning, net)
        return first, net, learning, [record.message for record in caplog.records]

    def test_what_asks_the_device_for_a_number(
        self, there: CupyBackend, cupy: StrictCupy, caplog: pytest.LogCaptureFixture
    ) -> None:
        first, found, learning, said = self._trained(self.Looking([0]), there, caplog)

        agree(found, epochs(first, images(), Here(), 2))
        assert len(said) == 1 and "cannot be captured (item while a stream is captured)" in said[0]
        assert were(cupy, 0, 0)
        assert not learning.standing.engine.takes(learning.walk.moves(1))

    def test_what_differs_when_it_is_launched_again(
        self, there: CupyBackend, cupy: StrictCupy, caplog: pytest.LogCaptureFixture
    ) -> None:
        *_, learning, said = self._trained(self.Counting([0]), there, caplog)

        assert len(said) == 1 and "comes to something else when it is launched again" in said[0]
        assert were(cupy, 1, 1)
        assert not learning.standing.engine.takes(learning.walk.moves(1))

    def test_without_graphs_nothing_is_captured(self, cupy: StrictCupy) -> None:
        backend = CupyBackend(graphs=False)
        with backend.active():
            made: Any = dense().arch.learner(dense(), images(), backend)

        assert made.standing.engine.chunk is None

    def test_plain_networks_are_one_list_of_kernels(self, there: CupyBackend) -> None:
        net = sx.mlp([36, 7, 3], ["relu", "softmax"]).value
        made: Any = net.arch.learner(
            net, sx.training_set(BYTES.reshape(23, 36) / 255, LABELS, batch=5), there
        )

        assert isinstance(made.standing.engine.chunk, DeviceChunk)
