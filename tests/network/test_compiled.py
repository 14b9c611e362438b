"""A network as a plain function: the same answers, from any thread, whatever becomes of the network."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.backends import NumpyBackend
from synapse_rx.errors import DataError, ShapeError
from synapse_rx.network.compiled import apart
from synapse_rx.network.evaluation import CAPACITY
from synapse_rx.network.program import Program
from synapse_rx.snapshot import Net
from tests.layers.examples import EXAMPLES, INPUTS
from tests.nets import blobs, small_net, trained
from tests.scratches import peak_allocation


@cache
def learnt() -> Net:
    """
    Return a network that has learnt; trained when first asked, so that collecting tests compiles nothing.
    """
    return trained(small_net(), blobs(), 5)


@pytest.fixture(autouse=True)
def answered_by_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Let no machine code answer: that is compared with programs in `test_quick`, as near as float32 allows.
    """
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")


def afresh(net: Net, x: np.ndarray) -> np.ndarray:
    """
    Return what a program made for these samples alone answers.
    """
    program = Program(net.arch, NumpyBackend(), len(x), net.params.flat, kept=net.kept.flat)
    return program.forward(x.reshape(len(x), *net.arch.in_shape)).copy()


def samples(n: int, net: Net | None = None, seed: int = 0) -> np.ndarray:
    net = net or small_net()
    rng = np.random.default_rng([seed, n])
    return rng.standard_normal((n, *net.arch.in_shape)).astype(net.params.flat.dtype)


@pytest.mark.parametrize("sizes", [(1, 7, 2, 300), (300, 1), (CAPACITY, CAPACITY - 1), (3, CAPACITY + 5, 3)])
def test_any_number_of_samples_may_follow_any_other(sizes: tuple[int, ...]) -> None:
    answer = sx.compile(learnt())

    for n in sizes:
        x = samples(n)
        pieces = [afresh(learnt(), x[first : first + CAPACITY]) for first in range(0, n, CAPACITY)]
        np.testing.assert_array_equal(answer(x), np.concatenate(pieces))


@pytest.mark.parametrize(("layer", "in_shape"), EXAMPLES, ids=str)
def test_every_layer_answers_as_it_does_in_a_program_of_its_own(layer: Any, in_shape: Any) -> None:
    if any(isinstance(size, tuple) for size in in_shape):
        pytest.skip("it takes several inputs and stands in no row")
    arch = sx.Arch(in_shape, [layer])
    net = Net(arch, sx.fresh_params(arch), sx.training(loss="mean_squared_error"))
    make = INPUTS.get(type(layer))
    x = samples(4, net) if make is None else make(layer, in_shape, 4, np.float32).astype(np.float32)
    expected = apart(afresh(net, x), arch)

    answer = sx.compile(net)

    for _ in range(2):  # the second time in memory that is there already
        for one, other in zip(_each(answer(x)), _each(expected), strict=True):
            np.testing.assert_array_equal(one, other)


def _each(answer: Any) -> tuple[Any, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def test_eight_threads_at_once_get_the_same_answers() -> None:
    net = trained(sx.mlp([3, 40, 30, 2], ["relu", "tanh", "softmax"], sx.training("adam")).value, blobs(), 2)
    answer = sx.compile(net)
    questions = [samples(n, net, seed) for seed in range(6) for n in (1, 5, 33, 200, 1500)]
    expected = [sx.outputs(net, x) for x in questions]
    together = threading.Barrier(8)

    def ask(number: int) -> bool:
        together.wait(60)
        turns = np.random.default_rng(number).permutation(len(questions))
        return all(
            np.array_equal(answer(questions[i]), expected[i])
            and np.array_equal(answer.estimate(questions[i]), sx.estimate(net, questions[i]))
            for i in turns
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


def test_outputs_that_are_drawn_are_drawn_alike_every_time() -> None:
    net = sx.mlp([3, 8, 4], ["tanh", "binary_stochastic"]).value
    answer = sx.compile(net)
    x = samples(9, net)

    first = answer(x)

    answer(samples(50, net))
    np.testing.assert_array_equal(answer(x), first)
    np.testing.assert_array_equal(sx.outputs(net, x), first)


def test_learning_on_changes_no_answer() -> None:
    cell = sx.atom(learnt())
    answer, x = sx.compile(cell), samples(5)
    before = answer(x)

    sx.train(cell, blobs(), 3).result(60)

    assert not np.array_equal(sx.outputs(cell, x), before)
    np.testing.assert_array_equal(answer(x), before)


def test_an_answer_is_the_callers_own() -> None:
    answer, x = sx.compile(learnt()), samples(5)
    first = answer(x)
    kept = first.copy()

    answer(2 * x)
    np.testing.assert_array_equal(first, kept)
    first.fill(7)

    np.testing.assert_array_equal(answer(x), kept)


def test_all_ways_of_giving_samples_are_understood() -> None:
    answer, data = sx.compile(learnt()), blobs()
    expected = answer(data.x)

    ways: tuple[Any, ...] = (
        data.x.tolist(),
        data,
        data.data,
        data.x.astype(np.float64),
        data.x[:, ::-1][:, ::-1],
        np.asfortranarray(data.x),
        data.x.reshape(-1, 3, 1),
    )
    for given in ways:
        np.testing.assert_array_equal(answer(given), expected)


@pytest.mark.parametrize("how", ["standardize", "whiten"])
def test_raw_samples_are_normalised_as_those_that_were_learnt(how: str) -> None:
    raw, made = blobs(), blobs(normalize=how)
    net = trained(small_net(), made, 2)
    answer = sx.compile(net)

    expected = answer(made)

    np.testing.assert_allclose(answer(raw.x), expected, rtol=1e-5)
    np.testing.assert_allclose(answer(raw), expected, rtol=1e-5)
    np.testing.assert_allclose(
        answer(sx.test_set((raw.x * 100).astype("uint8"), dtype="uint8", scale=0.01)),
        answer((raw.x * 100).astype("uint8").astype(np.float32) * np.float32(0.01)),
        rtol=1e-4,
    )


def test_labels_are_estimated() -> None:
    answer = sx.compile(learnt())

    assert answer.labels == ("a", "b")
    assert set(answer.estimate(samples(50)).tolist()) <= {"a", "b"}
    values = sx.compile(small_net())
    np.testing.assert_array_equal(values.estimate(samples(5)), values(samples(5)))


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ([[1.0, 2.0]], ShapeError, "takes samples of 3"),
        ([[1.0, 2.0, float("nan")]], DataError, "finite"),
        (np.full((2, 3), np.nan, np.float32), DataError, "finite"),
        (np.full((2, 3), np.inf, np.float32), DataError, "finite"),
        (np.zeros((0, 3), np.float32), DataError, "sample"),
        ("abc", DataError, "sample"),
    ],
)
def test_samples_that_will_not_do_are_refused(given: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        sx.compile(learnt())(given)


def test_finite_samples_whose_sum_overflows_are_fine() -> None:
    huge = np.full((4, 3), 3e38, np.float32)

    assert np.isfinite(sx.compile(learnt())(huge)).all()


def test_only_networks_can_be_compiled() -> None:
    with pytest.raises(DataError, match="a network is wanted"):
        sx.compile(3)  # type: ignore[arg-type]


def test_asking_again_takes_no_memory_but_for_the_answer() -> None:
    net = sx.mlp([50, 400, 2], ["relu", "softmax"]).value
    answer, x = sx.compile(net), samples(500, net)
    answer(x)

    peak = peak_allocation(lambda: answer(x))

    assert peak < 100_000  # one layer's outputs alone are 800 000 bytes


def test_the_state_of_training_is_not_held() -> None:
    net = trained(small_net("adam"), blobs(), 1)
    mean = weakref.ref(net.training.state.slots["mean"])
    answer = sx.compile(evolve(net))
    assert mean() is not None

    del net
    gc.collect()

    assert mean() is None
    assert answer.dtype == np.float32 and answer.in_shape == (3,) and answer.out_shape == (2,)
    assert repr(answer) == "<Inference 3 > 4 tanh > 2 softmax>"


def test_memory_is_made_for_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real: Callable[..., None] = Program.__init__

    def counting(self: Program, arch: Any, backend: Any, capacity: int, *rest: Any, **options: Any) -> None:
        made.append(capacity)
        real(self, arch, backend, capacity, *rest, **options)

    monkeypatch.setattr(Program, "__init__", counting)
    answer = sx.compile(learnt())
    for n in (1, 1, 2, 3, 4, 5, 100, 100, 5000):
        answer(samples(n))

    assert made == [1, 2, 4, 8, 100, CAPACITY]
