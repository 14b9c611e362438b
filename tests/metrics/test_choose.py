from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from synapse_rx.errors import OptionError, UnknownNameError
from synapse_rx.losses import CrossEntropy, Loss, SquaredError
from synapse_rx.metrics import Metric, Misclassification, metric
from tests.scratches import scratch


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("misclassification", Misclassification()),
        ("Misclassification", Misclassification()),
        ("cross-entropy", CrossEntropy()),
        ("cross_entropy", CrossEntropy()),
        ("squared error", SquaredError()),
        ("sum-of-squares", SquaredError()),
        (SquaredError(), SquaredError()),
        (Misclassification(0), Misclassification(0)),
        ({"kind": "misclassification", "threshold": 0.0}, Misclassification(0)),
        ({"kind": "squared_error"}, SquaredError()),
    ],
)
def test_an_error_kind_is_a_metric_or_a_loss(value: Any, meant: Metric | Loss) -> None:
    assert metric(value) == meant


def test_options_go_with_a_name() -> None:
    assert metric("misclassification", threshold=0.2) == Misclassification(0.2)


def test_an_unknown_name_suggests_what_may_be_meant() -> None:
    with pytest.raises(
        UnknownNameError, match="unknown metric 'missclassification'; did you mean 'misclassification'"
    ):
        metric("missclassification")


def test_what_is_no_description_is_refused() -> None:
    with pytest.raises(OptionError, match="metric takes a name, a Metric or its plain data, not 3"):
        metric(3)


def test_a_complete_description_takes_no_more_options() -> None:
    with pytest.raises(OptionError, match="is complete"):
        metric(SquaredError(), threshold=1)


NEEDED = {
    "losses": [(1, "squared_error")],
    "loss": "squared_error",
    "value": abs,
    "gradient": abs,
    "k": 2,
    "function": abs,
    "name": "own",
    "boxes": {"kind": "boxes", "grid": [2, 2], "anchors": [[0.5, 0.5]], "classes": 2},
}


@pytest.mark.parametrize("member", [*Metric.members(), *Loss.members()], ids=lambda m: m.kind)
def test_every_metric_and_every_loss_is_found_by_its_names(member: Any) -> None:
    for name in (member.kind, *member.aliases):
        needed = {f.alias: NEEDED[f.alias] for f in attrs.fields(member) if f.default is attrs.NOTHING}
        needed |= {"losses": ["squared_error"]} if member.kind == "per_output" else {}
        assert type(metric({"kind": name, **needed} if needed else name)) is member


def test_a_loss_recorded_as_an_error_kind_gives_its_values() -> None:
    y, t, values = np.array([[1.0, 2.0]]), np.array([[0.0, 0.0]]), np.empty(1)

    metric("squared_error").values(y, t, values, scratch(1))

    assert values == [2.5]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("accuracy", "misclassification is 1 - accuracy"),
        ("F1", r"evaluate\(net, data\) has it in .report"),
        ("auc", r"in .auc"),
        ("confusion-matrix", r"in .confusion"),
        ("misclasification", "did you mean 'misclassification'"),
    ],
)
def test_what_is_no_error_kind_is_found_elsewhere(name: str, text: str) -> None:
    with pytest.raises(UnknownNameError, match=text):
        metric(name)
