from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from synapse_rx.backends import Backend, NumpyBackend, available_backends, backend
from synapse_rx.errors import UnknownNameError

SERVING = [name for name, reason in available_backends().items() if reason is None]


@pytest.fixture(autouse=True)
def _no_choice_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNAPSE_RX_BACKEND", raising=False)


@pytest.fixture(params=SERVING)
def one(request: pytest.FixtureRequest) -> Backend:
    return backend(request.param)


class TestEveryBackend:
    def test_an_array_survives_the_way_there_and_back(self, one: Backend) -> None:
        x = np.arange(6.0).reshape(2, 3)

        back = one.to_host(one.from_host(x))

        np.testing.assert_array_equal(back, x)
        assert back.dtype == x.dtype

    def test_what_comes_from_the_host_is_a_writable_copy(self, one: Backend) -> None:
        x = np.zeros(3)
        x.setflags(write=False)

        there = one.from_host(x, np.float32)
        there[0] = 1

        assert there.dtype == np.float32
        assert x[0] == 0

    def test_what_comes_to_the_host_is_a_copy(self, one: Backend) -> None:
        there = one.from_host(np.zeros(3))
        here = one.to_host(there)

        there[0] = 1

        assert isinstance(here, np.ndarray)
        assert here[0] == 0

    def test_what_is_shared_has_the_same_content(self, one: Backend) -> None:
        x = np.arange(3.0)
        x.setflags(write=False)

        np.testing.assert_array_equal(one.to_host(one.share(x)), x)

    def test_one_seed_gives_one_sequence(self, one: Backend) -> None:
        first, second = one.generator(5), one.generator(5)

        np.testing.assert_array_equal(one.to_host(first.random(7)), one.to_host(second.random(7)))

    def test_a_generator_goes_on_from_its_state(self, one: Backend) -> None:
        generator = one.generator(5)
        generator.random(3, dtype=np.float32)
        state = one.generator_state(generator)
        expected = one.to_host(generator.random(7))

        another = one.generator(6)
        one.restore(another, state)

        np.testing.assert_array_equal(one.to_host(another.random(7)), expected)

    def test_the_state_of_a_generator_is_a_value(self, one: Backend) -> None:
        generator = one.generator(5)
        state = one.generator_state(generator)

        generator.random(3)

        assert hash(state) == hash(one.generator_state(one.generator(5)))
        assert state != one.generator_state(generator)

    def test_random_numbers_can_be_written_in_place(self, one: Backend) -> None:
        out = one.xp.empty(5, np.float32)

        one.generator(5).random(out.shape, dtype=out.dtype, out=out)

        assert ((one.to_host(out) >= 0) & (one.to_host(out) < 1)).all()


def test_numpy_always_serves() -> None:
    assert available_backends()["numpy"] is None
    assert isinstance(backend("numpy"), NumpyBackend)


def test_numpy_shares_without_a_copy() -> None:
    x = np.zeros(3)

    assert NumpyBackend().share(x) is x


@pytest.mark.parametrize("name", [None, "auto"])
def test_the_best_that_serves_is_taken_unless_one_is_named(name: Any) -> None:
    assert backend(name).name == SERVING[0]


def test_a_backend_is_returned_as_it_is() -> None:
    one = NumpyBackend()

    assert backend(one) is one


def test_the_environment_chooses_where_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNAPSE_RX_BACKEND", "nunpy")

    assert backend("numpy").name == "numpy"
    with pytest.raises(UnknownNameError, match="unknown backend 'nunpy'; did you mean 'numpy'"):
        backend()
