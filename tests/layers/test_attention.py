from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.layers import MultiHeadAttention, PositionalEncoding
from tests.contracts.layer import Chain, samples

SHAPE = (5, 4)
WITH_LENGTHS = (SHAPE, (1,))
LENGTHS = np.array([[5.0], [2.0], [0.0], [4.0]])


def test_a_step_sees_nothing_later_where_it_is_causal() -> None:
    layer, x = MultiHeadAttention(2, causal=True), samples(SHAPE)
    y = Chain(layer, SHAPE).forward(x)

    for steps in range(1, 6):
        cut = Chain(layer, (steps, 4)).forward(x[:, :steps])
        np.testing.assert_allclose(cut, y[:, :steps], rtol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
def test_what_stands_behind_the_end_changes_nothing(causal: bool) -> None:
    layer, results = MultiHeadAttention(2, causal=causal), []
    for rubbish in (0.0, 7.0, np.nan):
        chain, x = Chain(layer, WITH_LENGTHS), samples(SHAPE)
        x[np.arange(5) >= LENGTHS] = rubbish
        y = chain.forward((x, LENGTHS)).copy()
        dx, dlengths = chain.backward(samples(SHAPE, seed=2))
        results.append((y, dx.copy(), chain.grad))

    for other in results[1:]:
        for one, another in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, another)
    behind = np.arange(5) >= LENGTHS
    assert not y[behind].any() and not dx[behind].any() and not dlengths.any()


def test_a_cut_sample_gives_what_its_steps_alone_give() -> None:
    layer, x = MultiHeadAttention(2), samples(SHAPE)
    y = Chain(layer, WITH_LENGTHS).forward((x, LENGTHS))

    alone = Chain(layer, (2, 4), 1).forward(x[1:2, :2])

    np.testing.assert_allclose(y[1, :2], alone[0], rtol=1e-12)


def test_an_empty_memory_gives_the_bias_alone() -> None:
    chain = Chain(MultiHeadAttention(2), (SHAPE, (3, 2), (1,)))
    bias = chain.row.nodes[0].params["bo"]

    y = chain.forward((samples(SHAPE), samples((3, 2)), np.zeros((4, 1))))

    np.testing.assert_allclose(y, np.broadcast_to(bias, y.shape), rtol=1e-12)


def test_large_logits_do_not_overflow() -> None:
    with np.errstate(over="raise", invalid="raise"):
        y = Chain(MultiHeadAttention(2), SHAPE).forward(1e8 * samples(SHAPE))

    assert np.isfinite(y).all()


def test_order_matters_only_with_positions() -> None:
    x = samples(SHAPE)
    plain = [Chain(MultiHeadAttention(2), SHAPE).forward(each) for each in (x, x[:, ::-1])]
    placed = [Chain(PositionalEncoding(), SHAPE).forward(each).copy() for each in (x, x[:, ::-1])]

    np.testing.assert_allclose(plain[0], plain[1][:, ::-1], rtol=1e-12)
    assert not np.allclose(placed[0], placed[1][:, ::-1])


def test_positions_are_sines_and_cosines_of_growing_wavelength() -> None:
    y = Chain(PositionalEncoding(longest=100), (3, 4), 1).forward(np.zeros((1, 3, 4)))

    t = np.arange(3)
    wanted = np.stack([np.sin(t), np.cos(t), np.sin(t / 10), np.cos(t / 10)], axis=1)
    np.testing.assert_allclose(y[0], wanted, rtol=1e-12)


def test_parameters_have_the_sizes_of_all_heads_together() -> None:
    layer = MultiHeadAttention(3, units=7, key_units=2, value_units=4)

    shapes = {spec.name: spec.shape for spec in layer.specs((SHAPE, (6, 9)))}

    assert shapes == {
        **{"Wq": (4, 6), "bq": (6,), "Wk": (9, 6), "bk": (6,)},
        **{"Wv": (9, 12), "bv": (12,), "Wo": (12, 7), "bo": (7,)},
    }


def test_multiplications_are_those_of_four_matrices_and_two_products() -> None:
    assert MultiHeadAttention(2).multiply_adds(SHAPE) == 4 * 5 * 4 * 4 + 2 * 5 * 5 * 4


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (MultiHeadAttention(2), (4,), "takes samples"),
        (MultiHeadAttention(2), (SHAPE, (2,)), "takes samples"),
        (MultiHeadAttention(2), (SHAPE, SHAPE, SHAPE), "takes samples"),
        (MultiHeadAttention(3), SHAPE, "3 heads do not divide 4 features"),
        (MultiHeadAttention(2, causal=True), (SHAPE, SHAPE), "no meaning for a memory"),
        (PositionalEncoding(), (4,), r"takes samples \(steps, features\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(layer: Any, shape: Any, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        layer.out_shape(shape)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"heads": 0}, "heads of multi_head_attention must be a whole number >= 1"),
        ({"key_units": 0.5}, "key_units of multi_head_attention must be a whole number"),
        ({"causal": 1}, "causal of multi_head_attention must be True or False"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        MultiHeadAttention(**{"heads": 2, **options})


@pytest.mark.peer("torch")
@pytest.mark.parametrize(("memory", "causal"), [(False, False), (False, True), (True, False)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_it_is_that_of_pytorch(memory: bool, masked: bool, causal: bool, bias: bool) -> None:
    torch = pytest.importorskip("torch")
    layer, rng = MultiHeadAttention(3, causal=causal, bias=bias), np.random.default_rng(1)
    x, m = rng.standard_normal((4, 5, 6)), rng.standard_normal((4, 7, 2))
    lengths = np.array([[5.0], [1.0], [3.0], [4.0]])
    given = [x, *([m] if memory else []), *([lengths] if masked else [])]
    chain = Chain(layer, tuple(each.shape[1:] for each in given) if len(given) > 1 else x.shape[1:])
    chain.theta[...] = rng.standard_normal(chain.theta.shape)
    params, grads = chain.row.nodes[0].params, chain.row.nodes[0].grads
    sizes = {"kdim": 2, "vdim": 2} if memory else {}
    peer = torch.nn.MultiheadAttention(6, 3, bias=bias, batch_first=True, dtype=torch.float64, **sizes)
    parts = [peer.q_proj_weight, peer.k_proj_weight, peer.v_proj_weight] if memory else [peer.in_proj_weight]
    with torch.no_grad():
        joined = [params[name].T for name in ("Wq", "Wk", "Wv")]
        for part, value in zip(parts, joined if memory else [np.concatenate(joined)], strict=True):
            part[...] = torch.tensor(value)
        peer.out_proj.weight[...] = torch.tensor(params["Wo"].T)
        if bias:
            peer.in_proj_bias[...] = torch.tensor(np.concatenate([params[n] for n in ("bq", "bk", "bv")]))
            peer.out_proj.bias[...] = torch.tensor(params["bo"])

    y = chain.forward(tuple(given) if len(given) > 1 else x).copy()
    dy = rng.standard_normal(y.shape)
    counts = np.ones((4, 5), bool)
    if masked and not memory:
        counts = np.arange(5) < lengths
    dx = chain.backward(dy)
    tx, tm = torch.tensor(x, requires_grad=True), torch.tensor(m, requires_grad=True)
    keys = tm if memory else tx
    behind = torch.tensor(np.arange(keys.shape[1]) >= lengths) if masked else None
    later = torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None
    wanted, _ = peer(tx, keys, keys, key_padding_mask=behind, attn_mask=later, need_weights=False)
    wanted = wanted * torch.tensor(counts[..., None])
    wanted.backward(torch.tensor(dy))

    close = {"rtol": 1e-8, "atol": 1e-12}
    np.testing.assert_allclose(y, wanted.detach().numpy(), **close)
    dx = dx if isinstance(dx, tuple) else (dx,)
    np.testing.assert_allclose(dx[0], tx.grad.numpy(), **close)
    if memory:
        np.testing.assert_allclose(dx[1], tm.grad.numpy(), **close)
    weights = np.concatenate([grads[name].T for name in ("Wq", "Wk", "Wv")], axis=1 if memory else 0).ravel()
    theirs = np.concatenate([part.grad.numpy() for part in parts], axis=1 if memory else 0).ravel()
    np.testing.assert_allclose(weights, theirs, **close)
    np.testing.assert_allclose(grads["Wo"].T, peer.out_proj.weight.grad.numpy(), **close)
    if bias:
        ours = np.concatenate([grads[name] for name in ("bq", "bk", "bv")])
        np.testing.assert_allclose(ours, peer.in_proj_bias.grad.numpy(), **close)
        np.testing.assert_allclose(grads["bo"], peer.out_proj.bias.grad.numpy(), **close)


def test_attention_finds_the_step_that_is_marked() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (200, 6, 2))
    x[:, :, 1] = 0
    place = rng.integers(0, 6, 200)
    x[np.arange(200), place, 1] = 1
    wanted = x[np.arange(200), place, :1]
    layers = [sx.Input((6, 2)), MultiHeadAttention(2, key_units=4), sx.Flatten(), sx.Dense(1)]
    net = sx.neural_net(layers, sx.training("adam", learning_rate=0.02, seed=1, loss="squared_error"))

    trained = sx.deref(sx.train(net, sx.training_set(x, wanted, batch=20), 30))

    assert np.mean((sx.outputs(trained, x) - wanted) ** 2) < 0.1 * np.mean(wanted**2)
