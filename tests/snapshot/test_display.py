"""How a snapshot shows itself: one line in a REPL, a table and a learning curve in a notebook."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.snapshot import Event, Net
from synapse_rx.snapshot.histories import Histories
from synapse_rx.snapshot.slots import Slots
from synapse_rx.snapshot.training import Position, State
from tests.nets import blobs, small_net, trained


def with_errors(training: dict[str, Any], validation: dict[str, Any] | None = None) -> Net:
    """
    Return a network with these histories.
    """
    net = small_net()
    histories = [
        Histories({kind: sx.Series(values) for kind, values in each.items()})
        for each in (training, validation or {})
    ]
    epochs = max((len(series) for part in histories for series in part.values()), default=0)
    stats = sx.Stats(epochs=epochs, training=histories[0], validation=histories[1])
    return evolve(net, training=evolve(net.training, stats=stats))


def with_loss_only() -> Net:
    """
    Return a network that records its loss and nothing else.
    """
    net = small_net()
    return evolve(net, training=evolve(net.training, recorded=()))


def parsed(net: Net) -> ElementTree.Element:
    return ElementTree.fromstring(net._repr_html_())


def points(net: Net) -> list[list[tuple[float, float]]]:
    lines = [line.get("points", "") for line in parsed(net).iter("polyline")]
    return [[tuple(map(float, point.split(","))) for point in line.split()] for line in lines]  # type: ignore[misc]


def test_an_untrained_network_shows_what_it_is_made_of() -> None:
    assert repr(small_net()) == "<Net 3 > 4 tanh > 2 softmax, 26 parameters, backprop, idle, 0 epochs>"


def test_large_numbers_of_parameters_are_readable() -> None:
    assert "79,510 parameters" in repr(sx.mlp([784, 100, 10]).value)


def test_a_trained_network_shows_its_newest_errors() -> None:
    net = trained(small_net(), blobs(nvalid=5), 2)
    loss = net.training.stats.loss[-1]

    assert f"2 epochs, loss {loss:.4g}, training misclassification " in repr(net)
    assert "validation misclassification" in repr(net)
    assert "\n" not in repr(net)


def test_the_loss_is_not_shown_twice_and_other_kinds_are_left_to_the_statistics() -> None:
    assert "cross_entropy" not in repr(trained(small_net(), blobs(nvalid=5), 2))
    assert "training" not in repr(trained(with_loss_only(), blobs(), 2))


def test_a_line_about_any_network_fits_in_what_its_cell_shows() -> None:
    net = trained(small_net(), blobs(nvalid=5), 2)

    assert repr(sx.atom(net)) == f"<Atom: {net!r}>"


def test_a_network_in_the_middle_of_an_epoch_says_so() -> None:
    position = Position(batch=3, sums=Slots(), since=0, seconds=0.0, data=())
    net = small_net()

    begun = evolve(net, training=evolve(net.training, state=State(position=position)))

    assert "0 epochs and 3 batches" in repr(begun)


def test_a_cell_shows_in_a_notebook_what_its_value_shows() -> None:
    net = trained(small_net(), blobs(), 2)

    assert sx.atom(net)._repr_html_() == net._repr_html_()
    assert sx.atom(3)._repr_html_() is None
    assert sx.atom(Net)._repr_html_() is None


def test_live_edits_are_told_the_newest_last() -> None:
    net = small_net()
    events = tuple(Event(n, 0, f"edit{n}") for n in range(5))
    edited = evolve(net, training=evolve(net.training, stats=evolve(net.training.stats, events=events)))

    assert "epoch 2: edit2; epoch 3: edit3; epoch 4: edit4" in "".join(parsed(edited).itertext())
    assert "edit1" not in edited._repr_html_()


def test_the_table_holds_architecture_parameters_algorithm_and_errors() -> None:
    text = "|".join(parsed(trained(small_net(), blobs(), 2)).itertext())

    for part in ("3 > 4 tanh > 2 softmax", "26 (float32)", "Backprop(learning_rate=0.1", "2 epochs"):
        assert part in text
    assert "training misclassification" in text


def test_an_untrained_network_has_no_curve() -> None:
    assert list(parsed(small_net()).iter("svg")) == []


def test_one_epoch_is_no_curve() -> None:
    assert list(parsed(trained(small_net(), blobs(), 1)).iter("svg")) == []


def test_the_curves_of_training_and_validation_lie_in_the_picture() -> None:
    net = trained(small_net(), blobs(nvalid=5), 4)
    svg = next(parsed(net).iter("svg"))
    width, height = float(svg.get("width", 0)), float(svg.get("height", 0))

    assert [len(line) for line in points(net)] == [4, 4]
    assert all(0 <= x <= width and 0 <= y <= height for line in points(net) for x, y in line)


def test_a_curve_falls_from_left_to_right_as_errors_do() -> None:
    [line] = points(with_errors({"misclassification": [0.5, 0.3, 0.1]}))

    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert [y for _, y in line] == sorted(y for _, y in line)  # y grows downwards


def test_misclassification_is_shown_where_it_is_known() -> None:
    net = with_errors({"cross_entropy": [2, 1], "misclassification": [0.4, 0.2]})

    assert "misclassification, 0.2 to 0.4" in "".join(parsed(net).itertext())


def test_any_other_kind_is_shown_where_it_is_not() -> None:
    assert "squared_error, 1 to 2" in "".join(parsed(with_errors({"squared_error": [2, 1]})).itertext())


def test_validation_alone_is_shown_as_well() -> None:
    assert len(points(with_errors({}, {"squared_error": [2, 1]}))) == 1


def test_what_is_not_finite_is_left_out() -> None:
    [line] = points(with_errors({"squared_error": [2, float("nan"), float("inf"), 1]}))

    assert len(line) == 2


@pytest.mark.parametrize(
    "values", [[float("nan")] * 3, [1.0, 1.0, 1.0], [-1.7e308, 1.7e308], [float("inf"), 0.0]], ids=str
)
def test_odd_histories_are_drawn_as_far_as_they_can_be(values: list[float]) -> None:
    net = with_errors({"squared_error": values})

    for line in points(net):
        assert np.isfinite(line).all()
    assert repr(net)


def test_a_long_history_stays_small_on_the_page() -> None:
    net = with_errors({"misclassification": np.linspace(1, 0, 100_000)})

    [line] = points(net)
    assert len(net._repr_html_()) < 10_000
    assert line[0][0] < line[-1][0]


def test_names_that_look_like_markup_are_escaped() -> None:
    net = with_errors({'a"<script>&': [2, 1]})

    assert "<script>" not in net._repr_html_()
    assert next(parsed(net).iter("svg")).get("aria-label") == 'a"<script>& by epoch'


def test_nothing_is_loaded_from_anywhere() -> None:
    page = trained(small_net(), blobs(), 2)._repr_html_()

    assert re.search(r"https?:|src=|href=|<script", page) is None
