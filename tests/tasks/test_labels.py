"""Are the samples of tasks what they should be? Worked out over again, in other ways."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx import tasks
from synapse_rx.errors import OptionError, ShapeError

LOOP = "(XT*VP)*(S|XT*VV)"
GRAMMAR = re.compile(f"B([TP])B(TS*X{LOOP}|PT*V(V|P{LOOP}))E\\1E")
ALL = [
    tasks.xor(),
    tasks.parity(5),
    tasks.running_parity(6, samples=30),
    tasks.sine(60),
    tasks.two_spirals(),
    tasks.adding(9, samples=40),
    tasks.timing(50, samples=9),
    tasks.distracted_recall(15, samples=50),
    tasks.embedded_reber(60),
]


def strings(x: np.ndarray) -> list[str]:
    """
    Return the strings that one-hot sequences spell, with the E they all end in.
    """
    return ["".join("BTPSXVE"[step.argmax()] for step in row if step.any()) + "E" for row in x]


def test_strings_are_those_of_the_grammar_and_take_every_branch() -> None:
    rng = np.random.default_rng(0)
    drawn = [tasks.embedded_string(rng) for _ in range(2000)]

    assert all(GRAMMAR.fullmatch(string) for string in drawn)
    assert set("".join(drawn)) == set("BTPSXVE")
    first, inner = Counter(s[1] for s in drawn), Counter(s[3] for s in drawn)
    for counts in (first, inner):
        assert counts["T"] == pytest.approx(1000, abs=90)


def test_successors_are_what_is_seen_to_follow() -> None:
    rng = np.random.default_rng(1)
    drawn = [tasks.embedded_string(rng) for _ in range(4000)]
    seen = defaultdict(set)
    for string in drawn:
        for at in range(1, len(string)):
            seen[string[:at]].add(string[at])
    often = Counter(string[:at] for string in drawn for at in range(1, len(string)))

    for string in drawn[:300]:
        for at, allowed in enumerate(tasks.successors(string), 1):
            assert seen[string[:at]] <= set(allowed)
            assert often[string[:at]] < 40 or seen[string[:at]] == set(allowed)


@pytest.mark.parametrize("string", ["", "BTBTXSETE" + "E", "BTBTXSEPE", "BPBTXSETE", "BTBTXSET", "BTBVXSETE"])
def test_other_strings_have_no_successors(string: str) -> None:
    with pytest.raises(ValueError, match="no string"):
        tasks.successors(string)


def test_reber_strings_are_learnt_or_tested_with_never_both() -> None:
    task = tasks.embedded_reber(400, tests=100, longest=20)
    learnt, tested = strings(task.data.x), strings(task.test.x)

    assert all(GRAMMAR.fullmatch(string) and len(string) <= 20 for string in learnt + tested)
    assert not set(learnt) & set(tested)
    assert {string[1] for string in tested} == {"T", "P"}


def test_targets_of_reber_strings_are_the_next_symbols() -> None:
    task = tasks.embedded_reber(50)

    for string, target in zip(strings(task.data.x), task.data.y.reshape(50, *task.out_shape), strict=True):
        steps = len(string) - 1
        assert "".join("BTPSXVE"[step.argmax()] for step in target[:steps]) == string[1:]
        assert np.isnan(target[steps:]).all()


@pytest.mark.parametrize("length", [4, 9, 24])
def test_recalled_are_the_targets_in_the_order_of_time(length: int) -> None:
    task = tasks.distracted_recall(length, targets=3, distractors=5, prompts=2, samples=300)
    first = Counter()

    for x, y in zip(task.data.x, task.data.y.reshape(300, length, 3), strict=True):
        symbols = x.argmax(axis=1)
        assert (x.sum(axis=1) == 1).all()
        shown = [symbol for symbol in symbols[:-2] if symbol < 3]
        assert symbols[-2:].tolist() == [8, 9]
        assert y[-2:].argmax(axis=1).tolist() == shown
        assert y.sum() == 2
        assert not y[:-2].any()
        first[int(np.argmax(symbols < 3))] += 1
    assert set(first) == set(range(length - 3))


def test_sums_are_those_of_the_marked_numbers() -> None:
    task = tasks.adding(11, samples=100)

    for x, y in zip(task.data.x, task.data.y, strict=True):
        marked = np.flatnonzero(x[:, 1])
        assert len(marked) == 2 and marked[0] < 5 <= marked[1]
        assert y[0] == pytest.approx((x[marked[0], 0] + x[marked[1], 0]) / 2)


def test_answers_last_as_long_as_the_event_said() -> None:
    task = tasks.timing(200, samples=5)

    for x, y in zip(task.data.x, task.data.y.reshape(5, 200), strict=True):
        events = [*np.flatnonzero(x[:, 0]), 200]
        for start, end in pairwise(events):
            held = round(x[start, 1] * 20) + 1
            assert (x[start:end, 1] == x[start, 1]).all()
            assert (y[start:end] == np.where(np.arange(end - start) < held, 0.5, 0)).all()
            assert end == 200 or held <= end - start <= held + 20


def test_parity_is_that_of_the_bits() -> None:
    task, running = tasks.parity(3), tasks.running_parity(5, samples=20)

    assert {(*x, *y) for x, y in zip(task.data.x.tolist(), task.data.y.tolist(), strict=True)} == {
        (a, b, c, a ^ b ^ c) for a in (0, 1) for b in (0, 1) for c in (0, 1)
    }
    for bits, y in zip(running.data.x[..., 0], running.data.y, strict=True):
        assert y.tolist() == [float(np.bitwise_xor.reduce(bits[: n + 1].astype(int))) for n in range(5)]


def test_spirals_are_mirror_images_that_wind_three_times() -> None:
    task = tasks.two_spirals()
    one, other = (task.data.x[task.data.y[:, 0] == side] for side in (1, 0))

    assert len(one) == len(other) == 97
    assert {tuple(point) for point in one.tolist()} == {tuple(point) for point in (-other).tolist()}
    by_radius = one[np.argsort(np.hypot(*one.T))]
    turns = np.unwrap(np.arctan2(*by_radius.T)) / (2 * np.pi)
    assert abs(turns[-1] - turns[0]) == pytest.approx(3)


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_right_answers_solve_a_task_and_nothing_else_does(task: tasks.Task) -> None:
    right = np.nan_to_num(task.test.y).reshape(len(task.test), *task.out_shape)
    goals = task.goals

    scores = task.judge(right)

    for wrong in (np.full_like(right, 0.4), np.full_like(right, np.nan), 1 - right):
        assert not all(task.judge(wrong)[name] >= goal for name, goal in goals.items())
    # One symbol is right where two may follow, so that targets themselves are no perfect answer there.
    assert all(scores[name] >= goal for name, goal in goals.items() if name != "legal")


def test_all_that_may_follow_is_the_right_answer_in_the_grammar() -> None:
    task = tasks.embedded_reber(20)
    answer = np.zeros((len(task.test), *task.out_shape))
    for row, string in enumerate(strings(task.test.x)):
        for step, allowed in enumerate(tasks.successors(string)):
            answer[row, step, ["BTPSXVE".index(symbol) for symbol in allowed]] = 0.5

    assert task.judge(answer) == {"legal": 1.0, "embedded": 1.0}


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_one_seed_makes_one_task(task: tasks.Task) -> None:
    assert "samples" in repr(task)
    again = {one.name: one for one in (tasks.xor(), tasks.parity(5), tasks.distracted_recall(15, samples=50))}

    assert task.name not in again or again[task.name] == task


def test_networks_of_other_shapes_are_told_so() -> None:
    task = tasks.adding(9, samples=10)

    with pytest.raises(ShapeError, match=r"outputs of shape \(1,\), but this network has \(3,\)"):
        task.solved(sx.neural_net([sx.Input((9, 2)), sx.LSTM(3)]))


def test_a_network_that_answers_every_step_is_judged_by_its_last() -> None:
    task = tasks.adding(9, samples=10)
    every = sx.neural_net([sx.Input((9, 2)), sx.LSTM(1, returns="sequence")])
    last = sx.neural_net([sx.Input((9, 2)), sx.LSTM(1)])

    assert task.scores(every) == task.scores(last)


def test_numbers_that_make_no_task_are_refused() -> None:
    with pytest.raises(OptionError, match="no place for 2 targets"):
        tasks.distracted_recall(3)
    with pytest.raises(OptionError, match="at most 16"):
        tasks.parity(17)
    with pytest.raises(OptionError, match="longest"):
        tasks.embedded_reber(longest=11)
