"""Each benchmark prints a table with everyone who can take part; what it says about time is not tested."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest

from tests.docs.shell import ROOT, run

OURS = ["synapse_rx", "its learner alone", "numpy by hand"]
PEERS = {
    "PyTorch eager": "torch",
    "JAX jit per step": "jax",
    "JAX scan": "jax",
    "scikit-learn": "sklearn",
}
LOADS = ["idle", "synapse_rx", "numpy on a thread", 'executor="inline"']
CROWD = [
    "one training, idle loop",
    "two trainings, idle loop",
    "one training, busy loop",
    "two trainings, busy loop",
]


def printed(*words: str) -> str:
    """
    Return what a benchmark prints in a process of its own.
    """
    done = run([sys.executable, "-m", "benchmarks", *words, "--quick"], ROOT)
    assert done.returncode == 0, done.stdout
    return done.stdout


def rows(text: str) -> dict[str, list[float]]:
    """
    Return the numbers of each table's rows by the name in front; of several tables with the same names the last.
    """
    cells = [re.split(r"  +", line) for line in text.splitlines()]
    return {name: [_number(cell) for cell in others if _is_number(cell)] for name, *others in cells if others}


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[\d.,]+%?", cell) is not None


def _number(cell: str) -> float:
    return float(cell.replace(",", "").rstrip("%"))


@pytest.mark.slow
def test_everyone_who_is_installed_is_compared() -> None:
    found = rows(printed("mlp", "--net", "784-100-10", "--batch", "128"))

    peers = [name for name, library in PEERS.items() if importlib.util.find_spec(library)]
    for name in OURS + peers:
        assert len(found[name]) == 5  # quartiles, which are two, are left out
        assert all(number > 0 for number in found[name])


@pytest.mark.slow
def test_watches_are_compared_with_none() -> None:
    text = printed("mlp", "--batch", "128", "--watchers", "10")

    assert "10 idle watches" in text
    assert all(number > 0 for name in ("unwatched", "watched") for number in rows(text)[name])


@pytest.mark.slow
def test_the_lag_beside_each_load_is_shown() -> None:
    found = rows(printed("loop", "--batch", "128"))

    for name in LOADS:
        p50, p99, most, ticks, rate = found[name]
        assert 0 <= p50 <= p99 <= most
        assert ticks > 0
        assert rate >= 0  # on a busy machine a load may not have begun


@pytest.mark.slow
def test_every_work_of_the_loop_is_shown() -> None:
    found = rows(printed("busy", "--batch", "128"))

    names = ["idle loop", *(f"{share} in {burst} ms bursts" for share in ("50%", "95%") for burst in (5, 50))]
    assert all(found[name] for name in names + CROWD)
    assert all(number >= 0 for name in names + CROWD for number in found[name])
    assert found["busy loop alone"][0] == 100


@pytest.mark.slow
def test_the_lines_of_a_step_are_shown() -> None:
    text = printed("step", "--batch", "32")

    assert len(re.findall(r"^layers/dense\.py:\d+ forward +matmul", text, flags=re.MULTILINE)) == 2
    assert all(number > 0 for number in rows(text)["matrix products"])


@pytest.mark.slow
def test_what_lies_around_a_step_is_shown() -> None:
    found = rows(printed("epoch"))

    names = ["an epoch of one step", "and a snapshot", "trained inline", "trained on a thread"]
    assert found["a step"][0] > 0
    assert all(found[name][-1] > 0 for name in names)


@pytest.mark.slow
def test_what_several_trainings_do_together_is_shown() -> None:
    found = rows(printed("together", "--batch", "128", "--rounds", "1", "--epochs", "1"))

    assert found["one"][1] == 1
    assert all(number > 0 for number in found["2 at once"])


@pytest.mark.slow
def test_what_trainings_hold_is_shown() -> None:
    found = rows(printed("memory", "--units", "784", "300", "10", "--only", "synapse_rx"))

    assert found["synapse_rx"][-1] > 1
    assert all(number > 0 for number in found["784-100-10, SGD"])
    assert found["784-512-512-10, Adam"][-1] == pytest.approx(1, abs=0.1)


@pytest.mark.slow
@pytest.mark.peer("torch")
def test_the_benchmark_of_gpus_can_be_tried_on_the_cpu() -> None:
    parts = ("nets", "precisions", "published", "subscribers")
    found = rows(printed("gpu", "--backend", "numpy", "--net", "mlp", "--part", *parts))

    for name in ("synapse_rx", "PyTorch eager", "float32", "784-512-10", "CNN", "10000-5000-1000-10", "ten"):
        assert len(found[name]) >= 4 and all(number > 0 for number in found[name])
