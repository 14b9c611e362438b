"""What recurrent layers have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import OptionError, ShapeError
from synapse_rx.layers import GRU, LSTM, RNN
from tests.contracts.layer import Chain, samples
from tests.scratches import central_differences

KINDS = [RNN, LSTM, GRU]
SHAPE = (6, 3)
WITH_LENGTHS = (SHAPE, (1,))
LENGTHS = np.array([[6.0], [2.0], [0.0], [5.0]])

each_kind = pytest.mark.parametrize("kind", KINDS)
both_returns = pytest.mark.parametrize("returns", ["last", "sequence"])


@each_kind
@both_returns
@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_stands_behind_the_end_changes_nothing(kind: Any, returns: str, bidirectional: bool) -> None:
    layer = kind(2, returns=returns, bidirectional=bidirectional, layers=2)
    results = []
    for rubbish in (0.0, 7.0, np.nan):
        chain, x = Chain(layer, WITH_LENGTHS), samples(SHAPE)
        x[np.arange(6) >= LENGTHS] = rubbish
        y = chain.forward((x, LENGTHS)).copy()
        dx, dlengths = chain.backward(samples(layer.out_shape(WITH_LENGTHS), seed=2))
        results.append((y, dx.copy(), chain.grad))

    for other in results[1:]:
        for one, another in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(one, another)
    assert not dlengths.any()


@each_kind
def test_outputs_and_gradients_behind_the_end_are_zeros(kind: Any) -> None:
    layer = kind(2, returns="sequence", bidirectional=True)
    chain = Chain(layer, WITH_LENGTHS)

    y = chain.forward((samples(SHAPE), LENGTHS))
    dx, _ = chain.backward(samples((6, 4), seed=2))

    behind = np.arange(6) >= LENGTHS
    assert not y[behind].any() and not dx[behind].any()
    assert y[~behind].all() and dx[~behind].all()


@each_kind
@both_returns
def test_a_cut_sample_gives_what_its_steps_alone_give(kind: Any, returns: str) -> None:
    chain = Chain(kind(2, returns=returns, layers=2, bidirectional=True), WITH_LENGTHS)
    y = chain.forward((samples(SHAPE), LENGTHS)).copy()

    alone = Chain(kind(2, returns=returns, layers=2, bidirectional=True), (2, 3), 1)
    wanted = alone.forward(samples(SHAPE)[1:2, :2])

    np.testing.assert_allclose(y[1, :2] if returns == "sequence" else y[1], wanted[0], rtol=1e-12)


@each_kind
@both_returns
def test_padding_is_found_by_its_value(kind: Any, returns: str) -> None:
    x, dy = samples(SHAPE), samples(kind(2, returns=returns).out_shape(SHAPE), seed=2)
    x[np.arange(6) >= LENGTHS] = -1.5
    x[0, 2] = -1.5  # with steps that count behind it, so it counts itself
    x[3, 4, :2] = -1.5  # not in every feature
    padded, told = (
        Chain(kind(2, returns=returns, padding=-1.5), SHAPE),
        Chain(kind(2, returns=returns), WITH_LENGTHS),
    )

    np.testing.assert_array_equal(padded.forward(x), told.forward((x, LENGTHS)))
    np.testing.assert_array_equal(padded.backward(dy), told.backward(dy)[0])
    np.testing.assert_array_equal(padded.grad, told.grad)


@pytest.mark.parametrize("length", [-1.0, 0.0, np.nan])
def test_a_sample_without_steps_gives_zeros(length: float) -> None:
    lengths = np.full((4, 1), length)

    y = Chain(LSTM(2, bidirectional=True), WITH_LENGTHS).forward((samples(SHAPE), lengths))

    assert not y.any()


def test_lengths_beyond_the_end_mean_all_steps() -> None:
    x = samples(SHAPE)

    y = Chain(GRU(2), WITH_LENGTHS).forward((x, np.full((4, 1), 99.0)))

    np.testing.assert_array_equal(y, Chain(GRU(2), SHAPE).forward(x))


@each_kind
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("training", [True, False])
def test_a_carried_state_joins_parts_of_a_sequence(kind: Any, layers: int, training: bool) -> None:
    x = samples((8, 3))
    whole = Chain(kind(2, returns="sequence", layers=layers), (8, 3)).forward(x)
    parts = Chain(kind(2, returns="sequence", layers=layers, carry=True), (4, 3), training=training)

    halves = [parts.forward(half).copy() for half in (x[:, :4], x[:, 4:])]

    np.testing.assert_allclose(np.concatenate(halves, axis=1), whole, rtol=1e-12)


@each_kind
def test_states_are_carried_from_the_last_step_that_counts(kind: Any) -> None:
    x, more = samples(SHAPE), samples((6, 3), seed=9)
    chain = Chain(kind(2, carry=True), WITH_LENGTHS)
    chain.forward((x, LENGTHS))
    y = chain.forward((more, np.full((4, 1), 6.0)))

    for sample, length in enumerate(LENGTHS[:, 0].astype(int)):
        joined = np.concatenate([x[sample, :length], more[sample]])[None]
        wanted = Chain(kind(2), joined.shape[1:], 1).forward(joined)
        np.testing.assert_allclose(y[sample], wanted[0], rtol=1e-12)


def test_what_is_carried_is_part_of_the_state_of_training() -> None:
    chain = Chain(LSTM(2, carry=True, layers=2), SHAPE)
    chain.forward(samples(SHAPE))

    states = chain.buffers[0].states

    assert {state.shape for state in states.values()} == {(4, 2)}
    assert len(states) == 4 and all(state.any() for state in states.values())


@each_kind
def test_a_carried_state_is_given_as_far_as_gradients_go(kind: Any) -> None:
    x, dy = samples(SHAPE), samples((2,), seed=2)

    def run(theta: Any = None) -> Chain:
        chain = Chain(kind(2, carry=True), SHAPE)
        chain.forward(x)  # so that there is a state
        for state in chain.buffers[0].states.values():
            state.fill(0.7)
        if theta is not None:
            chain.theta[...] = theta
        chain.forward(x)
        return chain

    chain = run()
    chain.backward(dy)

    wanted = central_differences(lambda theta: float(np.sum(dy * run(theta).run.inputs[-1])), chain.theta)
    np.testing.assert_allclose(chain.grad, wanted, rtol=1e-5, atol=1e-8)


@each_kind
def test_the_reverse_direction_reads_what_is_turned_round(kind: Any) -> None:
    x = samples(SHAPE)
    both = Chain(kind(2, bidirectional=True, returns="sequence"), SHAPE)
    one = Chain(kind(2, returns="sequence"), SHAPE)
    for name, value in one.row.nodes[0].params.items():
        value[...] = np.split(both.row.nodes[0].params[name], 2, axis=-1)[1]

    reverse = both.forward(x)[:, :, 2:]

    np.testing.assert_allclose(reverse, one.forward(x[:, ::-1])[:, ::-1], rtol=1e-12)


def test_the_gradient_of_the_reverse_direction_is_cut_from_its_own_start() -> None:
    layer = RNN(2, bidirectional=True, truncate=2)
    chain = Chain(layer, (5, 3))
    chain.forward(samples((5, 3)))

    forwards = chain.backward(np.repeat([[1.0, 1, 0, 0]], 4, axis=0)).copy()
    chain.forward(samples((5, 3)))
    backwards = chain.backward(np.repeat([[0.0, 0, 1, 1]], 4, axis=0))

    assert [bool(step.any()) for step in forwards.transpose(1, 0, 2)] == [False] * 4 + [True]
    assert [bool(step.any()) for step in backwards.transpose(1, 0, 2)] == [True] + [False] * 4


@each_kind
def test_dropout_acts_between_stacked_layers_in_training_alone(kind: Any) -> None:
    x, layer = samples(SHAPE), kind(2, layers=3, dropout=0.5)
    plain = Chain(kind(2, layers=3), SHAPE).forward(x)

    np.testing.assert_array_equal(Chain(layer, SHAPE, training=False).forward(x), plain)
    np.testing.assert_array_equal(Chain(layer, SHAPE, frozen=True).forward(x), plain)
    assert not np.allclose(Chain(layer, SHAPE).forward(x), plain)


@each_kind
def test_gradients_go_through_the_same_dropout(kind: Any) -> None:
    layer, x, dy = kind(2, layers=2, dropout=0.5, returns="sequence"), samples(SHAPE), samples((6, 2), seed=2)
    chain = Chain(layer, SHAPE)
    chain.forward(x)
    dx, step = chain.backward(dy), samples(SHAPE, seed=3)

    def loss(size: float) -> float:
        return float(np.sum(dy * Chain(layer, SHAPE).forward(x + size * step)))

    wanted = (loss(1e-6) - loss(-1e-6)) / 2e-6
    assert np.sum(dx * step) == pytest.approx(wanted, rel=1e-6)


def test_parameters_are_gathered_by_direction_gate_and_unit() -> None:
    layer = LSTM(4, layers=2, bidirectional=True, peepholes=True)

    shapes = {spec.name: spec.shape for spec in layer.specs(SHAPE)}

    assert shapes == {
        **{"W": (3, 32), "U": (4, 32), "b": (32,), "P": (24,)},
        **{"W1": (8, 32), "U1": (4, 32), "b1": (32,), "P1": (24,)},
    }


def test_only_a_gru_that_resets_after_the_product_has_a_bias_of_its_own() -> None:
    assert [spec.name for spec in GRU(2).specs(SHAPE)] == ["W", "U", "b", "c"]
    assert [spec.name for spec in GRU(2, reset="before").specs(SHAPE)] == ["W", "U", "b"]


def test_an_lstm_remembers_from_the_start() -> None:
    net = sx.neural_net([sx.Input(SHAPE), LSTM(2, bidirectional=True), sx.Dense(1)])

    np.testing.assert_array_equal(net.value.params[0]["b"], [0, 0, 1, 1, 0, 0, 0, 0] * 2)


def test_recurrent_weights_of_each_gate_are_orthogonal() -> None:
    net = sx.neural_net([sx.Input(SHAPE), GRU(4, bidirectional=True), sx.Dense(1)])

    for block in np.split(net.value.params[0]["U"].astype(float), 6, axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(4), atol=1e-5)


def test_multiplications_are_those_of_all_steps_gates_and_directions() -> None:
    assert LSTM(128).multiply_adds((28, 28)) == 28 * 4 * 128 * (28 + 128)
    assert GRU(4, layers=2, bidirectional=True).multiply_adds(SHAPE) == 6 * 2 * 3 * 4 * ((3 + 4) + (8 + 4))


@each_kind
@pytest.mark.parametrize("shape", [(3,), (2, 3, 4), (), ((6, 3), (2,)), ((6, 3), (1,), (1,)), ((6,), (1,))])
def test_samples_must_be_steps_of_features(kind: Any, shape: Any) -> None:
    with pytest.raises(ShapeError, match=r"takes samples \(steps, features\)"):
        kind(2).out_shape(shape)


def test_lengths_and_padding_contradict_each_other() -> None:
    with pytest.raises(ShapeError, match="which should it go by"):
        GRU(2, padding=0).out_shape(WITH_LENGTHS)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"units": 0}, "units of gru must be a whole number >= 1"),
        ({"layers": 0}, "layers of gru must be a whole number >= 1"),
        ({"returns": "all"}, "returns of gru must be 'last' or 'sequence', not 'all'"),
        ({"bidirectional": 1}, "bidirectional of gru must be True or False"),
        ({"truncate": 0}, "truncate of gru must be a whole number >= 1"),
        ({"padding": "x"}, "padding of gru must be a finite number"),
        ({"padding": float("nan")}, "padding of gru must be a finite number"),
        ({"layers": 2, "dropout": 1}, "dropout of gru must be a number in"),
        ({"dropout": 0.5}, "acts between stacked layers"),
        ({"carry": True, "bidirectional": True}, "a bidirectional layer would need the next"),
        ({"reset": "never"}, "reset of gru must be 'after' or 'before'"),
        ({"initializer": "glorott"}, "did you mean 'glorot'"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        GRU(**{"units": 2, **options})


def test_the_simple_one_needs_an_activation_with_a_gradient() -> None:
    with pytest.raises(OptionError, match="binary_threshold has none"):
        RNN(2, "binary_threshold")
