"""
The contract that every layer keeps.

    @pytest.mark.parametrize(("layer", "in_shape"), [(Mine(3), (4,)), (Mine(1), (2, 3))], ids=str)
    class TestMine(LayerContract): ...

Examples for members of the family go into `tests/layers/examples`; `tests/layers/test_every_layer.py` asks for one of
each. Layers that take whole numbers or the like override `inputs`.
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
from synapse_rx.backends import Backend, NumpyBackend
from synapse_rx.layers import Layer
from synapse_rx.network.places import places
from synapse_rx.network.run import Memory, Row
from synapse_rx.params import Layout
from synapse_rx.scratch import Buffers
from tests.scratches import central_differences, peak_allocation

N = 4
ALLOWANCE = 110_000
"""
Bytes a pass may hold besides its buffers, whatever the batch: views, tuples, and the 8192 numbers of each of up to
three operands that numpy copies at a time where it broadcasts or rows are short (98 kB in float32).
"""


class Chain:
    """
    A layer as a program runs it, with parameters and memory of its own: its primitives and all inside them.
    """

    def __init__(
        self,
        layer: Layer,
        in_shape: Any,
        n: int = N,
        *,
        capacity: int = 0,
        dtype: Any = np.float64,
        training: bool = True,
        needs_dx: bool = True,
        frozen: bool = False,
        rng: Any = None,
        backend: Backend | None = None,
    ) -> None:
        backend = backend or NumpyBackend()
        root = places(layer, in_shape, (0,))
        every = [place for one in root for place in one.walk()]
        specs = {place.path: place.specs for place in every if place.specs}
        keeps = {place.path: place.keeps for place in every if place.keeps}
        self.theta = backend.from_host(_drawn(specs, 0.1), dtype)
        self.grad = backend.xp.full_like(self.theta, 7)
        self.kept = backend.from_host(_drawn(keeps, 0), dtype)
        memory = Memory(
            backend,
            capacity or n,
            Layout.of(specs),
            self.theta,
            self.grad if training else None,
            Layout.of(keeps),
            self.kept,
            rng or np.random.default_rng(4),
            [place.path for place in every] if frozen else [],
        )
        self.row, self.memory = Row(root, memory), memory
        self.run = self.row.run(n, needs_dx)

    @property
    def buffers(self) -> list[Buffers]:
        return [node.buffers for node in self.row.walk()]

    def forward(self, x: Any) -> Any:
        return self.run.forward(x)

    def backward(self, dy: Any) -> Any:
        dx = self.run.backward(dy)
        self.memory.join()
        return dx


class Rounded:
    """
    A generator that draws in float64 and rounds, so that programs of both types see the same noise.
    """

    def __init__(self) -> None:
        self._rng = np.random.default_rng(4)

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        return self._rounded(self._rng.random(size), dtype, out)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        return self._rounded(self._rng.standard_normal(size), dtype, out)

    def _rounded(self, drawn: Any, dtype: Any, out: Any) -> Any:
        if out is None:
            return np.asarray(drawn, dtype)
        out[...] = drawn
        return out


def _drawn(specs: Any, shift: float) -> Any:
    """Return first values of everything asked for as one vector, moved so that nothing is just 0."""
    rng = np.random.default_rng(3)
    asked = [spec for each in specs.values() for spec in each]
    drawn = [spec.initializer.draw(rng, spec.shape, spec.fan_in, spec.fan_out) for spec in asked]
    return np.concatenate([np.empty(0), *(shift + array.ravel() for array in drawn)])


def samples(in_shape: Any, n: int = N, dtype: Any = np.float64, seed: int = 1) -> Any:
    """
    Return random numbers of both signs that keep away from kinks at 0; a tuple of arrays for a tuple of shapes.
    """
    if several(in_shape):
        return tuple(samples(shape, n, dtype, seed + 10 * k) for k, shape in enumerate(in_shape))
    x = np.random.default_rng(seed).standard_normal((n, *in_shape))
    return (x + 0.01 * np.sign(x)).astype(dtype)


def several(shape: Any) -> bool:
    return bool(shape) and isinstance(shape[0], tuple)


def parts(value: Any) -> tuple[Any, ...]:
    """Return the arrays a value is made of."""
    return value if isinstance(value, tuple) else (value,)


def joined(value: Any) -> Any:
    """Return all numbers of a value in one row a sample."""
    return np.concatenate([part.reshape(len(part), -1) for part in parts(value)], axis=1)


def like(value: Any, row: Any) -> Any:
    """Return the numbers of `joined` in the form of ``value``."""
    if not isinstance(value, tuple):
        return row.reshape(value.shape)
    ends = np.cumsum([part[0].size for part in value])
    pieces = np.split(row, ends[:-1], axis=1)
    return tuple(piece.reshape(part.shape) for piece, part in zip(pieces, value, strict=True))


def first(value: Any, n: int) -> Any:
    """Return the first n samples of a value."""
    return tuple(part[:n] for part in value) if isinstance(value, tuple) else value[:n]


def soil(buffers: Buffers, like: Buffers, rubbish: float) -> None:
    """Make the buffers that ``like`` has, full of rubbish; constants are made by whoever wants them."""
    for name, array in like._arrays.items():
        if name != "ones":
            number = rubbish if array.dtype.kind == "f" else 1
            buffers.fixed(name, array.shape, array.dtype).fill(number)


class LayerContract:
    """What holds for every layer; tests take the parameters ``layer`` and ``in_shape``."""

    def test_it_is_a_frozen_value(self, layer: Layer, in_shape: Any) -> None:
        twin = pickle.loads(pickle.dumps(layer))

        assert twin == layer == copy.deepcopy(layer)
        assert hash(twin) == hash(layer)
        assert not hasattr(layer, "__dict__")
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            layer.units = 3  # type: ignore[attr-defined]

    def test_it_survives_the_way_to_plain_data_and_back(self, layer: Layer, in_shape: Any) -> None:
        data = json.loads(json.dumps(sx.to_data(layer)))

        assert sx.from_data(Layer, data) == layer

    def test_it_stands_for_primitives_with_its_parameters(self, layer: Layer, in_shape: Any) -> None:
        found = places(layer, in_shape, (0,))
        own = [spec.shape for place in found if place.path == (0,) for spec in place.specs]

        assert all(place.layer.expand() == (place.layer,) for place in found)
        assert layer.sequential or own == [spec.shape for spec in layer.specs(in_shape)]

    def test_outputs_have_the_shape_it_says(self, layer: Layer, in_shape: Any) -> None:
        y, wanted = Chain(layer, in_shape).forward(self.inputs(layer, in_shape)), layer.out_shape(in_shape)

        shapes = wanted if several(wanted) else (wanted,)
        assert [part.shape for part in parts(y)] == [(N, *shape) for shape in shapes]

    @pytest.mark.parametrize("n", [1, N])
    def test_gradients_are_those_of_central_differences(self, layer: Layer, in_shape: Any, n: int) -> None:
        chain, x = Chain(layer, in_shape, n, needs_dx=layer.differentiable), self.inputs(layer, in_shape, n)
        dy = samples(layer.out_shape(in_shape), n, seed=2)
        chain.forward(x)
        dx = chain.backward(dy)
        grad = chain.grad.copy()

        def loss(x: Any, theta: Any) -> float:
            other = Chain(layer, in_shape, n)
            other.theta[...] = theta
            return float(np.sum(joined(dy) * joined(other.forward(x))))

        wanted_grad = central_differences(lambda theta: loss(x, theta), chain.theta)
        np.testing.assert_allclose(grad, wanted_grad, rtol=1e-5, atol=1e-8)
        if layer.differentiable:
            wanted_dx = central_differences(lambda row: loss(like(x, row), chain.theta), joined(x))
            np.testing.assert_allclose(joined(dx), wanted_dx, rtol=1e-5, atol=1e-8)

    def test_no_gradient_of_the_input_is_given_where_none_is_wanted(
        self, layer: Layer, in_shape: Any
    ) -> None:
        both, chain = (
            Chain(layer, in_shape, needs_dx=layer.differentiable),
            Chain(layer, in_shape, needs_dx=False),
        )
        x, dy = self.inputs(layer, in_shape), samples(layer.out_shape(in_shape), seed=2)
        for each in (both, chain):
            each.forward(x)

        assert (both.backward(dy) is not None) == layer.differentiable
        assert chain.backward(dy) is None
        np.testing.assert_array_equal(chain.grad, both.grad)

    def test_frozen_it_has_no_gradients_and_keeps_what_it_kept(self, layer: Layer, in_shape: Any) -> None:
        chain, x = (
            Chain(layer, in_shape, needs_dx=layer.differentiable, frozen=True),
            self.inputs(layer, in_shape),
        )
        kept = chain.kept.copy()

        chain.forward(x)
        chain.backward(samples(layer.out_shape(in_shape), seed=2))

        np.testing.assert_array_equal(chain.grad, np.full_like(chain.grad, 7))
        np.testing.assert_array_equal(chain.kept, kept)

    def test_a_smaller_batch_gives_the_same_rows(self, layer: Layer, in_shape: Any) -> None:
        x = self.inputs(layer, in_shape)

        y = Chain(layer, in_shape, 2, capacity=N, training=False).forward(first(x, 2))

        whole = Chain(layer, in_shape, training=False).forward(x)
        np.testing.assert_allclose(joined(y), joined(whole)[:2], rtol=1e-12, atol=1e-14)

    def test_samples_and_parameters_are_left_alone(self, layer: Layer, in_shape: Any) -> None:
        chain, x = Chain(layer, in_shape, needs_dx=layer.differentiable), self.inputs(layer, in_shape)
        dy = samples(layer.out_shape(in_shape), seed=2)
        theta = chain.theta.copy()

        chain.forward(x)
        chain.backward(dy)

        np.testing.assert_array_equal(joined(x), joined(self.inputs(layer, in_shape)))
        np.testing.assert_array_equal(joined(dy), joined(samples(layer.out_shape(in_shape), seed=2)))
        np.testing.assert_array_equal(chain.theta, theta)

    def test_one_seed_gives_one_result(self, layer: Layer, in_shape: Any) -> None:
        one, other = (joined(Chain(layer, in_shape).forward(self.inputs(layer, in_shape))) for _ in range(2))

        np.testing.assert_array_equal(one, other)

    def test_asking_twice_gives_one_answer_and_changes_nothing_kept(
        self, layer: Layer, in_shape: Any
    ) -> None:
        chain = Chain(layer, in_shape, training=False)
        kept = chain.kept.copy()

        one = joined(chain.forward(self.inputs(layer, in_shape)))
        for buffers in chain.buffers:
            for state in buffers.states.values():
                state.fill(0)

        np.testing.assert_array_equal(joined(chain.forward(self.inputs(layer, in_shape))), one)
        np.testing.assert_array_equal(chain.kept, kept)

    def test_no_memory_is_read_before_it_is_written(self, layer: Layer, in_shape: Any) -> None:
        x, dy = self.inputs(layer, in_shape), samples(layer.out_shape(in_shape), seed=2)
        results = []
        for rubbish in (np.nan, 3.0):
            chain = Chain(layer, in_shape, needs_dx=layer.differentiable)
            chain.forward(x)  # so that the buffers are there
            chain.backward(dy)
            again = Chain(layer, in_shape, needs_dx=layer.differentiable)
            for mine, theirs in zip(again.buffers, chain.buffers, strict=True):
                soil(mine, theirs, rubbish)
            y = joined(again.forward(x))
            dx = again.backward(dy)
            results.append((y, None if dx is None else joined(dx), again.grad))

        for one, other in zip(*results, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_float32_stays_float32_and_agrees_with_float64(self, layer: Layer, in_shape: Any) -> None:
        results = []
        for dtype in (np.float32, np.float64):
            chain = Chain(layer, in_shape, dtype=dtype, needs_dx=layer.differentiable, rng=Rounded())
            y = chain.forward(self.inputs(layer, in_shape, dtype=dtype))
            dx = chain.backward(samples(layer.out_shape(in_shape), dtype=dtype, seed=2))
            passed = [*parts(y), *(parts(dx) if layer.differentiable else ())]
            results.append((joined(y), joined(dx) if layer.differentiable else 0, chain.grad))
            kept = {array.dtype for buffers in chain.buffers for array in buffers._arrays.values()}
            assert np.dtype({np.float32: "f8", np.float64: "f4"}[dtype]) not in kept
            assert {part.dtype for part in passed} == {np.dtype(dtype)}

        for single, double in zip(*results, strict=True):
            np.testing.assert_allclose(single, double, rtol=1e-3, atol=1e-4)

    def test_nothing_is_allocated_after_the_first_pass(self, layer: Layer, in_shape: Any) -> None:
        one = self.inputs(layer, in_shape, 1)
        size = joined(one).shape[1] + joined(Chain(layer, in_shape, 1).forward(one)).shape[1]
        n = max(2, 300_000 // size)
        chain = Chain(layer, in_shape, n, dtype=np.float32, needs_dx=layer.differentiable)
        x = self.inputs(layer, in_shape, n, np.float32)
        dy = samples(layer.out_shape(in_shape), n, np.float32, seed=2)

        def passes() -> None:
            chain.forward(x)
            chain.backward(dy)

        largest = max(part.nbytes for part in (*parts(x), *parts(dy)))
        assert peak_allocation(passes) < max(largest / 8, ALLOWANCE)

    def inputs(self, layer: Layer, in_shape: Any, n: int = N, dtype: Any = np.float64) -> Any:
        """Return samples for ``layer``, the same whenever asked."""
        return samples(in_shape, n, dtype)
