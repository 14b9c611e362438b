"""Architectures as boxes and arrows."""

from __future__ import annotations

import synapse_rx as sx
from synapse_rx.dashboards.diagram import diagram


def test_layers_stand_in_a_row_with_shapes_and_parameters() -> None:
    net = sx.neural_net(
        [
            sx.Input((1, 8, 8)),
            sx.Conv2D(4, 3, activation="relu"),
            sx.MaxPool2D(2),
            sx.Dense(10, activation="softmax"),
        ]
    )

    drawn = diagram(net.value)

    assert [box["label"] for box in drawn["boxes"]] == [
        "input",
        "Conv2D(4, 3, 'relu')",
        "MaxPool2D(2, 2)",
        "Dense(10, 'softmax')",
        "output",
    ]
    assert [box["parameters"] for box in drawn["boxes"]] == [0, 4 * 9 + 4, 0, 36 * 10 + 10, 0]
    assert drawn["arrows"] == [
        [0, 1, "1 x 8 x 8"],
        [1, 2, "4 x 6 x 6"],
        [2, 3, "4 x 3 x 3"],
        [3, 4, "10"],
    ]


def test_branches_leave_and_meet_again() -> None:
    net = sx.neural_net([sx.Input((6,)), sx.Residual(sx.Dense(6, "tanh")), sx.Dense(2, "softmax")])

    drawn = diagram(net.value)

    ends = [(start, end) for start, end, _ in drawn["arrows"]]
    assert ends == [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4)]
    assert sum(box["parameters"] for box in drawn["boxes"]) == net.value.params.flat.size
