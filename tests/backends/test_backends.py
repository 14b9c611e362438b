"""What every backend does: numpy, and the one that is compared with it."""

from __future__ import annotations

import numpy as np
import pytest

from synapse_rx.backends import Backend, NumpyBackend
from tests.strict import StrictBackend


@pytest.fixture(params=["numpy", "there"])
def one(request: pytest.FixtureRequest) -> Backend:
    return NumpyBackend() if request.param == "numpy" else request.getfixturevalue("there")


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

    def test_the_state_of_another_kind_of_generator_gives_one_sequence(self, one: Backend) -> None:
        foreign = NumpyBackend() if one.remote else StrictBackend()
        state = foreign.generator_state(foreign.generator(5))
        drawn = []
        for seed in (1, 2):
            generator = one.generator(seed)
            one.restore(generator, state)
            drawn.append(one.to_host(generator.random(3)))

        np.testing.assert_array_equal(*drawn)
        other = one.generator(3)
        one.restore(other, foreign.generator_state(foreign.generator(6)))
        assert not np.array_equal(one.to_host(other.random(3)), drawn[0])

    def test_it_can_be_waited_for_and_closed(self, one: Backend) -> None:
        with one.active():
            x = one.from_host(np.ones(3))
        one.synchronize()
        one.close()

        assert one.to_host(x).sum() == 3


def test_numpy_shares_without_a_copy() -> None:
    x = np.zeros(3)

    assert NumpyBackend().share(x) is x
