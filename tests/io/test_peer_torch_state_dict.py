"""Weights that come from PyTorch compute there and here the same, to 1e-8 in float64, and go back as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.files import safetensors

pytestmark = pytest.mark.peer("torch")

N = 3
SEQUENCE, IMAGE = (5, 4), (4, 6, 5)


class Last:
    """The state of a recurrent module after the last step, of both directions."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def __call__(self, torch: Any, x: Any) -> Any:
        _, state = self.module(x)
        hidden = state[0] if isinstance(state, tuple) else state
        return torch.cat(list(hidden[-2 if self.module.bidirectional else -1 :]), dim=1)


PAIRS: list[tuple[sx.Layer, tuple[int, ...], str, tuple[Any, ...], dict[str, Any]]] = [
    (sx.Dense(3), (4,), "Linear", (4, 3), {}),
    (sx.Dense(3), (4,), "Linear", (4, 3), {"bias": False}),
    (sx.TimeDistributed(sx.Dense(3)), SEQUENCE, "Linear", (4, 3), {}),
    (sx.Conv1D(6, 3), (4, 7), "Conv1d", (4, 6, 3), {}),
    (sx.Conv2D(6, (2, 3), groups=2, stride=2), IMAGE, "Conv2d", (4, 6, (2, 3)), {"groups": 2, "stride": 2}),
    (sx.Conv2D(2, 2, bias=False), IMAGE, "Conv2d", (4, 2, 2), {"bias": False}),
    (sx.Conv2D(2, 2), IMAGE, "Conv2d", (4, 2, 2), {"bias": False}),
    (sx.Conv3D(2, 2), (3, 4, 3, 2), "Conv3d", (3, 2, 2), {}),
    (sx.ConvTranspose1D(6, 3), (4, 7), "ConvTranspose1d", (4, 6, 3), {}),
    (
        sx.ConvTranspose2D(6, (2, 3), groups=2, stride=2),
        IMAGE,
        "ConvTranspose2d",
        (4, 6, (2, 3)),
        {"groups": 2, "stride": 2},
    ),
    (sx.ConvTranspose3D(2, 2), (3, 4, 3, 2), "ConvTranspose3d", (3, 2, 2), {}),
    (sx.BatchNorm(), (4,), "BatchNorm1d", (4,), {}),
    (sx.BatchNorm(), IMAGE, "BatchNorm2d", (4,), {}),
    (sx.BatchNorm(affine=False), IMAGE, "BatchNorm2d", (4,), {"affine": False}),
    (sx.LayerNorm(), SEQUENCE, "LayerNorm", (4,), {}),
    (sx.LayerNorm(), SEQUENCE, "LayerNorm", (4,), {"bias": False}),
    (sx.LayerNorm(None), SEQUENCE, "LayerNorm", ((5, 4),), {}),
    (sx.LayerNorm((1, 2)), IMAGE, "LayerNorm", ((6, 5),), {}),
    (sx.PReLU(), IMAGE, "PReLU", (4,), {}),
    (sx.PReLU("layer"), IMAGE, "PReLU", (1,), {}),
    (sx.RNN(3), SEQUENCE, "RNN", (4, 3), {}),
    (
        sx.RNN(3, "relu", layers=2, bidirectional=True),
        SEQUENCE,
        "RNN",
        (4, 3, 2, "relu"),
        {"bidirectional": True},
    ),
    (sx.LSTM(3), SEQUENCE, "LSTM", (4, 3), {}),
    (sx.LSTM(3), SEQUENCE, "LSTM", (4, 3), {"bias": False}),
    (sx.LSTM(3, layers=2, bidirectional=True), SEQUENCE, "LSTM", (4, 3, 2), {"bidirectional": True}),
    (sx.GRU(3), SEQUENCE, "GRU", (4, 3), {}),
    (sx.GRU(3, layers=3, bidirectional=True), SEQUENCE, "GRU", (4, 3, 3), {"bidirectional": True}),
    (sx.MultiHeadAttention(2), SEQUENCE, "MultiheadAttention", (4, 2), {}),
    (sx.MultiHeadAttention(2, bias=False), SEQUENCE, "MultiheadAttention", (4, 2), {"bias": False}),
    (sx.MultiHeadAttention(2), SEQUENCE, "MultiheadAttention", (4, 2), {"bias": False}),
]


def module_of(torch: Any, kind: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """
    Return a module with random weights, whose running values have seen something.
    """
    torch.manual_seed(7)
    first = {"batch_first": True} if kind in ("RNN", "LSTM", "GRU", "MultiheadAttention") else {}
    module = getattr(torch.nn, kind)(*args, **options, **first, dtype=torch.float64)
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn_like(weight))
        if kind.startswith("BatchNorm"):
            module.running_mean.copy_(torch.randn_like(module.running_mean))
            module.running_var.copy_(torch.rand_like(module.running_var) + 0.5)
    return module.eval()


def answered(torch: Any, module: Any, x: Any) -> Any:
    if hasattr(module, "hidden_size"):
        return Last(module)(torch, x)
    if hasattr(module, "num_heads"):
        return module(x, x, x)[0]
    return module(x)


def net_of(*layers: Any, dtype: str = "float64") -> Any:
    return sx.neural_net(layers, sx.training(loss="squared_error"), dtype=dtype)


@pytest.mark.parametrize(("layer", "in_shape", "kind", "args", "options"), PAIRS, ids=str)
def test_a_layer_computes_what_its_module_does_and_gives_it_back(
    layer: Any, in_shape: Any, kind: str, args: Any, options: dict[str, Any]
) -> None:
    torch = pytest.importorskip("torch")
    module, net = module_of(torch, kind, args, options), net_of(sx.Input(in_shape), layer)
    x = np.random.default_rng(0).standard_normal((N, *in_shape))

    net.swap(sx.with_state_dict, module.state_dict())

    with torch.no_grad():
        expected = answered(torch, module, torch.tensor(x)).numpy()
        np.testing.assert_allclose(sx.outputs(net, x), expected, rtol=1e-8, atol=1e-8)
    again = module_of(torch, kind, args, options)
    with torch.no_grad():
        for weight in again.parameters():
            weight.zero_()
        again.load_state_dict(sx.to_state_dict(net, module.state_dict(), tensors="torch"))
        np.testing.assert_allclose(answered(torch, again, torch.tensor(x)).numpy(), expected, 1e-8, 1e-8)


def test_the_vectors_of_an_embedding() -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Embedding(7, 3, dtype=torch.float64)
    net = net_of(sx.Input(4), sx.Embedding(7, 3))

    net.swap(sx.with_state_dict, module.state_dict())

    x = np.arange(8.0).reshape(2, 4) % 7
    np.testing.assert_allclose(sx.outputs(net, x), module(torch.tensor(x).long()).detach().numpy(), 1e-12)
    assert np.array_equal(sx.to_state_dict(net)["0.weight"], module.weight.detach())


def test_attention_to_a_memory_of_other_features_has_three_matrices() -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.MultiheadAttention(4, 2, kdim=3, vdim=3, batch_first=True, dtype=torch.float64)
    net = net_of(sx.Input(((5, 4), (6, 3))), sx.MultiHeadAttention(2))
    rng = np.random.default_rng(0)
    x, m = rng.standard_normal((N, 5, 4)), rng.standard_normal((N, 6, 3))

    net.swap(sx.with_state_dict, module.state_dict())

    theirs = module(torch.tensor(x), torch.tensor(m), torch.tensor(m))[0].detach().numpy()
    np.testing.assert_allclose(sx.outputs(net, (x, m)), theirs, 1e-8, 1e-8)
    module.load_state_dict(sx.to_state_dict(net, module.state_dict(), tensors="torch"))


def sequential(torch: Any) -> Any:
    torch.manual_seed(3)
    nn = torch.nn
    parts = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.2)]
    return nn.Sequential(*parts, nn.Linear(36, 9), nn.ReLU(), nn.Linear(9, 2))


def stack(dtype: str = "float32") -> Any:
    parts = [sx.Conv2D(4, 3), sx.BatchNorm(), sx.Activation("relu"), sx.MaxPool2D(2), sx.Dropout(0.2)]
    return net_of(sx.Input((1, 8, 8)), *parts, sx.Dense(9, "relu"), sx.Dense(2), dtype=dtype)


def test_a_sequential_model_is_matched_layer_by_layer() -> None:
    torch = pytest.importorskip("torch")
    model, net = sequential(torch).double(), stack("float64")
    model(torch.randn(20, 1, 8, 8, dtype=torch.float64))
    model.eval()

    net.swap(sx.with_state_dict, model.state_dict())

    x = np.random.default_rng(0).standard_normal((N, 1, 8, 8))
    np.testing.assert_allclose(sx.outputs(net, x), model(torch.tensor(x)).detach().numpy(), 1e-8, 1e-8)
    state = sx.to_state_dict(net, like=model.state_dict())
    assert list(state) == list(model.state_dict())
    assert all(
        np.array_equal(state[name], there) for name, there in model.state_dict().items() if "num" not in name
    )


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_other_types_of_numbers_become_those_of_the_network(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    model, net = sequential(torch).to(getattr(torch, dtype)), stack()

    net.swap(sx.with_state_dict, model.state_dict())

    assert net.value.params.flat.dtype == np.float32
    assert np.array_equal(net.value.params["0.W"], model[0].weight.detach().float().numpy())


def test_tensors_in_training_are_taken_as_they_are() -> None:
    torch = pytest.importorskip("torch")
    model, net = sequential(torch), stack()

    net.swap(sx.with_state_dict, model.state_dict(keep_vars=True))

    assert np.array_equal(net.value.params["6.b"], model[8].bias.detach().numpy())


def test_a_file_of_weights_needs_no_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    model, net = sequential(torch), stack()
    arrays = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    safetensors.write(tmp_path / "model.safetensors", arrays, {})

    net.swap(sx.with_state_dict, tmp_path / "model.safetensors")

    assert np.array_equal(net.value.params["5.W"], arrays["6.weight"].T)


def test_a_network_goes_on_learning_after_it_was_given_weights() -> None:
    torch = pytest.importorskip("torch")
    net = sx.mlp([3, 4, 2], ["relu", "softmax"])
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    net.swap(sx.with_state_dict, model.state_dict())
    before = evolve(net.value)
    data = sx.training_set(np.random.default_rng(0).standard_normal((20, 3)), np.arange(20) % 2)

    after = sx.deref(sx.train(net, data, 1, executor="inline"))

    assert after.training.stats.epochs == 1 and after.params != before.params
