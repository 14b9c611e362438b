"""Every layer computes elsewhere what it computes on numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.backends import Backend, NumpyBackend
from synapse_rx.backends.counter import CounterGenerator
from synapse_rx.layers import Embedding, Layer
from tests.contracts.layer import Chain, N, parts, samples
from tests.layers.examples import EXAMPLES, INPUTS

HERE = NumpyBackend()
STEPS, RATE = 100, 1e-4
"""Steps that a GPU takes; short ones, so that nothing is led over a kink by rounding."""


@pytest.fixture(autouse=True)
def _by_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")


@pytest.mark.parametrize(("layer", "in_shape"), EXAMPLES, ids=str)
def test_it_passes_values_and_gradients_as_on_numpy(layer: Layer, in_shape: Any, there: Backend) -> None:
    for dtype in (np.float32, np.float64):
        make = INPUTS.get(type(layer))
        x = samples(in_shape, N, dtype) if make is None else make(layer, in_shape, N, dtype)
        dy = samples(layer.out_shape(in_shape), N, dtype, seed=2)

        # Of what is asked rather than trained one type is enough.
        for training in (True, False) if dtype == np.float32 else (True,):
            # Arrays that are numpy's differ at once or not at all.
            steps = STEPS if training and there.name == "cupy" else 1
            expected, found = (
                _passed(layer, in_shape, x, dy, dtype, training, one, steps) for one in (HERE, there)
            )

            tolerance = 1e-10 if dtype == np.float64 else 2e-5
            for one, other in zip(found, expected, strict=True):
                assert one.dtype == other.dtype
                np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


def _passed(
    layer: Layer,
    in_shape: Any,
    x: Any,
    dy: Any,
    dtype: Any,
    training: bool,
    backend: Backend,
    steps: int = 1,
) -> list[Any]:
    """Return outputs, gradients and what is kept, on the host, at the last of some steps against the gradient."""
    rng = CounterGenerator(backend.xp, 4)
    chain = Chain(
        layer,
        in_shape,
        dtype=dtype,
        training=training,
        needs_dx=layer.differentiable,
        rng=rng,
        backend=backend,
    )
    for _ in range(steps - 1):
        chain.forward(_sent(x, backend))
        chain.backward(_sent(dy, backend))
        chain.theta -= chain.grad * RATE
    found = list(parts(chain.forward(_sent(x, backend))))
    if training:
        dx = chain.backward(_sent(dy, backend))
        found += [*(() if dx is None else parts(dx)), chain.grad]
    return [backend.to_host(array) for array in (*found, chain.kept)]


def _sent(value: Any, backend: Backend) -> Any:
    if isinstance(value, tuple):
        return tuple(_sent(part, backend) for part in value)
    return backend.from_host(value)


@pytest.mark.parametrize("long", [40, 40_000])
def test_gradients_of_equal_numbers_are_added_in_one_order(long: int, there: Backend) -> None:
    layer, rng = Embedding(7, 3), np.random.default_rng(1)
    x = rng.integers(0, 7, (N, long // N)).astype(np.float32)
    dy = rng.standard_normal((*x.shape, 3)).astype(np.float32)

    one, again, expected = (
        _passed(layer, x.shape[1:], x, dy, np.float32, True, backend) for backend in (there, there, HERE)
    )

    for found, same, right in zip(one, again, expected, strict=True):
        np.testing.assert_array_equal(found, same)
        np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-3)
