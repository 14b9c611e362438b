"""Graphs that PyTorch, Keras and scikit-learn export, as networks."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from tests.contracts.layer import samples
from tests.io.onnx.runtime import answers

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def exported(module: Any, in_shape: tuple[int, ...], path: Path, *, dynamo: bool) -> Path:
    """
    Write a PyTorch module as its two exporters do, for any number of samples.
    """
    import torch

    module.eval()
    x = (torch.randn(2, *in_shape),)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporters themselves
        if dynamo:
            shapes = ({0: torch.export.Dim("batch")},)
            torch.onnx.export(module, x, path, dynamo=True, dynamic_shapes=shapes, verbose=False)
        else:
            torch.onnx.export(
                module, x, path, dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "batch"}}
            )
    return path


def check(module: Any, path: Path, in_shape: tuple[int, ...]) -> Any:
    import torch

    net = sx.import_onnx(path, "adam")
    x = samples(in_shape, 3, np.float32)

    with torch.no_grad():
        np.testing.assert_allclose(sx.outputs(net, x), module(torch.tensor(x)).numpy(), rtol=1e-5, atol=1e-5)
    return net


def mlp() -> Any:
    from torch import nn

    parts = [
        nn.Linear(4, 8),
        nn.GELU(),
        nn.Linear(8, 8),
        nn.GELU("tanh"),
        nn.Mish(),
        nn.Dropout(),
        nn.Linear(8, 3),
    ]
    return nn.Sequential(*parts, nn.Softmax(-1))


def cnn() -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU6(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, stride=2, groups=2),
        nn.SiLU(),
        nn.ConvTranspose2d(6, 2, 3, stride=2, output_padding=1),
        nn.AvgPool2d(2, ceil_mode=True),
        nn.PReLU(2),
        nn.Flatten(),
        nn.LeakyReLU(0.2),
        nn.LazyLinear(5),
        nn.LayerNorm(5),
        nn.LogSoftmax(1),
    )


def residual() -> Any:
    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(1, 3, 3, padding=1), nn.Conv2d(3, 3, 1)
            self.norm, self.last = nn.BatchNorm2d(3), nn.Linear(3, 2)

        def forward(self, x: Any) -> Any:
            x = torch.relu(self.norm(self.first(x)))
            x = x + torch.nn.functional.hardswish(self.second(x))
            return self.last(x.mean([2, 3]).view(x.size(0), -1))

    return Residual()


def recurrent(kind: str, ends: str, **options: Any) -> Any:
    from torch import nn

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.reads = getattr(nn, kind)(3, 4, batch_first=True, **options)
            self.last = nn.Linear(8 if options.get("bidirectional") else 4, 2)

        def forward(self, x: Any) -> Any:
            y, state = self.reads(x)
            state = state[0] if isinstance(state, tuple) else state
            return self.last({"sequence": y, "step": y[:, -1], "state": state[-1]}[ends])

    return Reader()


RECURRENT = [
    ("LSTM", "sequence", {"num_layers": 2, "bidirectional": True}),
    ("LSTM", "step", {"num_layers": 2}),
    ("LSTM", "state", {}),
    ("GRU", "step", {}),
    ("GRU", "sequence", {"bidirectional": True}),
    ("RNN", "state", {"nonlinearity": "relu"}),
]


@pytest.mark.peer("torch")
@pytest.mark.parametrize(("make", "in_shape"), [(mlp, (4,)), (cnn, (1, 12, 11)), (residual, (1, 5, 6))])
def test_what_pytorch_exports_gives_the_same(make: Any, in_shape: tuple[int, ...], tmp_path: Path) -> None:
    import torch

    module = make()
    module.train()(torch.randn(8, *in_shape))  # running means move away from zero, and lazy layers are made

    path = exported(module, in_shape, tmp_path / "net.onnx", dynamo=False)

    check(module, path, in_shape)


@pytest.mark.peer("torch")
@pytest.mark.parametrize(("kind", "ends", "options"), RECURRENT)
def test_recurrent_layers_of_pytorch_give_the_same(
    kind: str, ends: str, options: Any, tmp_path: Path
) -> None:
    module = recurrent(kind, ends, **options)

    net = check(module, exported(module, (5, 3), tmp_path / "net.onnx", dynamo=False), (5, 3))

    assert isinstance(net.value.arch.layers[0], {"LSTM": sx.LSTM, "GRU": sx.GRU, "RNN": sx.RNN}[kind])


@pytest.mark.slow
@pytest.mark.peer("torch", "onnxscript")
def test_the_newer_exporter_of_pytorch_is_read_too(tmp_path: Path) -> None:
    import torch

    for module, in_shape in [
        (cnn(), (1, 12, 11)),
        (recurrent("LSTM", "step", num_layers=2), (5, 3)),
    ]:
        module.train()(torch.randn(8, *in_shape))

        check(module, exported(module, in_shape, tmp_path / "net.onnx", dynamo=True), in_shape)


@pytest.mark.peer("skl2onnx", "sklearn")
@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("labels", [[0, 1], ["a", "b", "c"]])
def test_classifiers_of_scikit_learn_keep_their_classes(
    labels: list[Any], zipmap: bool, tmp_path: Path
) -> None:
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x = samples((4,), 60, np.float32) * 3 + 5
    y = np.array(labels)[np.argmax(x[:, : len(labels)], axis=1)]
    model = make_pipeline(StandardScaler(), MLPClassifier((6, 5), max_iter=300, tol=0.1, random_state=0)).fit(
        x, y
    )
    path = tmp_path / "model.onnx"
    path.write_bytes(to_onnx(model, x[:1], options={"zipmap": zipmap}).SerializeToString())

    net = sx.import_onnx(path)

    assert net.value.labels == tuple(labels)
    assert list(sx.estimate(net, x)) == model.predict(x).tolist()
    np.testing.assert_allclose(sx.outputs(net, x), model.predict_proba(x), rtol=1e-5, atol=1e-5)


@pytest.mark.peer("skl2onnx", "sklearn")
def test_a_regressor_of_scikit_learn_gives_the_same(tmp_path: Path) -> None:
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPRegressor

    x = samples((4,), 60, np.float32)
    regressor = MLPRegressor(hidden_layer_sizes=(6,), activation="tanh", tol=0.1, random_state=0)
    model = regressor.fit(x, x[:, 0])
    path = tmp_path / "model.onnx"
    path.write_bytes(to_onnx(model, x[:1]).SerializeToString())

    np.testing.assert_allclose(
        sx.outputs(sx.import_onnx(path), x)[:, 0], model.predict(x), rtol=1e-5, atol=1e-5
    )


@pytest.mark.slow
@pytest.mark.peer("torch", "keras")
def test_what_keras_exports_is_read_with_the_channels_first(tmp_path: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    layers = [
        keras.layers.Conv2D(3, 3, padding="same", activation="relu"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(4, activation="softmax"),
    ]
    model = keras.Sequential([keras.Input((8, 6, 1)), *layers])
    x = samples((1, 8, 6), 3, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model(x.transpose(0, 2, 3, 1))
        model.export(tmp_path / "model.onnx", format="onnx", verbose=False)

    net = sx.import_onnx(tmp_path / "model.onnx")

    there = answers((tmp_path / "model.onnx").read_bytes(), x.transpose(0, 2, 3, 1))[0]
    np.testing.assert_allclose(sx.outputs(net, x), there, rtol=1e-5, atol=1e-5)
