"""What is loaded is what was saved, whatever the network is made of."""

from __future__ import annotations

import gc
import math
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest
from attrs import evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.activations import Activation as Function
from synapse_rx.activations import Linear
from synapse_rx.algorithms import Algorithm, Backprop
from synapse_rx.files import safetensors
from synapse_rx.frozen import is_mapped
from synapse_rx.graph import graph_net
from synapse_rx.graph.architect import lstm
from synapse_rx.initializers import Initializer
from synapse_rx.io.saved import KEY
from synapse_rx.layers import Layer
from synapse_rx.losses import Loss
from synapse_rx.metrics import Metric
from synapse_rx.network import Arch
from synapse_rx.network.build import fresh_params
from synapse_rx.regularizers import Regularizer
from synapse_rx.schedules import Schedule
from synapse_rx.snapshot import Event, Histories, Net, Position, Slots, State, Stats, Training
from synapse_rx.snapshot.values import decode, encode
from synapse_rx.stopping import Condition
from synapse_rx.update import Update
from tests.algorithms.test_every_algorithm import EVERY as ALGORITHMS
from tests.layers.examples import EXAMPLES, lambda_layer
from tests.nets import SECONDS, blobs, learner, small_net, trained
from tests.schedules.test_schedules import EVERY as SCHEDULES

LOSSES: list[Loss] = [
    sx.Huber(0.3),
    sx.Censored("mean_squared_error"),
    sx.WeightedSum([(0.7, "cross_entropy"), (0.3, sx.Censored("huber"))]),
    sx.CrossEntropy(label_smoothing=0.1, class_weights=(1.0, 2.0)),
]
UPDATES = [
    Update(reduction="sum", factors={0: 0, 1: 0.5}),
    Update(regularization=sx.Elastic(0.1, 0.2), clip_value=1, clip_norm=2.0, max_norm=3),
    Update(averaging=0.99),
]
FAMILIES = (Function, Initializer, Loss, Metric, Regularizer, Schedule, Algorithm, Layer, Condition)


def round_trip(net: Net, folder: Path) -> Net:
    sx.save(net, folder / "net.safetensors")
    functions = [one for one in vars(lambda_layer).values() if isinstance(one, FunctionType)]
    return sx.load(folder / "net.safetensors", functions=functions).value


def net_of(layers: list[Layer], in_shape: Any, training: Training | None = None, **options: Any) -> Net:
    arch = Arch(in_shape, layers)
    how = training or sx.training()
    return Net(arch, fresh_params(arch), evolve(how, loss=how.loss or "squared_error"), **options)


def with_description(description: Any) -> Net:
    """
    Return a network with ``description`` in the place of its family.
    """
    net = small_net()
    if isinstance(description, Algorithm):
        return evolve(net, training=evolve(net.training, algorithm=description))
    if isinstance(description, Loss):
        return evolve(net, training=evolve(net.training, loss=description))
    return evolve(net, training=evolve(net.training, update=description))


def defaults() -> list[Any]:
    """
    Return every description of the library that can be made without options.
    """
    members = [member for family in FAMILIES for member in family.members()]
    made = []
    for member in members:
        if member.__module__.startswith("synapse_rx."):
            try:
                made.append(member())
            except TypeError:
                continue
    return made


@pytest.mark.parametrize("description", [*ALGORITHMS, *LOSSES, *UPDATES], ids=str)
def test_networks_with_every_algorithm_loss_and_update(description: Any, tmp_path: Path) -> None:
    net = with_description(description)

    assert round_trip(net, tmp_path) == net


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_networks_with_every_schedule(schedule: Schedule, tmp_path: Path) -> None:
    net = with_description(Backprop(learning_rate=schedule, momentum=schedule))

    assert round_trip(net, tmp_path) == net


@pytest.mark.parametrize(("layer", "in_shape"), EXAMPLES, ids=str)
def test_networks_with_every_layer(layer: Layer, in_shape: Any, tmp_path: Path) -> None:
    if any(isinstance(size, tuple) for size in in_shape):  # it takes several inputs and stands in no row
        assert decode(encode(layer, "layer", {}), {}) == layer
    else:
        net = net_of([layer], in_shape)
        assert round_trip(net, tmp_path) == net


@pytest.mark.parametrize("description", defaults(), ids=str)
def test_every_description(description: Any) -> None:
    assert decode(encode(description, "it", {}), {}) == description


@pytest.mark.parametrize(
    "make",
    [
        lambda: sx.energy.rbm(6, 4, chains=3),
        lambda: sx.energy.deep_belief_net([6, 4, 3]),
        lambda: sx.energy.hopfield(6),
        lambda: graph_net(lstm(3, 4, 2), "adam"),
    ],
    ids=["rbm", "deep belief net", "hopfield", "graph"],
)
def test_networks_that_are_no_layers(make: Callable[[], sx.Atom[Net]], tmp_path: Path) -> None:
    net = make().value

    assert round_trip(net, tmp_path) == net
    assert sx.load_snapshot(tmp_path / "net.safetensors", mmap=True) == net


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=str)
def test_a_training_goes_on_as_if_it_had_never_been_in_a_file(algorithm: Algorithm, tmp_path: Path) -> None:
    data = blobs(nvalid=4, shuffle="epoch")
    options: dict[str, Any] = {} if isinstance(algorithm, sx.Perceptron) else {"averaging": 0.9}
    if isinstance(algorithm, sx.Perceptron):
        net = sx.mlp([3, 2], "binary_threshold", sx.training(algorithm)).value
    else:
        net = small_net(algorithm, stats=["misclassification", "gradient_norm"], **options)
    learning = learner(trained(net, data), data)
    learning.learn(SECONDS, 2)
    middle = learning.merge(trained(net, data))

    again = round_trip(middle, tmp_path)

    assert again == middle
    one, other = trained(middle, data, 2), trained(again, data, 2)
    assert one.params == other.params
    assert one.training.stats.loss == other.training.stats.loss


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_of_parameters_are_kept(dtype: str, tmp_path: Path) -> None:
    net = small_net(dtype=dtype)

    again = round_trip(net, tmp_path)

    assert again.params.flat.dtype == dtype
    assert not again.params.flat.flags.writeable


def test_everything_in_a_snapshot_is_kept(tmp_path: Path) -> None:
    net = small_net(stats=["misclassification", sx.TopK(2), "gradient_norm"], evaluation="full", seed=10**30)
    series = sx.Series([1.0, math.nan, -math.inf, -0.0])
    stats = Stats(
        4, 9, series, Histories({"a": series}), Histories({"ü.ä": series}), series, series, series, events()
    )
    slots = Slots(
        {"n": 3, "x": 0.1, "lost": math.inf, "exact": np.float32(0.1), "table": np.eye(2, dtype="int8")}
    )
    position = Position(2, Slots({"loss": np.array([1.0, 2.0])}), 1, 0.25, (1, "epoch", None, (2.5, False)))
    state = State("backprop", slots, ("PCG64", 2**127, -5, b"\0\xff", {"a": 1, (2,): [3]}), position)
    full = evolve(net, training=evolve(net.training, stats=stats, state=state, status="failed"), version=7)

    again = round_trip(full, tmp_path)

    assert again == full
    assert [type(label) for label in again.training.state.slots.values()] == [
        int,
        float,
        float,
        np.float32,
        np.ndarray,
    ]


def events() -> tuple[Event, ...]:
    return (Event(1, 2, "learning_rate", "0.1 -> 0.01"), Event(3, 0, "paused"))


@pytest.mark.parametrize(
    "labels", [("a", "b"), (0, 1), (0.5, math.inf), (True, "1"), ((1, "x"), (1.0, None)), (b"\0", None)]
)
def test_labels_keep_their_types(labels: tuple[Any, ...], tmp_path: Path) -> None:
    net = evolve(small_net(), labels=labels)

    again = round_trip(net, tmp_path)

    assert again == net
    assert repr(again.labels) == repr(labels)


@pytest.mark.parametrize("how", ["standardize", "min_max", "whiten"])
def test_the_normalisation_is_kept(how: str, tmp_path: Path) -> None:
    net = trained(small_net(), blobs(normalize=how))

    again = round_trip(net, tmp_path)

    assert again.normalization == net.normalization is not None
    samples = blobs().x
    assert np.array_equal(sx.outputs(again, samples), sx.outputs(net, samples))


@pytest.mark.parametrize(
    ("status", "loaded"),
    [("training", "stopped"), ("paused", "stopped"), ("stopping", "stopped"), ("done", "done")],
)
def test_what_was_in_training_is_loaded_at_rest(status: str, loaded: str, tmp_path: Path) -> None:
    net = evolve(small_net(), training=evolve(small_net().training, status=status))

    again = round_trip(net, tmp_path)

    assert again.training.status == loaded
    assert evolve(again, training=evolve(again.training, status=status)) == net


def test_a_cell_is_saved_as_it_is_and_loaded_as_one(tmp_path: Path) -> None:
    cell = sx.mlp([3, 2])
    sx.save(cell, str(tmp_path / "net.safetensors"))

    again = sx.load(str(tmp_path / "net.safetensors"))

    assert isinstance(again, sx.Atom)
    assert again.value == cell.value
    assert sx.load_snapshot(tmp_path / "net.safetensors") == cell.value
    with pytest.raises(sx.errors.ValidationError):
        again.reset(None)  # pyright: ignore[reportArgumentType]


@frozen
class Doubled(Function):
    """An activation of somebody's own, for these tests."""

    by: float = 2.0
    names: tuple[str, ...] = field(default=(), converter=tuple)
    inner: Function = field(default=Linear(), converter=Function.of)

    def forward(self, z: Any, y: Any, s: Any) -> None:
        s.xp.multiply(z, self.by, out=y)

    def backward(self, z: Any, y: Any, dy: Any, dz: Any, s: Any) -> None:
        s.xp.multiply(dy, self.by, out=dz)


def test_descriptions_of_ones_own_are_kept(tmp_path: Path) -> None:
    net = sx.mlp([3, 2], Doubled(3.0, names=("a", "$b"), inner=sx.Tanh())).value

    assert round_trip(net, tmp_path) == net


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_values_keep_their_types(value: Any) -> None:
    again = decode(encode(value, "it", {}), {})

    assert again == value
    assert repr(again) == repr(value)


def test_a_description_that_was_written_before_is_not_kept_alive() -> None:
    function = Doubled(3.0)
    first = encode(function, "it", {})
    gone = weakref.ref(function)

    assert encode(function, "it", {}) is first
    del function

    gc.collect()
    assert gone() is None
    assert encode(Doubled(4.0), "it", {}) != first


def test_a_file_is_little_larger_than_its_arrays(tmp_path: Path) -> None:
    hidden = [sx.Dense(8, "relu") for _ in range(100)]
    net = net_of([*hidden, sx.Dense(2)], (8,))
    sx.save(net, tmp_path / "net.safetensors")

    size = (tmp_path / "net.safetensors").stat().st_size

    assert size < net.params.flat.nbytes + 64 * 1024


class TestMapped:
    """Networks whose arrays stay in their file."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        layers = [sx.Conv2D(2, 2, "relu"), sx.BatchNorm(), sx.Flatten(), sx.Dense(3, "softmax")]
        net = sx.neural_net([sx.Input((1, 4, 4)), *layers], sx.training("adam", averaging=0.9))
        sx.train(net, images(), 2).result(60)
        sx.save(net, tmp_path / "net.safetensors")
        return tmp_path / "net.safetensors"

    def test_they_are_those_that_are_read(self, path: Path) -> None:
        mapped, whole = sx.load(path, mmap=True).value, sx.load_snapshot(path)

        assert mapped == whole
        for array in (mapped.params.flat, mapped.kept.flat, mapped.training.state.slots["mean"]):
            assert is_mapped(array) and type(array) is np.ndarray
            with pytest.raises(ValueError, match="WRITEABLE"):
                array.setflags(write=True)

    def test_they_learn_on_as_the_others_do(self, path: Path) -> None:
        mapped, whole = sx.load(path, mmap=True), sx.load(path)
        for net in (mapped, whole):
            sx.train(net, images(), 2).result(60)

        assert mapped.value.params == whole.value.params

    @pytest.mark.skipif(os.name != "posix", reason="files in use cannot be replaced on Windows")
    def test_a_file_that_is_replaced_or_deleted_is_no_harm(self, path: Path) -> None:
        mapped, whole = sx.load_snapshot(path, mmap=True), sx.load_snapshot(path)
        sx.save(sx.mlp([3, 2]), path)
        assert mapped.params.flat.tobytes() == whole.params.flat.tobytes()
        path.unlink()

        assert mapped == whole
        samples = images().x
        assert np.array_equal(sx.outputs(mapped, samples), sx.outputs(whole, samples))

    def test_parameters_in_another_order_are_put_in_order(self, path: Path) -> None:
        metadata, arrays = safetensors.read(path)
        safetensors.write(path, dict(reversed(arrays.items())), {KEY: metadata[KEY]})

        mapped = sx.load_snapshot(path, mmap=True)

        assert mapped == sx.load_snapshot(path)
        assert not is_mapped(mapped.params.flat)

    def test_what_is_wrong_is_told(self, path: Path) -> None:
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        with pytest.raises(sx.errors.FormatError, match="truncated"):
            sx.load(path, mmap=True)

        path.write_bytes(content.replace(b"adam", b"adem"))
        with pytest.raises(sx.errors.FormatError, match="checksum"):
            sx.load(path, mmap=True)


def images() -> sx.TrainingSet:
    x = np.random.default_rng(0).standard_normal((12, 1, 4, 4))
    return sx.training_set(x, np.arange(12) % 3, batch=4)
