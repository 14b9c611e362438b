"""
The contract that every layer keeps.

    @pytest.mark.parametrize(("layer", "in_shape"), [(Mine(3), (4,)), (Mine(1), (2, 3))], ids=str)
    class TestMine(LayerContract): ...

Examples for members of the family go into `tests/layers/test_every_layer.py`, which asks for one of each.
"""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import attrs
import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import NumpyBackend
from synapse_rx.layers import Layer
from synapse_rx.params import Layout
from synapse_rx.scratch import Buffers, Scratch
from synapse_rx.typing import Shape
from tests.scratches import central_differences, peak_allocation

N = 4


class Chain:
    """
    A layer's primitives with their parameters and memory, run one behind the other.
    """

    def __init__(
        self,
        layer: Layer,
        in_shape: Shape,
        n: int = N,
        *,
        capacity: int = 0,
        dtype: Any = np.float64,
        **options: Any,
    ) -> None:
        backend, self.primitives = NumpyBackend(), layer.expand()
        specs = layer.specs(in_shape)
        layout = Layout.of({(): specs})
        rng = np.random.default_rng(3)
        drawn = [spec.initializer.draw(rng, spec.shape, spec.fan_in, spec.fan_out) for spec in specs]
        self.theta = np.concatenate([np.empty(0), *(0.1 + array.ravel() for array in drawn)]).astype(dtype)
        self.grad = np.full_like(self.theta, 7)
        self.buffers = [Buffers(backend, capacity or n, np.dtype(dtype)) for _ in self.primitives]
        self.scratches = [
            Scratch(
                backend,
                buffers,
                n,
                params=layout.views(self.theta) if primitive.specs(in_shape) else {},
                grads=layout.views(self.grad) if primitive.specs(in_shape) else {},
                rng=np.random.default_rng(4),
                **options,
            )
            for primitive, buffers in zip(self.primitives, self.buffers, strict=True)
        ]

    def forward(self, x: Any) -> Any:
        self.passed = [x]
        for primitive, s in zip(self.primitives, self.scratches, strict=True):
            self.passed.append(primitive.forward(self.passed[-1], s))
        return self.passed[-1]

    def backward(self, dy: Any) -> Any:
        for k in reversed(range(len(self.primitives))):
            dy = self.primitives[k].backward(self.passed[k], self.passed[k + 1], dy, self.scratches[k])
        return dy


def samples(in_shape: Shape, n: int = N, dtype: Any = np.float64, seed: int = 1) -> Any:
    """Return random numbers of both signs that keep away from kinks at 0."""
    x = np.random.default_rng(seed).standard_normal((n, *in_shape))
    return (x + 0.01 * np.sign(x)).astype(dtype)


class LayerContract:
    """What holds for every layer; tests take the parameters ``layer`` and ``in_shape``."""

    def test_it_is_a_frozen_value(self, layer: Layer, in_shape: Shape) -> None:
        twin = pickle.loads(pickle.dumps(layer))

        assert twin == layer == copy.deepcopy(layer)
        assert hash(twin) == hash(layer)
        assert not hasattr(layer, "__dict__")
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            layer.units = 3  # type: ignore[attr-defined]

    def test_it_survives_the_way_to_plain_data_and_back(self, layer: Layer, in_shape: Shape) -> None:
        data = json.loads(json.dumps(sx.to_data(layer)))

        assert sx.from_data(Layer, data) == layer

    def test_it_stands_for_primitives_with_its_parameters(self, layer: Layer, in_shape: Shape) -> None:
        primitives = layer.expand()
        shapes = [spec.shape for primitive in primitives for spec in primitive.specs(in_shape)]

        assert all(primitive.expand() == (primitive,) for primitive in primitives)
        assert shapes == [spec.shape for spec in layer.specs(in_shape)]

    def test_outputs_have_the_shape_it_says(self, layer: Layer, in_shape: Shape) -> None:
        y = Chain(layer, in_shape).forward(samples(in_shape))

        assert y.shape == (N, *layer.out_shape(in_shape))

    @pytest.mark.parametrize("n", [1, N])
    def test_gradients_are_those_of_central_differences(self, layer: Layer, in_shape: Shape, n: int) -> None:
        chain, x = Chain(layer, in_shape, n), samples(in_shape, n)
        dy = samples(layer.out_shape(in_shape), n, seed=2)
        chain.forward(x)
        dx, grad = chain.backward(dy).copy(), chain.grad.copy()

        def loss(x: Any, theta: Any) -> float:
            other = Chain(layer, in_shape, n)
            other.theta[...] = theta
            return float(np.sum(dy * other.forward(x)))

        wanted_dx = central_differences(lambda x: loss(x, chain.theta), x)
        wanted_grad = central_differences(lambda theta: loss(x, theta), chain.theta)
        np.testing.assert_allclose(dx, wanted_dx, rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(grad, wanted_grad, rtol=1e-5, atol=1e-9)

    def test_no_gradient_of_the_input_is_given_where_none_is_wanted(
        self, layer: Layer, in_shape: Shape
    ) -> None:
        both, chain, x = Chain(layer, in_shape), Chain(layer, in_shape), samples(in_shape)
        chain.scratches[0].needs_dx = False
        dy = samples(layer.out_shape(in_shape), seed=2)
        for each in (both, chain):
            each.forward(x)

        assert both.backward(dy) is not None
        assert chain.backward(dy) is None
        np.testing.assert_array_equal(chain.grad, both.grad)

    def test_a_smaller_batch_gives_the_same_rows(self, layer: Layer, in_shape: Shape) -> None:
        x = samples(in_shape)

        y = Chain(layer, in_shape, 2, capacity=N, training=False).forward(x[:2])

        whole = Chain(layer, in_shape, training=False).forward(x)
        np.testing.assert_allclose(y, whole[:2], rtol=1e-13)

    def test_samples_and_parameters_are_left_alone(self, layer: Layer, in_shape: Shape) -> None:
        chain, x = Chain(layer, in_shape), samples(in_shape)
        theta = chain.theta.copy()

        chain.forward(x)
        chain.backward(samples(layer.out_shape(in_shape), seed=2))

        np.testing.assert_array_equal(x, samples(in_shape))
        np.testing.assert_array_equal(chain.theta, theta)

    def test_one_seed_gives_one_result(self, layer: Layer, in_shape: Shape) -> None:
        one, other = (Chain(layer, in_shape).forward(samples(in_shape)) for _ in range(2))

        np.testing.assert_array_equal(one, other)

    def test_asking_twice_gives_one_answer(self, layer: Layer, in_shape: Shape) -> None:
        chain = Chain(layer, in_shape, training=False)

        one = chain.forward(samples(in_shape)).copy()

        np.testing.assert_array_equal(chain.forward(samples(in_shape)), one)

    def test_float32_stays_float32_and_agrees_with_float64(self, layer: Layer, in_shape: Shape) -> None:
        results = []
        for dtype in (np.float32, np.float64):
            chain = Chain(layer, in_shape, dtype=dtype)
            y = chain.forward(samples(in_shape, dtype=dtype))
            dx = chain.backward(samples(layer.out_shape(in_shape), dtype=dtype, seed=2))
            results.append((y, dx, chain.grad))
            kept = [array.dtype for buffers in chain.buffers for array in buffers._arrays.values()]
            assert not {np.float32, np.float64} - {dtype} & set(kept)
            assert y.dtype == dx.dtype == dtype

        for single, double in zip(*results, strict=True):
            np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-5)

    def test_nothing_is_allocated_after_the_first_pass(self, layer: Layer, in_shape: Shape) -> None:
        n = max(2, 300_000 // int(np.prod(in_shape)))
        chain, x = Chain(layer, in_shape, n, dtype=np.float32), samples(in_shape, n, np.float32)
        dy = samples(layer.out_shape(in_shape), n, np.float32, seed=2)

        def passes() -> None:
            chain.forward(x)
            chain.backward(dy)

        assert peak_allocation(passes) < x.nbytes / 8
