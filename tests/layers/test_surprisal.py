from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.layers import Synapse, surprisal
from tests.contracts.layer import Chain
from tests.layers.test_synapse import W, X, placed
from tests.scratches import central_differences

probabilities = st.floats(1e-12, 1 - 1e-12)
surprisals = st.floats(1e-9, 30)


@given(probabilities)
def test_the_diagram_commutes(x: float) -> None:
    through_probabilities = surprisal.information(1 - x)
    through_surprisals = surprisal.conjugate(surprisal.information(x))

    # The complement of a probability close to 1 has few digits left, and so has its logarithm.
    assert through_surprisals == pytest.approx(through_probabilities, rel=1e-9, abs=2e-16 / min(x, 1 - x))


@given(probabilities)
def test_probability_is_the_inverse_of_information(x: float) -> None:
    assert surprisal.probability(surprisal.information(x)) == pytest.approx(x, rel=1e-12)


@given(surprisals)
def test_the_conjugate_is_its_own_inverse(u: float) -> None:
    assert surprisal.conjugate(surprisal.conjugate(u)) == pytest.approx(u, rel=1e-9)


def test_the_conjugate_is_exact_at_both_ends() -> None:
    u = np.array([1e-300, 700.0])

    np.testing.assert_allclose(surprisal.conjugate(u), [-np.log(1e-300), np.exp(-700.0)], rtol=1e-14)


@given(st.floats(0.01, 20))
def test_bose_einstein_is_the_derivative_of_the_conjugate(gamma: float) -> None:
    numeric = central_differences(lambda g: float(surprisal.conjugate(g)), np.array(gamma), 1e-6 * gamma)

    assert surprisal.bose_einstein(gamma) == pytest.approx(float(numeric), rel=1e-6)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.1, 10))
def test_a_synapse_is_a_sum_of_surprisals(x: float, y: float, beta: float, alpha: float) -> None:
    information = surprisal.information

    through_probabilities = information(alpha * x * (1 - beta * y))

    through_surprisals = surprisal.synapse(information(x), information(y), information(beta), np.log(alpha))
    assert through_surprisals == pytest.approx(through_probabilities, rel=1e-9, abs=1e-12)


def test_the_layer_adds_up_surprisals() -> None:
    u, theta = surprisal.information(X[0]), surprisal.information(W)

    expected = u + surprisal.conjugate(u[None, :] + theta).sum(axis=1)

    y = placed(Synapse(), W, (3,), 1).forward(X)
    logs = placed(Synapse(logarithmic=True), W, (3,), 1).forward(X)
    np.testing.assert_allclose(surprisal.information(y[0]), expected, rtol=1e-12)
    np.testing.assert_allclose(-logs[0], expected, rtol=1e-12)


def test_the_gradient_of_the_layer_by_thresholds_is_bose_einstein(rng: np.random.Generator) -> None:
    # With theta = -ln W, dl/dW = dl/dtheta dtheta/dW, where d(-l)/dtheta = bose_einstein(u + theta).
    x, w = rng.uniform(0.1, 0.9, (1, 4)), rng.uniform(0.1, 0.9, (4, 4))
    chain: Chain = placed(Synapse("clip", logarithmic=True), w, (4,), 1)
    chain.forward(x)

    chain.backward(np.ones((1, 4)))

    gamma = surprisal.information(x) + surprisal.information(w)
    np.testing.assert_allclose(chain.grad.reshape(4, 4).T, surprisal.bose_einstein(gamma) / w, rtol=1e-10)
