"""Recurrent layers compute what PyTorch's do, forward and backward, to 1e-8 in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.layers import GRU, LSTM, RNN
from synapse_rx.layers.recurrence import Recurrent
from tests.contracts.layer import Chain

pytestmark = pytest.mark.peer("torch")

N, STEPS, FEATURES, UNITS = 5, 7, 3, 4
LENGTHS = [7, 2, 5, 1, 7]
ORDER = {RNN: [0], LSTM: [0, 1, 3, 2], GRU: [0, 1, 2]}
"""Where PyTorch's gates stand among ours."""

LAYERS = [
    (kind, options)
    for kind in (RNN, LSTM, GRU)
    for options in ({}, {"bidirectional": True}, {"layers": 3}, {"layers": 2, "bidirectional": True})
] + [(RNN, {"activation": "relu", "layers": 2})]


@pytest.mark.parametrize(("kind", "options"), LAYERS, ids=str)
@pytest.mark.parametrize("returns", ["last", "sequence"])
def test_recurrent_layers_are_those_of_pytorch(kind: Any, options: dict[str, Any], returns: str) -> None:
    layer = kind(UNITS, returns=returns, **options)
    x = np.random.default_rng(1).standard_normal((N, STEPS, FEATURES))

    _compare(layer, x, None)


@pytest.mark.parametrize(("kind", "options"), LAYERS, ids=str)
@pytest.mark.parametrize("returns", ["last", "sequence"])
def test_sequences_with_lengths_are_pytorchs_packed_ones(
    kind: Any, options: dict[str, Any], returns: str
) -> None:
    layer = kind(UNITS, returns=returns, **options)
    x = np.random.default_rng(1).standard_normal((N, STEPS, FEATURES))

    _compare(layer, x, np.array(LENGTHS, float)[:, None])


def _compare(layer: Recurrent, x: Any, lengths: Any) -> None:
    torch: Any = pytest.importorskip("torch")
    peer = _peer(torch, layer)
    in_shape = (STEPS, FEATURES) if lengths is None else ((STEPS, FEATURES), (1,))
    chain = Chain(layer, in_shape, N)
    given = torch.tensor(x, requires_grad=True)
    _copy(layer, chain, peer)

    y = chain.forward(x if lengths is None else (x, lengths)).copy()
    wanted = _outputs(torch, layer, peer, given, lengths)
    dy = np.random.default_rng(2).standard_normal(y.shape)
    dx = chain.backward(dy)
    wanted.backward(torch.tensor(dy))

    np.testing.assert_allclose(y, wanted.detach().numpy(), rtol=1e-8, atol=1e-10)
    dx = dx if lengths is None else dx[0]
    np.testing.assert_allclose(dx, given.grad.numpy(), rtol=1e-8, atol=1e-10)
    for name, ours, theirs in _pairs(layer, chain.row.nodes[0].grads, peer, lambda weight: weight.grad):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10, err_msg=name)


def _peer(torch: Any, layer: Recurrent) -> Any:
    own = {"nonlinearity": layer.activation.kind} if isinstance(layer, RNN) else {}
    return getattr(torch.nn, type(layer).__name__)(
        FEATURES,
        UNITS,
        layer.layers,
        batch_first=True,
        bidirectional=layer.bidirectional,
        dtype=torch.float64,
        **own,
    )


def _copy(layer: Recurrent, chain: Chain, peer: Any) -> None:
    for name, weight in peer.named_parameters():
        # One of PyTorch's two biases is redundant, but for that of the candidate of a GRU.
        if name.startswith("bias_hh"):
            weight.data[: 2 * UNITS if layer.kind == "gru" else None] = 0
    for _, ours, theirs in _pairs(layer, chain.row.nodes[0].params, peer, lambda weight: weight.data):
        ours[...] = theirs


def _pairs(layer: Recurrent, ours: Any, peer: Any, of: Any) -> Any:
    """Yield each part of our parameters (a view) with what it is in PyTorch."""
    theirs = dict(peer.named_parameters())
    for level in range(layer.layers):
        for direction in range(layer.directions):
            end = f"l{level}" + "_reverse" * direction
            for place, gate in enumerate(ORDER[type(layer)]):
                column = (direction * layer.gates + place) * UNITS
                columns = slice(column, column + UNITS)
                rows = slice(gate * UNITS, (gate + 1) * UNITS)
                for name, weight in (("W", "weight_ih_"), ("U", "weight_hh_"), ("b", "bias_ih_")):
                    own = ours[f"{name}{level or ''}"][..., columns]
                    yield f"{name} {end}", own, of(theirs[weight + end])[rows].numpy().T
            if layer.kind == "gru":
                columns = slice(direction * UNITS, (direction + 1) * UNITS)
                yield "c", ours[f"c{level or ''}"][columns], of(theirs["bias_hh_" + end])[2 * UNITS :].numpy()


def _outputs(torch: Any, layer: Recurrent, peer: Any, x: Any, lengths: Any) -> Any:
    rnn = torch.nn.utils.rnn
    if lengths is not None:
        x = rnn.pack_padded_sequence(
            x, torch.tensor(lengths[:, 0]).long(), batch_first=True, enforce_sorted=False
        )
    outputs, state = peer(x)
    if lengths is not None:
        outputs, _ = rnn.pad_packed_sequence(outputs, batch_first=True, total_length=STEPS)
    if layer.returns == "sequence":
        return outputs
    hidden = state[0] if layer.kind == "lstm" else state
    return torch.cat(list(hidden[-layer.directions :]), dim=1)


def _loop(torch: Any, layer: Recurrent, params: Any, x: Any, dy: Any) -> tuple[Any, Any, dict[str, Any]]:
    """Return outputs and gradients of the formulas in the docstrings, step by step, by PyTorch's differentiation."""
    weights = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    given = torch.tensor(x, requires_grad=True)
    h = c = torch.zeros(N, UNITS, dtype=torch.float64)
    for t in range(STEPS):
        if layer.truncate and t % layer.truncate == 0:
            h, c = h.detach(), c.detach()
        h, c = STEPS_OF[type(layer)](torch, layer, weights, given[:, t], h, c)
    h.backward(torch.tensor(dy))
    return h.detach().numpy(), given.grad.numpy(), {name: w.grad.numpy() for name, w in weights.items()}


def _rnn_step(torch: Any, layer: Any, w: Any, x: Any, h: Any, c: Any) -> Any:
    return torch.tanh(x @ w["W"] + h @ w["U"] + w["b"]), c


def _lstm_step(torch: Any, layer: Any, w: Any, x: Any, h: Any, c: Any) -> Any:
    i, f, o, g = (x @ w["W"] + h @ w["U"] + w["b"]).split(UNITS, 1)
    p = w["P"].split(UNITS) if layer.peepholes else (0, 0, 0)
    i, f, g = torch.sigmoid(i + c * p[0]), torch.sigmoid(f + c * p[1]), torch.tanh(g)
    c = f * c + i * g
    return torch.sigmoid(o + c * p[2]) * torch.tanh(c), c


def _gru_step(torch: Any, layer: Any, w: Any, x: Any, h: Any, c: Any) -> Any:
    xr, xu, xn = (x @ w["W"] + w["b"]).split(UNITS, 1)
    ur, uu, un = w["U"].split(UNITS, 1)
    r, u = torch.sigmoid(xr + h @ ur), torch.sigmoid(xu + h @ uu)
    inner = r * (h @ un + w["c"]) if layer.reset == "after" else (r * h) @ un
    n = torch.tanh(xn + inner)
    return (1 - u) * n + u * h, c


STEPS_OF: dict[type, Any] = {RNN: _rnn_step, LSTM: _lstm_step, GRU: _gru_step}


@pytest.mark.parametrize("truncate", [None, 1, 3, 7])
@pytest.mark.parametrize(
    "layer",
    [RNN(UNITS), LSTM(UNITS), LSTM(UNITS, peepholes=True), GRU(UNITS), GRU(UNITS, reset="before")],
    ids=lambda layer: f"{layer.kind} {getattr(layer, 'reset', '')}{getattr(layer, 'peepholes', '')}",
)
def test_layers_are_their_formulas_and_cut_the_gradient_where_asked(layer: Any, truncate: int | None) -> None:
    torch = pytest.importorskip("torch")
    layer = type(layer).of(layer.kind, **{**_options(layer), "truncate": truncate})
    rng = np.random.default_rng(1)
    x, dy = rng.standard_normal((N, STEPS, FEATURES)), rng.standard_normal((N, UNITS))
    chain = Chain(layer, (STEPS, FEATURES), N)
    chain.theta[...] = 0.5 * rng.standard_normal(chain.theta.shape)

    y = chain.forward(x).copy()
    dx = chain.backward(dy)

    node = chain.row.nodes[0]
    wanted_y, wanted_dx, wanted = _loop(torch, layer, node.params, x, dy)
    np.testing.assert_allclose(y, wanted_y, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(dx, wanted_dx, rtol=1e-8, atol=1e-12)
    for name, gradient in node.grads.items():
        np.testing.assert_allclose(gradient, wanted[name], rtol=1e-8, atol=1e-12, err_msg=name)


def _options(layer: Any) -> dict[str, Any]:
    return {name: value for name, value in layer.to_data().items() if name != "kind"}
