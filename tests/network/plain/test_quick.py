"""Plain dense networks answered by machine code: what their programs answer, as far as float32 allows."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx import fast
from synapse_rx.errors import DataError
from synapse_rx.network.plain.quick import Quick
from tests.nets import blobs, trained

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason="needs the extra fast")

NETS = {
    "one linear layer": sx.mlp([5, 3]),
    "softmax behind sigmoid": sx.mlp([7, 20, 4], ["sigmoid", "softmax"]),
    "wide enough for products of our own": sx.mlp([90, 70, 3], ["tanh", "softmax"]),
    "deep and of odd sizes": sx.mlp([6, 33, 17, 5, 2], ["relu", "tanh", "linear", "sigmoid"]),
}


def quick(net: Any) -> Quick:
    found = Quick.of(net.value)
    assert found is not None
    return found


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 9, 100, 300])
def test_it_answers_as_the_program_does(name: str, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    net = NETS[name]
    x = 3 * np.random.default_rng(n).standard_normal((n, *net.value.arch.in_shape)).astype(np.float32)
    answers = quick(net)(x)
    assert answers is not None
    monkeypatch.setenv("SYNAPSE_RX_FAST", "0")

    np.testing.assert_allclose(answers, sx.compile(net)(x), rtol=2e-6, atol=2e-7)


def test_large_logits_give_certain_answers() -> None:
    net = NETS["softmax behind sigmoid"].value
    certain = quick(sx.atom(evolve(net, params=net.params.with_flat(net.params.flat * 1e4))))

    answer = certain(np.ones((1, 7), np.float32))

    assert answer is not None
    assert np.isfinite(answer).all() and answer.sum() == pytest.approx(1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 4])
def test_samples_that_are_not_finite_are_left_to_who_can_say_so(value: float, place: int) -> None:
    x = np.zeros((2, 5), np.float32)
    x[1, place] = value

    assert quick(NETS["one linear layer"])(x) is None
    with pytest.raises(DataError, match="finite"):
        sx.compile(NETS["one linear layer"])(x)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 5)),
        np.zeros((0, 5), np.float32),
        np.zeros((2, 4), np.float32),
        np.zeros(5, np.float32),
        np.zeros((5, 2), np.float32).T,
        [[0.0] * 5],
    ],
)
def test_samples_that_are_not_ready_are_left_to_who_can_convert_them(samples: Any) -> None:
    assert quick(NETS["one linear layer"])(samples) is None


def test_samples_that_may_not_be_written_to_are_answered_too() -> None:
    x = np.ones((1, 5), np.float32)
    x.setflags(write=False)

    assert quick(NETS["one linear layer"])(x) is not None


@pytest.mark.parametrize(
    "net",
    [
        sx.mlp([3, 2], dtype="float64"),
        sx.mlp([3, 4, 2], ["gelu", "softmax"]),
        sx.mlp([3, 4, 2], ["softmax", "linear"]),
        sx.neural_net([sx.Input((1, 4, 4)), sx.Conv2D(2, 3), sx.Flatten(), sx.Dense(2)]),
    ],
)
def test_networks_it_does_not_know_are_left_to_their_programs(net: Any) -> None:
    assert Quick.of(net.value) is None


def test_a_network_that_normalises_its_samples_is_left_to_its_program() -> None:
    assert Quick.of(trained(sx.mlp([3, 2]).value, blobs(normalize="standardize"))) is None


def test_eight_threads_at_once_get_the_same_answers() -> None:
    answer = sx.compile(NETS["deep and of odd sizes"])
    questions = [np.full((n, 6), n / 100, np.float32) for n in (1, 2, 70, 3, 300, 1)]
    expected = [answer(x) for x in questions]
    together = threading.Barrier(8)

    def ask(number: int) -> bool:
        together.wait(60)
        return all(
            np.array_equal(answer(questions[i]), expected[i])
            for i in np.random.default_rng(number).integers(0, 6, 200)
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


@pytest.mark.parametrize("place", [None, 0, 999])
def test_threads_that_share_the_samples_answer_as_one_does(
    place: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = quick(NETS["wide enough for products of our own"])
    x = np.random.default_rng(1).standard_normal((1000, 90)).astype(np.float32)
    if place is not None:
        x[place, 5] = np.nan
    alone = answers(x)
    monkeypatch.setattr("synapse_rx.network.plain.quick.SHARED", 0)
    monkeypatch.setattr("synapse_rx.crew.threads", lambda: 3)

    shared = answers(x)

    if place is None:
        np.testing.assert_array_equal(shared, alone)
    else:
        assert shared is alone is None


def test_no_event_loop_waits_for_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synapse_rx.network.plain.quick._ready", lambda columns: False)
    begun: list[Any] = []
    monkeypatch.setattr("synapse_rx.network.plain.quick._kernel", lambda columns: begun.append(1))

    async def ask() -> Quick | None:
        return Quick.of(NETS["one linear layer"].value)

    assert asyncio.run(ask()) is None


def test_one_thread_loads_the_compiler_however_often_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = [], threading.Event()
    monkeypatch.setattr("synapse_rx.network.plain.quick._ready", lambda columns: False)
    monkeypatch.setattr("synapse_rx.network.plain.quick._loading", [])
    monkeypatch.setattr(
        "synapse_rx.network.plain.quick._kernel", lambda columns: (begun.append(1), ended.wait(60))
    )

    async def ask() -> list[Quick | None]:
        return [Quick.of(NETS["one linear layer"].value) for _ in range(5)]

    assert asyncio.run(ask()) == [None] * 5
    ended.set()
    assert begun == [1]
