"""What a network takes for what, and the samples behind it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.dashboards import mistakes as module
from synapse_rx.dashboards.mistakes import Mistakes
from synapse_rx.errors import OptionError
from tests.nets import blobs, small_net, trained

DATA = blobs(40)


def cell() -> sx.Atom[sx.Net]:
    return sx.atom(trained(small_net(), DATA, 2))


def test_the_matrix_is_that_of_evaluate() -> None:
    net = cell()

    said = Mistakes(DATA.data).confusion(net)

    found = sx.evaluate(net, DATA.data)
    assert said["counts"] == found.confusion.tolist()  # pyright: ignore[reportOptionalMemberAccess]
    assert (said["labels"], said["samples"], said["epochs"]) == (["a", "b"], 40, 2)


def test_a_cell_of_the_matrix_holds_its_samples_the_surest_first() -> None:
    net = cell()
    answers, true = sx.outputs(net, DATA.data), DATA.data.y.argmax(axis=1)
    rows = np.flatnonzero((true == 0) & (answers.argmax(axis=1) == 1))
    wanted = rows[np.argsort(-answers[rows, 1], kind="stable")]

    said = Mistakes(DATA.data).samples(net, 0, 1)

    told = said["samples"]
    assert len(wanted) > 1
    assert [sample["index"] for sample in told] == wanted.tolist()
    assert [sample["confidence"] for sample in told] == answers[wanted, 1].tolist()
    assert {(sample["true"], sample["taken"]) for sample in told} == {("a", "b")}
    assert told[0]["values"] == DATA.data.x[wanted[0]].tolist()


def test_of_what_is_right_the_doubtful_comes_first() -> None:
    told = Mistakes(DATA.data).samples(cell(), 0, 0)["samples"]

    confidences = [sample["confidence"] for sample in told]
    assert len(confidences) > 1 and confidences == sorted(confidences)


def test_all_mistakes_together_are_as_many_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SHOWN", 2)
    net, mistakes = cell(), Mistakes(DATA.data)
    total = mistakes.samples(net)["total"]

    pages = [mistakes.samples(net, first=first)["samples"] for first in range(0, total, 2)]

    assert total == round(40 * sx.evaluate(net, DATA.data).errors["misclassification"])
    assert len({sample["index"] for page in pages for sample in page}) == total


def test_of_a_training_set_the_validation_part_judges() -> None:
    data = blobs(40, nvalid=10)

    assert Mistakes(data).confusion(sx.atom(trained(small_net(), data)))["samples"] == 10


def test_a_large_set_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SAMPLES", 15)

    assert Mistakes(DATA.data).confusion(cell())["samples"] == 14


def test_every_step_of_a_sequence_is_judged() -> None:
    rng = np.random.default_rng(3)
    x, labels = rng.standard_normal((6, 5, 2)), rng.integers(0, 3, (6, 5))
    data = sx.training_set(x, labels, batch=3, targets="steps")
    net = sx.neural_net(
        [sx.Input((5, 2)), sx.RNN(3, returns="sequence"), sx.TimeDistributed(sx.Dense(3, "softmax"))]
    )
    sx.deref(sx.train(net, data, 1))

    mistakes = Mistakes(data.data)
    said, told = mistakes.confusion(net), mistakes.samples(net)["samples"]

    assert sum(map(sum, said["counts"])) == 30
    wanted = data.data.y.reshape(6, 5, 3).argmax(axis=2)
    assert [wanted[one["index"], one["step"]] for one in told] == [int(one["true"]) for one in told]


def test_values_are_not_confused_and_foreign_samples_say_why() -> None:
    rng = np.random.default_rng(1)
    values = sx.training_set(rng.random((9, 3)), rng.random((9, 2)), batch=3)
    net = sx.atom(trained(sx.mlp([3, 4, 2], ["tanh", "linear"]).value, values))

    assert "squared error" in Mistakes(values.data).confusion(net)["why"]
    assert "cannot be judged" in Mistakes(blobs(9, features=5).data).confusion(cell())["why"]
    assert "dashboard(net, data=" in Mistakes(None).samples(cell())["why"]


@pytest.mark.parametrize("data", [3, "digits", DATA.data.x])
def test_what_is_no_data_set_is_refused(data: object) -> None:
    with pytest.raises(OptionError, match="data= takes samples with targets"):
        Mistakes(data)  # pyright: ignore[reportArgumentType]


def test_nothing_is_judged_until_somebody_looks_and_then_once_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, judged = cell(), []

    def evaluate(net: sx.Net, data: sx.DataSet) -> sx.Evaluation:
        judged.append(threading.current_thread())
        return sx.evaluate(net, data)

    monkeypatch.setattr(module, "evaluate", evaluate)
    mistakes = Mistakes(DATA.data)
    assert judged == []
    for _ in range(3):
        mistakes.confusion(net)
        mistakes.samples(net, 0, 1)

    assert judged == [threading.current_thread()]
