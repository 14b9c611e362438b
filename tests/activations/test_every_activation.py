"""The contract that every activation keeps; a new one is covered by its export line alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.activations import (
    ELU,
    GELU,
    Activation,
    ClippedReLU,
    LeakyReLU,
    LogSoftmax,
    Softmax,
    Swish,
)
from synapse_rx.initializers import Initializer
from tests.scratches import central_differences, peak_allocation, quiet, scratch

VARIANTS = [
    LeakyReLU(0.2),
    LeakyReLU(0),
    LeakyReLU(1),
    ELU(0.5),
    ELU(2),
    GELU(approximate=True),
    Swish(2.5),
    ClippedReLU(1.5),
    Softmax(axis=0),
    LogSoftmax(axis=0),
]
EVERY = [*(member() for member in Activation.members() if member.function_field is None), *VARIANTS]
SMOOTH = [f for f in EVERY if f.differentiable and f.exact]
CERTAIN = [f for f in EVERY if not f.stochastic]


def forward(f: Activation, z: Any, s: Any = None) -> Any:
    y = np.full_like(z, 7)
    with quiet():
        f.forward(z, y, s or scratch(len(z), z.dtype))
    return y


def backward(f: Activation, z: Any, dy: Any, s: Any = None) -> Any:
    s = s or scratch(len(z), z.dtype)
    y, dz = forward(f, z, s), np.full_like(z, 7)
    with quiet():
        f.backward(z, y, dy, dz, s)
    return dz


def logits(rng: np.random.Generator, *shape: int) -> Any:
    """
    Return random numbers of both signs that keep away from the kink at 0.
    """
    z = 3 * rng.standard_normal(shape)
    return z + 0.01 * np.sign(z)


@pytest.mark.parametrize("f", SMOOTH, ids=str)
class TestEveryDifferentiableActivation:
    @pytest.mark.parametrize("shape", [(4, 3), (3, 1), (2, 3, 4), (2, 2, 1, 3)], ids=str)
    def test_the_gradient_is_that_of_central_differences(
        self, f: Activation, shape: tuple[int, ...], rng: np.random.Generator
    ) -> None:
        z, dy = logits(rng, *shape), rng.standard_normal(shape)

        expected = central_differences(lambda x: float(np.sum(dy * forward(f, x))), z)

        np.testing.assert_allclose(backward(f, z, dy), expected, rtol=1e-5, atol=1e-9)

    def test_the_backward_pass_depends_on_its_arguments_only(
        self, f: Activation, rng: np.random.Generator
    ) -> None:
        z, dy, s = logits(rng, 4, 3), rng.standard_normal((4, 3)), scratch(4)
        y, dz = forward(f, z, s), np.empty_like(z)
        forward(f, logits(rng, 4, 3), s)

        f.backward(z, y, dy, dz, s)

        np.testing.assert_array_equal(dz, backward(f, z, dy))

    def test_the_backward_pass_leaves_its_inputs_alone(self, f: Activation, rng: np.random.Generator) -> None:
        z, dy = logits(rng, 4, 3), rng.standard_normal((4, 3))
        y, dz, s = forward(f, z), np.empty_like(z), scratch(4)
        before = z.copy(), y.copy(), dy.copy()

        f.backward(z, y, dy, dz, s)

        for array, was in zip((z, y, dy), before, strict=True):
            np.testing.assert_array_equal(array, was)

    def test_the_gradient_is_finite_at_extreme_logits(self, f: Activation) -> None:
        z = np.array([[1000.0, -1000.0, 0.0], [88.8, -88.8, 1e-30], [1e4, -1e4, 710]])

        for dtype in (np.float32, np.float64):
            assert np.isfinite(backward(f, z.astype(dtype), np.ones((3, 3), dtype))).all()

    def test_a_gradient_that_is_nan_stays_nan(self, f: Activation) -> None:
        z = np.array([[0.5, -0.5, 1.0]])

        assert np.isnan(backward(f, z, np.full((1, 3), np.nan))).all()


@pytest.mark.parametrize("f", EVERY, ids=str)
class TestEveryActivation:
    def test_outputs_lie_in_the_range(self, f: Activation, rng: np.random.Generator) -> None:
        low, high = f.range

        y = forward(f, 10 * rng.standard_normal((50, 4)))

        assert low <= y.min()
        assert y.max() <= high

    def test_float32_stays_float32_and_agrees_with_float64(
        self, f: Activation, rng: np.random.Generator
    ) -> None:
        z, dy = logits(rng, 20, 5), rng.standard_normal((20, 5))
        z32, dy32, s = z.astype(np.float32), dy.astype(np.float32), scratch(20, np.float32)

        y32 = forward(f, z32, s)
        dz32 = backward(f, z32, dy32, s) if f.differentiable else y32

        assert all(array.dtype == np.float32 for array in s._buffers._arrays.values())
        if not f.stochastic:
            np.testing.assert_allclose(y32, forward(f, z), rtol=3e-6, atol=3e-7)
        if f.differentiable:
            np.testing.assert_allclose(dz32, backward(f, z, dy), rtol=1e-5, atol=5e-6)

    def test_nothing_is_allocated_after_the_first_pass(self, f: Activation) -> None:
        z = np.linspace(-3, 3, 4096 * 64, dtype=np.float32).reshape(4096, 64)
        s, y, dy, dz = scratch(4096, np.float32), np.empty_like(z), np.ones_like(z), np.empty_like(z)

        def both() -> None:
            f.forward(z, y, s)
            if f.differentiable:
                f.backward(z, y, dy, dz, s)

        assert peak_allocation(both) < z.nbytes / 8

    def test_the_forward_pass_leaves_the_logits_alone(self, f: Activation, rng: np.random.Generator) -> None:
        z = logits(rng, 4, 3)
        before = z.copy()

        forward(f, z)

        np.testing.assert_array_equal(z, before)

    def test_nan_stays_nan(self, f: Activation) -> None:
        z = np.array([[np.nan, 1.0, -1.0], [0.0, 1.0, 2.0]])
        expected = np.zeros((2, 3), bool)
        expected[0, :] = isinstance(f, Softmax | LogSoftmax)
        expected[0, 0] = True

        np.testing.assert_array_equal(np.isnan(forward(f, z)), expected)

    def test_outputs_are_finite_at_extreme_logits(self, f: Activation) -> None:
        z = np.array([[1000.0, -1000.0, 0.0], [88.8, -88.8, 1e-30], [1e4, -1e4, 710]])

        for dtype in (np.float32, np.float64):
            assert np.isfinite(forward(f, z.astype(dtype))).all()

    def test_one_seed_gives_one_output(self, f: Activation, rng: np.random.Generator) -> None:
        z = logits(rng, 30, 4)

        np.testing.assert_array_equal(forward(f, z, scratch(30, seed=3)), forward(f, z, scratch(30, seed=3)))

    def test_its_initializer_exists(self, f: Activation) -> None:
        assert Initializer.of(f.initializer).draw(np.random.default_rng(0), (2, 3), 2, 3).shape == (2, 3)

    def test_it_survives_the_way_to_plain_data_and_back(self, f: Activation) -> None:
        assert Activation.of(f.to_data()) == f


@pytest.mark.parametrize("f", CERTAIN, ids=str)
def test_a_smaller_batch_gives_the_same_rows(f: Activation, rng: np.random.Generator) -> None:
    z = logits(rng, 9, 4)

    y5 = forward(f, z[:5], scratch(5, capacity=9))

    np.testing.assert_allclose(y5, forward(f, z)[:5], rtol=1e-14)


@pytest.mark.parametrize("f", [f for f in EVERY if not f.differentiable], ids=str)
def test_what_has_no_gradient_refuses_to_give_one(f: Activation) -> None:
    z = np.ones((1, 1))

    with pytest.raises(AssertionError, match="has no gradient"):
        f.backward(z, z, z, z, scratch(1))


def test_names_and_aliases_are_unique() -> None:
    names = [name for member in Activation.members() for name in (member.kind, *member.aliases)]

    assert len(names) == len(set(names))


def test_the_kinds_are_those_promised() -> None:
    kinds = {member.kind for member in Activation.members()}

    assert kinds >= {
        "linear", "binary_threshold", "bipolar_threshold", "sigmoid", "tanh", "binary_stochastic",
        "binary_probability", "softmax", "relu", "leaky_relu", "elu", "gelu", "softplus", "swish",
        "clipped_relu", "hard_swish", "log_softmax", "mish", "selu",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("identity", "linear"),
        ("logistic", "sigmoid"),
        ("hyperbolic-tangent", "tanh"),
        ("binary-prob", "binary_probability"),
        ("binary-stochastic", "binary_stochastic"),
        ("SiLU", "swish"),
        ("relu6", "clipped_relu"),
        ("log-softmax", "log_softmax"),
        ("hard swish", "hard_swish"),
    ],
)
def test_other_names_are_understood(name: str, kind: str) -> None:
    assert Activation.of(name).kind == kind
