from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.initializers import LogitUniform, Uniform
from synapse_rx.layers import Synapse, series_error
from synapse_rx.layers.synapses import synapse_product
from tests.contracts.layer import Chain
from tests.scratches import central_differences, peak_allocation

X = np.array([[0.2, 0.5, 0.3]])
W = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])
"""The paper's order: a row for each output."""


def logit(p: Any) -> Any:
    return np.log(p) - np.log1p(-np.asarray(p))


def placed(layer: Synapse, w: Any, in_shape: Any, n: int, **options: Any) -> Chain:
    """Return a chain whose weights W (outputs, inputs) are those given, with gains of 1."""
    chain = Chain(layer, in_shape, n, **options)
    transposed = np.ascontiguousarray(np.asarray(w).T)
    parameters = logit(transposed) if layer.weights == "sigmoid" else transposed
    chain.theta[: parameters.size] = parameters.ravel()
    chain.theta[parameters.size :] = 0
    return chain


def product(x: Any, w: Any, e: Any = None) -> Any:
    """Return the synapses' outputs as the definition says them."""
    e = x if e is None else e
    return np.array([e[b] * np.prod(1 - w * x[b], axis=1) for b in range(len(x))])


@pytest.mark.parametrize("weights", ["sigmoid", "clip"])
def test_the_golden_example(weights: str) -> None:
    chain = placed(Synapse(weights), W, (3,), 1)

    y = chain.forward(X).copy()
    dx = chain.backward(np.ones((1, 3))).copy()

    np.testing.assert_allclose(y, [[0.160524, 0.282900, 0.113004]], atol=5e-7)
    np.testing.assert_allclose(dx, [[0.57126, 0.190856, -0.02256]], atol=5e-6)
    dw = chain.grad.reshape(3, 3).T / (W * (1 - W) if weights == "sigmoid" else 1)
    expected = [[-0.03276, -0.08918, -0.05292], [-0.0615, -0.1886, -0.1035], [-0.02628, -0.09417, -0.04644]]
    np.testing.assert_allclose(dw, expected, atol=5e-6)


@given(n=st.integers(1, 6), inputs=st.integers(1, 9), outputs=st.integers(1, 9), seed=st.integers(0, 99))
def test_outputs_are_products_whatever_the_sizes(n: int, inputs: int, outputs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    e, x, w = rng.random((n, outputs)), rng.random((n, inputs)), rng.uniform(0.01, 0.99, (outputs, inputs))

    y = placed(Synapse(), w, ((outputs,), (inputs,)), n).forward((e, x))

    np.testing.assert_allclose(y, product(x, w, e), rtol=1e-12)


def test_a_sample_does_not_depend_on_its_batch(rng: np.random.Generator) -> None:
    x, w = rng.random((7, 5)), rng.uniform(0.01, 0.9, (5, 5))

    whole = placed(Synapse(), w, (5,), 7).forward(x)

    for row in range(7):
        alone = placed(Synapse(), w, (5,), 1).forward(x[row : row + 1])
        np.testing.assert_allclose(alone[0], whole[row], rtol=1e-12)


@pytest.mark.parametrize("block", [1, 7, 40, 1000])
def test_the_size_of_blocks_changes_nothing(
    block: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    e, x, w = rng.random((5, 4)), rng.random((5, 6)), rng.uniform(0.01, 0.9, (4, 6))
    dy, results = rng.standard_normal((5, 4)), []
    for size in (synapse_product.BLOCK, block):
        monkeypatch.setattr(synapse_product, "BLOCK", size)
        chain = placed(Synapse(), w, ((4,), (6,)), 5)
        results.append((chain.forward((e, x)), *chain.backward(dy), chain.grad))

    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_inputs_of_0_pass_with_their_gradient() -> None:
    chain = placed(Synapse(), W, (3,), 1)
    x, dy = np.array([[0.0, 0.5, 0.0]]), np.array([[1.0, -2.0, 0.5]])

    y = chain.forward(x).copy()
    dx = chain.backward(dy)

    def loss(x: Any) -> float:
        return float((dy * product(x, W)).sum())

    np.testing.assert_allclose(y, product(x, W), rtol=1e-12)
    np.testing.assert_allclose(dx, central_differences(loss, x), rtol=1e-6, atol=1e-9)


def test_a_factor_below_the_margin_counts_as_the_margin_and_does_not_move() -> None:
    chain = placed(Synapse("clip", margin=0.25), [[0.5]], (1,), 3)
    x = np.array([[1.0], [1.9], [4.0]])

    y = chain.forward(x).copy()
    dx = chain.backward(np.ones((3, 1)))

    np.testing.assert_allclose(y, [[0.5], [1.9 * 0.25], [1.0]])
    np.testing.assert_allclose(dx, [[0.5 - 0.5], [0.25], [0.25]], atol=1e-12)
    np.testing.assert_allclose(chain.grad, [-1.0], atol=1e-12)


def test_many_factors_underflow_but_not_their_logarithm() -> None:
    x, w = np.full((1, 600), 0.9), np.full((600, 600), 0.9)
    plain, logs = (
        placed(Synapse(logarithmic=logarithmic), w, (600,), 1).forward(x) for logarithmic in (False, True)
    )

    np.testing.assert_array_equal(plain, 0)
    np.testing.assert_allclose(logs, np.log(0.9) + 600 * np.log1p(-0.81), rtol=1e-12)


def test_the_logarithmic_output_is_the_logarithm_of_the_other(rng: np.random.Generator) -> None:
    x, w = rng.random((5, 4)), rng.uniform(0.01, 0.9, (4, 4))

    logs = placed(Synapse(logarithmic=True), w, (4,), 5).forward(x)

    np.testing.assert_allclose(np.exp(logs), product(x, w), rtol=1e-12)


def test_the_logarithm_of_an_input_of_0_is_finite() -> None:
    chain = placed(Synapse(logarithmic=True), W, (3,), 1)

    y, dx = chain.forward(np.zeros((1, 3))).copy(), chain.backward(np.ones((1, 3)))

    np.testing.assert_allclose(y, np.log(np.finfo(float).tiny))
    assert np.isfinite(dx).all()


def test_gains_multiply() -> None:
    chain = placed(Synapse(gain=True), W, (3,), 1)
    chain.theta[9:] = np.log([2, 0.5, 3])

    np.testing.assert_allclose(chain.forward(X), product(X, W) * [2, 0.5, 3], rtol=1e-12)


@pytest.mark.parametrize("weights", ["sigmoid", "clip"])
def test_without_a_diagonal_no_input_inhibits_itself(weights: str) -> None:
    chain = placed(Synapse(weights, zero_diagonal=True), W, (3,), 1)
    hollow = W * (1 - np.eye(3))

    y = chain.forward(X).copy()
    chain.backward(np.ones((1, 3)))

    np.testing.assert_allclose(y, product(X, hollow), rtol=1e-12)
    np.testing.assert_array_equal(np.diag(chain.grad.reshape(3, 3)), 0)


def test_clipped_weights_are_held_and_led_back() -> None:
    chain = Chain(Synapse("clip", margin=0.1), (2,), 1)
    chain.theta[...] = [-0.5, 2.0, 1.5, 0.25]
    x = np.array([[0.5, 0.5]])

    y = chain.forward(x).copy()
    chain.backward(np.array([[1.0, 1.0]]))
    down = chain.grad.copy()
    chain.forward(x)
    chain.backward(np.array([[-1.0, -1.0]]))

    np.testing.assert_allclose(y, product(x, np.array([[0, 0.9], [0.9, 0.25]])))
    # More weight is less output: where that is wanted, the negative weight is led back; else those above 0.9 are.
    assert (down < 0).tolist() == [True, False, False, True]
    assert (chain.grad > 0).tolist() == [False, True, True, True]
    np.testing.assert_array_equal(down[1:3], 0)
    assert chain.grad[0] == 0


@given(
    seed=st.integers(0, 10_000), terms=st.integers(1, 6), n=st.integers(1, 40), scale=st.floats(0.01, 0.95)
)
def test_the_series_is_within_its_error_bound(seed: int, terms: int, n: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    x, w = scale * rng.random((3, n)), rng.uniform(0.001, 0.999, (n, n))
    exact, series = (
        placed(Synapse(series=k, logarithmic=True), w, (n,), 3).forward(x).copy() for k in (None, terms)
    )

    bound = series_error(x, w.T, terms)

    assert (np.abs(exact - series) <= bound * (1 + 1e-9) + 1e-12).all()
    assert (exact <= series + 1e-12).all()  # what is left out is negative


def test_the_bound_is_infinite_where_the_series_diverges() -> None:
    bound = series_error([[2.0, 0.5]], [[0.5, 0.25], [0.25, 0.25]], 3)

    assert bound[0, 0] == np.inf
    np.testing.assert_allclose(bound[0, 1], (0.5**4 + 0.125**4) / (4 * 0.5))


@pytest.mark.parametrize(("n", "errors"), [(64, [0.066, 0.013, 0.0029, 7.2e-4, 1.9e-4])])
def test_the_series_of_a_softmax_is_as_good_as_measured_before(n: int, errors: list[float]) -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((100, n))
    x = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    w = rng.uniform(0.001, 1, (n, n)) * 0.999
    exact = placed(Synapse(logarithmic=True), w, (n,), 100).forward(x).copy()

    for terms, error in enumerate(errors, 1):
        series = placed(Synapse(logarithmic=True, series=terms), w, (n,), 100).forward(x)
        assert np.abs(series - exact).max() < 3 * error


def test_memory_is_bounded_whatever_the_batch() -> None:
    chain = Chain(Synapse(), (200,), 400, dtype=np.float32)
    x, dy = np.full((400, 200), 0.5, np.float32), np.ones((400, 200), np.float32)

    def passes() -> None:
        chain.forward(x)
        chain.backward(dy)

    assert peak_allocation(passes) < x.nbytes
    assert sum(buffers.nbytes for buffers in chain.buffers) < 400 * 200 * 200 * 4 / 10


def test_weights_start_small() -> None:
    layer = sx.neural_net([sx.Input(30), Synapse(), sx.Dense(2)]).value
    w = 1 / (1 + np.exp(-layer.params["0.V"]))

    assert 0 < w.min() < w.max() < 0.0101
    assert Synapse("clip").specs((3,))[0].initializer == Uniform(0, 0.01)


def test_penalties_leave_logits_alone_but_not_weights() -> None:
    assert not Synapse().specs((3,))[0].regularized
    assert Synapse("clip").specs((3,))[0].regularized


def test_its_initializer_draws_the_parameters() -> None:
    assert Synapse(initializer=LogitUniform(0.1, 0.2)).specs((3,))[0].initializer == LogitUniform(0.1, 0.2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "tanh"}, "weights of synapse must be 'sigmoid' or 'clip', not 'tanh'"),
        ({"gain": 1}, "gain of synapse must be True or False, not 1"),
        ({"series": 0}, "series of synapse must be a whole number >= 1 or None, not 0"),
        ({"series": 2.5}, "series of synapse must be a whole number >= 1 or None, not 2.5"),
        ({"margin": 1}, "margin of synapse must be a number in [0, 1), not 1.0"),
        ({"logarithmic": "yes"}, "logarithmic of synapse must be True or False, not 'yes'"),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        Synapse(**options)

    assert str(caught.value) == message


def test_three_inputs_are_too_many() -> None:
    with pytest.raises(ShapeError, match="an excitatory and an inhibitory one, but 3 values"):
        Synapse().out_shape(((2,), (2,), (2,)))


def test_there_is_no_diagonal_between_different_numbers_of_inputs() -> None:
    with pytest.raises(ShapeError, match="as many excitatory inputs as inhibitory ones, not 2 and 3"):
        Synapse(zero_diagonal=True).out_shape(((2,), (3,)))


def test_a_network_with_synapses_learns() -> None:
    layers = [sx.Input(64), sx.Dense(40), sx.BatchNorm(), sx.Activation("sigmoid"), Synapse()]
    net = sx.neural_net([*layers, sx.Dense(10, "softmax")], sx.training("adam", learning_rate=0.01))

    snapshot = sx.deref(sx.train(net, sx.load_training_set("digits"), 8))

    assert sx.evaluate(snapshot, sx.load_test_set("digits")).accuracy > 0.9
    start = sx.fresh_params(snapshot.arch, snapshot.training.seed)
    assert (snapshot.params["3.V"] != start["3.V"]).mean() > 0.9


@pytest.mark.peer("torch")
@pytest.mark.parametrize("logarithmic", [False, True])
def test_pytorch_differentiates_the_formula_to_the_same_numbers(
    logarithmic: bool, rng: np.random.Generator
) -> None:
    torch = pytest.importorskip("torch")
    e, x, dy = rng.random((6, 4)), rng.random((6, 5)), rng.standard_normal((6, 4))
    chain = Chain(Synapse(gain=True, logarithmic=logarithmic), ((4,), (5,)), 6)
    chain.theta[...] = rng.standard_normal(24)

    y = chain.forward((e, x)).copy()
    de, dx = chain.backward(dy)

    parts = [torch.tensor(part, requires_grad=True) for part in (e, x, chain.theta[:20], chain.theta[20:])]
    logs = torch.log1p(-parts[1][:, :, None] * torch.sigmoid(parts[2].reshape(5, 4))).sum(1) + parts[3]
    expected = torch.log(parts[0]) + logs if logarithmic else parts[0] * torch.exp(logs)
    expected.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=1e-8)
    for ours, theirs in zip((de, dx, chain.grad[:20], chain.grad[20:]), parts, strict=True):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-8, atol=1e-10)
