"""The display of trainings: what it attaches to, what it shows at the end, and that nothing about it can do harm."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

import synapse_rx as sx
from synapse_rx.errors import MissingExtraError, OptionError
from synapse_rx.snapshot import Net
from synapse_rx.subscribers import painter
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import begin, fresh, paper, publish, with_event


@pytest.fixture(autouse=True)
def no_display_is_left() -> Iterator[None]:
    yield
    names = [thread.name for thread in threading.enumerate()]
    assert "synapse-rx-progress" not in names


def test_the_last_epoch_is_always_shown() -> None:
    console, written = paper()
    net = fresh()

    with sx.Progress(net, epochs=300, console=console):
        begin(net)
        publish(net, 300, "done")

    assert written().splitlines()[-1].startswith("epoch 300/300, loss")
    assert written().endswith("done\n")


def test_a_terminal_gets_bars_and_its_cursor_back() -> None:
    console, written = paper(terminal=True)
    net = fresh()

    with sx.Progress(net, epochs=3, console=console):
        begin(net)
        publish(net, 3, "done")

    assert "━" in written()
    assert "epoch 3/3" in written()
    assert written().count("\x1b[?25l") == written().count("\x1b[?25h") > 0


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    file = io.StringIO()
    net = fresh()

    with sx.Progress(net, console=Console(file=file, force_terminal=True)):
        begin(net)
        publish(net, 1, "done")

    assert file.getvalue().startswith("epoch 1, loss")
    assert "\x1b[?25l" not in file.getvalue()


def test_a_real_training_is_shown() -> None:
    console, written = paper()
    net = sx.atom(small_net())

    with sx.Progress(net, epochs=5, console=console):
        sx.deref(sx.train(net, blobs(), 5))

    assert written().splitlines()[-1].startswith("epoch 5/5")


def test_the_epochs_of_each_training_count_from_its_beginning() -> None:
    console, written = paper()
    net = fresh()
    publish(net, 4, "done")

    with sx.Progress(net, epochs=3, console=console):
        begin(net)
        publish(net, 3, "done")

    assert written().splitlines()[-1].startswith("epoch 3/3")


def test_a_network_that_does_not_train_is_not_shown() -> None:
    console, written = paper()
    net = fresh()
    publish(net, 4, "done")

    with sx.Progress(net, fresh(), console=console):
        net.swap(sx.with_learning_rate, 0.5)

    assert written() == ""


def test_a_training_under_way_counts_from_now() -> None:
    console, written = paper()
    net = fresh()
    begin(net)
    publish(net, 4)

    with sx.Progress(net, epochs=2, console=console):
        publish(net, 2, "done")

    assert written().splitlines()[-1].startswith("epoch 2/2")


def test_several_networks_are_called_by_their_names() -> None:
    console, written = paper()
    nets = fresh("small"), fresh()

    with sx.Progress(*nets, console=console):
        for net in nets:
            begin(net)
            publish(net, 1, "done")

    assert {line.split(":")[0] for line in written().splitlines()} == {"small", "net 2"}


def test_a_live_edit_is_told() -> None:
    console, written = paper()
    net = fresh()

    with sx.Progress(net, console=console):
        begin(net)
        net.swap(with_event)
        publish(net, 1, "done")

    assert "epoch 0, batch 3: learning_rate 0.1 -> 0.01\n" in written()


def test_attach_and_detach_at_will() -> None:
    console, written = paper()
    one, other = fresh("one"), fresh("other")
    shown = sx.Progress(console=console).attach(one, epochs=2).attach(other)
    begin(one)
    begin(other)

    shown.detach(other)
    publish(other, 5, "done")
    publish(one, 2, "done")
    shown.detach()

    assert not one.watches
    assert not other.watches
    assert "epoch 2/2" in written()
    assert "epoch 5" not in written()


def test_a_display_can_be_used_again() -> None:
    console, written = paper()
    net = fresh()
    shown = sx.Progress(console=console)

    for _ in range(2):
        with shown.attach(net):
            begin(net)
            publish(net, 2, "done")

    assert written().count("done") == 2


def test_detaching_what_is_not_shown_is_fine() -> None:
    console, written = paper()

    sx.Progress(console=console).detach().detach(fresh())

    assert written() == ""


@pytest.mark.parametrize("net", [None, 3, sx.atom(3), small_net()])
def test_only_cells_of_networks_can_be_shown(net: Any) -> None:
    with pytest.raises(OptionError, match="Progress listens to the cell of a network"):
        sx.Progress(net, console=paper()[0])


@pytest.mark.parametrize("epochs", [0, -1, True, 2.0, "3"])
def test_epochs_are_whole_numbers(epochs: Any) -> None:
    with pytest.raises(OptionError, match="epochs must be a whole number >= 1"):
        sx.Progress(epochs=epochs, console=paper()[0])


class BrokenFile(io.StringIO):
    """A file nothing can be written to."""

    def write(self, s: str) -> int:
        raise OSError("the disk is full")


def test_a_display_that_fails_is_logged_once_and_training_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    net = sx.atom(small_net())

    with caplog.at_level(logging.ERROR, "synapse_rx"), sx.Progress(net, console=Console(file=BrokenFile())):
        run = sx.train(net, blobs(), 20)
        snapshot = sx.deref(run)

    assert snapshot.training.stats.epochs == 20
    assert run.watch_errors == []
    assert [record.message for record in caplog.records] == [
        "the progress display failed and is off; training goes on"
    ]


class StuckFile(io.StringIO):
    """A pipe that nobody reads: whoever writes to it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.free = threading.Event()

    def write(self, s: str) -> int:
        self.reached.set()
        self.free.wait()
        return super().write(s)


def test_a_display_that_is_stuck_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(painter, "END_SECONDS", 0.1)
    file = StuckFile()
    net = sx.atom(small_net())

    with sx.Progress(net, console=Console(file=file)):
        run = sx.train(net, blobs(), 200)
        assert file.reached.wait(60)
        snapshot = sx.deref(run, timeout=60)

    assert snapshot.training.stats.epochs == 200
    file.free.set()
    _wait_for_painters()


def test_it_draws_on_a_thread_of_its_own() -> None:
    threads = set()

    class Noting(io.StringIO):
        def write(self, s: str) -> int:
            threads.add(threading.current_thread().name)
            return super().write(s)

    net = fresh()
    with sx.Progress(net, console=Console(file=Noting())):
        begin(net)
        publish(net, 3, "done")

    assert threads == {"synapse-rx-progress"}


def test_publishing_does_not_wait_for_drawing() -> None:
    file = StuckFile()
    net = fresh()

    with sx.Progress(net, console=Console(file=file, force_terminal=True)):
        begin(net)
        assert file.reached.wait(60)
        publish(net, 1000, "done")
        assert file.getvalue() == ""
        file.free.set()

    assert 0 < file.getvalue().count("epoch") < 500


def test_it_never_sees_more_than_the_cell() -> None:
    net: sx.Atom[Net] = fresh()
    shown = sx.Progress(net, console=paper()[0])
    (watch,) = net.watches.values()

    assert list(net.watches) == [shown]
    assert watch == shown._watch
    shown.detach()


def test_the_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'synapse-rx\[progress\]'"):
        sx.Progress(fresh())


def test_a_forgotten_display_gives_the_cursor_back_at_the_end() -> None:
    code = (
        "import sys, synapse_rx as sx\n"
        "from rich.console import Console\n"
        "from synapse_rx.snapshot import with_status\n"
        "net = sx.mlp([2, 2])\n"
        "console = Console(file=sys.stdout, force_terminal=True)\n"
        "shown = sx.Progress(net, console=console)\n"
        "net.swap(with_status, 'training')\n"
        "while shown._view._live is None: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"TERM": "xterm"}
    )

    assert done.stdout.count("\x1b[?25l") == done.stdout.count("\x1b[?25h") == 1
    assert done.stderr == ""


def _wait_for_painters() -> None:
    for thread in threading.enumerate():
        if thread.name == "synapse-rx-progress":
            thread.join(60)
