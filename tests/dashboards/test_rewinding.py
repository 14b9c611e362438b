"""Going back while a network trains."""

from __future__ import annotations

import synapse_rx as sx
from synapse_rx.dashboards.rewinding import Rewinding
from tests.nets import blobs, small_net


def test_a_training_that_is_taken_back_goes_on_from_there() -> None:
    net = sx.atom(small_net())
    history = sx.History(net)
    rewinding = Rewinding(history, lambda cell: None)

    @net.add_watch("back")
    def back(key: str, cell: sx.Atom[sx.Net], old: sx.Net, new: sx.Net) -> None:
        if new.training.stats.epochs == 3:
            cell.remove_watch(key)
            assert rewinding.obey(cell, {"command": "rewind", "epoch": 1})
            sx.stop_training(cell)

    sx.deref(sx.train(net, blobs(), 10))

    assert net.value.training.status == "stopped"
    assert net.value.training.stats.epochs == 1
    assert net.value.params == history.at(1).params


def test_other_commands_are_left_to_others() -> None:
    net = sx.atom(small_net())
    rewinding = Rewinding(None, lambda cell: None)

    assert not rewinding.obey(net, {"command": "pause"})
    assert not rewinding.obey(net, ["rewind"])
    assert rewinding.epochs(net) == ()
