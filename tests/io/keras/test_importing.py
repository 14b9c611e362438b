"""Files that Keras writes, as networks; and files as older versions wrote them."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import FormatError
from synapse_rx.io.keras.weights import Held
from tests.contracts.layer import samples

h5py = pytest.importorskip("h5py")

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)  # of Keras itself

HERE = "keras", "torch"
"""Keras computes with PyTorch in these tests."""


def keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    return keras


def shaken(model: Any) -> Any:
    """
    Give every weight, running means included, a value of its own.
    """
    rng = np.random.default_rng(4)
    model.set_weights(
        [rng.uniform(0.1, 0.9, w.shape) * rng.choice([-1, 1]) ** (w.ndim > 1) for w in model.get_weights()]
    )
    return model


def check(model: Any, path: Path, x: np.ndarray, order: tuple[int, ...] | None = None) -> Any:
    """
    Save a model, read it and compare; ``order`` turns samples of Keras to those of the network.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(path)
        there = model.predict(x, verbose=0)

    net = sx.import_keras(path, "adam")

    here = sx.outputs(net, x if order is None else x.transpose(order))
    back = tuple(range(here.ndim)) if here.shape == there.shape else (0, *range(2, here.ndim), 1)
    np.testing.assert_allclose(here.transpose(back), there, rtol=1e-4, atol=1e-5)
    return net


def sequential(shape: tuple[int, ...], *layers: Any) -> Any:
    return shaken(keras().Sequential([keras().Input(shape), *layers]))


@pytest.mark.peer(*HERE)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_simple_network_for_digits_gives_the_same(suffix: str, tmp_path: Path) -> None:
    k = keras().layers
    model = sequential(
        (9, 8, 2),
        k.Conv2D(4, 3, padding="same", activation="relu"),
        k.BatchNormalization(),
        k.ZeroPadding2D(((1, 0), (2, 1))),
        k.Conv2D(6, (3, 2), strides=2, use_bias=False),
        k.Activation("elu"),
        k.MaxPooling2D(2, padding="same"),
        k.AveragePooling2D((2, 1), strides=1),
        k.Dropout(0.25),
        k.Flatten(),
        k.Dense(7, activation="tanh"),
        k.Dense(3, activation="softmax"),
    )
    x = np.moveaxis(samples((2, 9, 8), 5, np.float32), 1, -1)

    net = check(model, tmp_path / f"model{suffix}", x, (0, 3, 1, 2))

    assert net.value.arch.in_shape == (2, 9, 8)
    assert net.value.kept.names == ("1.mean", "1.variance")
    sx.deref(sx.train(net, sx.training_set(x.transpose(0, 3, 1, 2), [0, 1, 2, 0, 1], batch=5), 2))


@pytest.mark.peer(*HERE)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_graph_with_branches_gives_the_same(suffix: str, tmp_path: Path) -> None:
    k = keras().layers
    entrance = keras().Input((8, 6, 3))
    x = k.Conv2D(3, 3, padding="same", name="first")(entrance)
    x = k.Add()([x, entrance])
    left = k.Conv2D(2, 1, activation="swish")(x)
    right = k.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    x = k.Concatenate()([left, right, x])
    x = k.GlobalAveragePooling2D()(x)
    model = shaken(keras().Model(entrance, k.Dense(2)(x)))

    net = check(model, tmp_path / f"model{suffix}", samples((8, 6, 3), 4, np.float32), (0, 3, 1, 2))

    assert [layer.kind for layer in net.value.arch.layers] == [
        "residual",
        "fork",
        "concatenate",
        "global_average_pool",
        "dense",
    ]


def one_layer() -> list[Any]:
    k = keras().layers
    return [
        (
            (6, 2),
            [k.Conv1D(3, 3, padding="causal", dilation_rate=2), k.MaxPooling1D(2), k.GlobalMaxPooling1D()],
        ),
        ((4, 3, 3, 2), [k.Conv3D(2, 2, activation="sigmoid"), k.GlobalAveragePooling3D()]),
        ((4, 5, 2), [k.Conv2DTranspose(3, 3, strides=2, padding="same"), k.UpSampling2D((2, 1))]),
        ((4, 5, 2), [k.Conv2DTranspose(3, 2, strides=3)]),
        ((4, 5, 4), [k.Conv2D(6, 3, groups=2), k.ReLU(6.0), k.PReLU(shared_axes=[1, 2])]),
        ((4, 5, 2), [k.PReLU(), k.LeakyReLU(0.2), k.Softmax()]),
        ((4, 5, 2), [k.Flatten(), k.LayerNormalization(), k.Dense(3, "gelu")]),
        ((12,), [k.Reshape((3, 4, 1)), k.Conv2D(2, 2), k.Flatten(), k.Dense(2)]),
        ((5, 3), [k.Dense(4, activation="relu"), k.BatchNormalization(), k.Flatten(), k.Dense(2)]),
        ((5, 3), [k.LSTM(4, return_sequences=True), k.LSTM(2)]),
        ((5, 3), [k.GRU(4, return_sequences=True), k.GRU(2, reset_after=False)]),
        ((5, 3), [k.SimpleRNN(4, return_sequences=True, activation="relu")]),
        ((5, 3), [k.Bidirectional(k.LSTM(2, return_sequences=True)), k.Bidirectional(k.GRU(2))]),
    ]


@pytest.mark.peer(*HERE)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("index", range(13))
def test_a_layer_of_keras_gives_the_same(index: int, suffix: str, tmp_path: Path) -> None:
    shape, layers = one_layer()[index]
    turned = len(shape) > 2 or index == 0
    order = (0, len(shape), *range(1, len(shape))) if turned else None

    check(sequential(shape, *layers), tmp_path / f"model{suffix}", samples(shape, 3, np.float32), order)


@pytest.mark.peer(*HERE)
def test_words_are_looked_up(tmp_path: Path) -> None:
    k = keras().layers
    x = np.array([[0, 3, 2], [1, 1, 4]], np.float32)

    check(sequential((3,), k.Embedding(5, 2), k.LSTM(3), k.Dense(2)), tmp_path / "model.keras", x)


@pytest.mark.peer(*HERE)
def test_channels_may_be_first_already(tmp_path: Path) -> None:
    k = keras().layers
    layers = [k.Conv2D(3, 3, data_format="channels_first"), k.MaxPooling2D(2, data_format="channels_first")]
    model = sequential((2, 7, 6), *layers, k.Flatten(data_format="channels_first"), k.Dense(2))

    check(model, tmp_path / "model.keras", samples((2, 7, 6), 3, np.float32))


@pytest.mark.peer(*HERE)
def test_everything_that_is_not_supported_is_listed(tmp_path: Path) -> None:
    k = keras().layers
    model = sequential((4,), k.UnitNormalization(name="one"), k.Dense(2), k.GaussianNoise(0.1, name="noise"))
    model.save(tmp_path / "model.keras")

    with pytest.raises(FormatError, match="UnitNormalization: one; GaussianNoise: noise"):
        sx.import_keras(tmp_path / "model.keras")


def layer(name: str, kind: str, inputs: Any = None, **config: Any) -> dict[str, Any]:
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": inputs or [],
    }


def legacy(path: Path, config: Any, weights: dict[str, dict[str, Any]]) -> Path:
    """
    Write an HDF5 file as Keras 2 did.
    """
    with h5py.File(path, "w") as file:
        if config is not None:
            file.attrs["model_config"] = json.dumps(config).encode()
        group = file.create_group("model_weights")
        for name, arrays in weights.items():
            own = group.create_group(name)
            own.attrs["weight_names"] = [f"{name}/{key}:0".encode() for key in arrays]
            for key, array in arrays.items():
                own.create_dataset(f"{name}/{key}:0", data=array)
    return path


W, B = np.arange(6, dtype="f4").reshape(3, 2), np.array([1, -1], "f4")
DENSE = {"dense_1": {"kernel": W, "bias": B}}


def test_a_file_of_keras_2_is_read(tmp_path: Path) -> None:
    config = [layer("dense_1", "Dense", batch_input_shape=[None, 3], units=2, activation="relu")]
    path = legacy(tmp_path / "model.h5", {"class_name": "Sequential", "config": config}, DENSE)

    net = sx.import_keras(path)

    x = np.array([[1, 2, 3], [-1, 0, 1]], "f4")
    np.testing.assert_allclose(sx.outputs(net, x), np.maximum(x @ W + B, 0))


def test_a_graph_of_keras_2_is_read(tmp_path: Path) -> None:
    layers = [
        layer("add_1", "Add", [[["dense_1", 0, 0, {}], ["act", 0, 0, {}]]]),
        layer("dense_1", "Dense", [[["input_1", 0, 0, {}]]], units=2),
        layer("act", "Activation", [[["dense_1", 0, 0, {}]]], activation="tanh"),
        layer("input_1", "InputLayer", batch_input_shape=[None, 3]),
    ]
    config = {"layers": layers, "input_layers": [["input_1", 0, 0]], "output_layers": [["add_1", 0, 0]]}
    path = legacy(tmp_path / "model.h5", {"class_name": "Model", "config": config}, DENSE)

    net = sx.import_keras(path)

    x = np.array([[1, 2, 3], [-1, 0, 1]], "f4")
    np.testing.assert_allclose(sx.outputs(net, x), x @ W + B + np.tanh(x @ W + B), rtol=1e-6)


def test_weights_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="weights alone"):
        sx.import_keras(legacy(tmp_path / "weights.h5", None, DENSE))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([layer("a", "Dense", batch_input_shape=[None, 3], units=2)], "it has 0 arrays"),
        ([layer("dense_1", "Dense", units=2)], "sizes that are known"),
        ([layer("dense_1", "Dense", batch_input_shape=[None, 4], units=2)], "do not fit the tensor"),
        ([layer("a", "Lambda", batch_input_shape=[None, 4])], "Lambda: a"),
        (
            [layer("a", "Activation", batch_input_shape=[None, 4], activation="mine")],
            "'mine' is not supported",
        ),
        (
            [layer("a", "MaxPooling2D", batch_input_shape=[None, 4, 4, 1], pool_size=[10**6] * 2)],
            "windows of",
        ),
        ([layer("a", "Flatten", batch_input_shape=[None, 4, None])], "sizes that are known"),
    ],
)
def test_what_cannot_be_read_is_named(layers: list[Any], message: str, tmp_path: Path) -> None:
    path = legacy(tmp_path / "model.h5", {"class_name": "Sequential", "config": layers}, DENSE)

    with pytest.raises(FormatError, match=message) as caught:
        sx.import_keras(path)

    assert "model.h5" in str(caught.value)


def test_layers_in_a_circle_are_refused(tmp_path: Path) -> None:
    layers = [
        layer("input_1", "InputLayer", batch_input_shape=[None, 3]),
        layer("a", "Add", [[["input_1", 0, 0, {}], ["b", 0, 0, {}]]]),
        layer("b", "Activation", [[["a", 0, 0, {}]]], activation="tanh"),
    ]
    config = {"layers": layers, "input_layers": [["input_1", 0, 0]], "output_layers": [["b", 0, 0]]}

    with pytest.raises(FormatError, match="circle"):
        sx.import_keras(legacy(tmp_path / "model.h5", {"class_name": "Model", "config": config}, {}))


def simple(path: Path) -> Path:
    config = [layer("dense_1", "Dense", batch_input_shape=[None, 3], units=2)]
    return legacy(path, {"class_name": "Sequential", "config": config}, DENSE)


@pytest.mark.parametrize("kind", ["soft", "external", "virtual", "packed", "elsewhere", "whole numbers"])
def test_arrays_that_are_not_plainly_in_the_file_are_refused(kind: str, tmp_path: Path) -> None:
    path, name = simple(tmp_path / "model.h5"), "kernel:0"
    np.ones(6, "f4").tofile(tmp_path / "other")
    with h5py.File(path, "a") as file:
        group = file["model_weights/dense_1/dense_1"]
        del group[name]
        if kind == "soft":
            group[name] = h5py.SoftLink("/model_weights/dense_1/dense_1/bias:0")
        elif kind == "external":
            group[name] = h5py.ExternalLink(str(tmp_path / "other"), "/a")
        elif kind == "virtual":
            group.create_virtual_dataset(name, h5py.VirtualLayout((3, 2), "f4"))
        elif kind == "packed":
            group.create_dataset(
                name, shape=(1 << 20, 1 << 14), dtype="f4", chunks=(1024, 1024), compression="gzip"
            )
        elif kind == "elsewhere":
            group.create_dataset(name, (3, 2), "f4", external=[(str(tmp_path / "other"), 0, 24)])
        else:
            group.create_dataset(name, data=W.astype(int))

    with pytest.raises(FormatError, match="kernel:0"):
        sx.import_keras(path)


def archive(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("_", "."), content)
    return path


def test_a_part_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "model.keras", config_json=b"{}", model_weights_h5=bytes(1 << 25))

    with pytest.raises(FormatError, match="too large"):
        sx.import_keras(path)


@pytest.mark.parametrize(
    "parts", [{}, {"config_json": b"{}"}, {"config_json": b"[" * 10000, "model_weights_h5": b""}]
)
def test_an_archive_without_its_parts_is_refused(parts: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"model\.keras"):
        sx.import_keras(archive(tmp_path / "model.keras", **parts))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"PK\x03\x04" + bytes(100), b"\x89HDF\r\n\x1a\n" + bytes(200)]
)
def test_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(content)

    with pytest.raises(FormatError, match=r"model\.keras"):
        sx.import_keras(tmp_path / "model.keras")


def test_a_description_with_other_bytes_is_read_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held({"layers/dense/vars/0": W, "layers/dense/vars/1": B}, {}, {}, None)
    monkeypatch.setattr("synapse_rx.io.keras.file.read_arrays", lambda content: held)
    model = {"layers": [layer("d", "Dense", batch_shape=[None, 3], units=2, activation="tanh")]}
    text = json.dumps({"class_name": "Sequential", "config": model}).encode()
    rng, good = np.random.default_rng(0), 0
    for _ in range(500):
        changed = bytearray(text)
        for place in rng.integers(0, len(text), rng.integers(0, 3)):
            changed[place] = rng.integers(32, 127)
        path = archive(tmp_path / "model.keras", config_json=bytes(changed), model_weights_h5=b"")
        try:
            sx.import_keras(path)
            good += 1
        except FormatError as error:
            assert "model.keras" in str(error)

    assert good > 50


def test_arrays_with_other_bytes_are_read_or_refused(tmp_path: Path) -> None:
    content, rng = simple(tmp_path / "model.h5").read_bytes(), np.random.default_rng(1)
    for _ in range(20):
        changed = bytearray(content)
        for place in rng.integers(0, len(content), 6):
            changed[place] = rng.choice([0, 255, rng.integers(256)])
        (tmp_path / "model.h5").write_bytes(changed)
        try:
            sx.import_keras(tmp_path / "model.h5")
        except FormatError as error:
            assert "model.h5" in str(error)


def test_a_reader_that_is_killed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = simple(tmp_path / "model.h5")
    (tmp_path / "dies.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr("synapse_rx.io.keras.extraction.__file__", str(tmp_path / "dies.py"))

    with pytest.raises(FormatError, match="status -9"):
        sx.import_keras(path)
