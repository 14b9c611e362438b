"""What goes wrong while training."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import Diverged
from tests.trainer.tools import (
    LONG,
    Told,
    diverging_net,
    epochs,
    events,
    some_data,
    some_net,
)


def late_divergence() -> sx.Atom[Any]:
    """A net that learns for two epochs and whose loss is infinite in the third."""
    net = sx.mlp([64, 16, 4], ["relu", "softmax"])

    def explode(key: Any, atom: Any, old: Any, new: Any) -> None:
        if epochs(new) == 2 != epochs(old):
            atom.swap(sx.with_learning_rate, 1e30)

    return net.add_watch("explode", explode)


def test_a_loss_that_is_not_finite_ends_the_training() -> None:
    net = late_divergence()
    run = sx.train(net, some_data(), 10)

    error = run.exception(LONG)

    assert isinstance(error, Diverged)
    assert isinstance(error, ArithmeticError)
    assert error.epoch == 2
    assert 0 < error.batch < 10
    assert not np.isfinite(error.loss)
    assert f"epoch 3, batch {error.batch + 1}" in str(error)


def test_the_last_good_snapshot_is_kept() -> None:
    net = late_divergence()
    told = Told(net)
    sx.train(net, some_data(), 10).wait(LONG)

    assert net.value.training.status == "failed"
    assert epochs(net.value) == 2
    assert np.isfinite(net.value.params.flat).all()
    good = [new for new in told.all if epochs(new) == 2]
    assert net.value.params is good[0].params
    assert told.statuses == ["training", "failed"]


def test_the_note_says_where_it_happened_and_what_is_kept() -> None:
    run = sx.train(late_divergence(), some_data(), 10)

    error = run.exception(LONG)

    assert isinstance(error, Diverged)
    assert error.__notes__ == [
        f"in epoch 3, batch {error.batch + 1}; the network keeps what was published last, 2 complete epochs"
    ]


def test_the_divergence_is_an_event_of_the_history() -> None:
    net = late_divergence()
    error = sx.train(net, some_data(), 10).exception(LONG)

    event = net.value.training.stats.events[-1]

    assert isinstance(error, Diverged)
    assert (event.what, event.epoch, event.batch) == ("diverged", 2, error.batch)


def test_within_an_epoch_the_last_published_batch_is_kept() -> None:
    net = diverging_net()
    told = Told(net)
    error = sx.train(net, some_data(), 10, publish=sx.every(batches=1)).exception(LONG)

    assert isinstance(error, Diverged)
    assert net.value.training.stats.steps == told.all[-1].training.stats.steps == error.batch


def test_on_diverged_stop_keeps_the_last_snapshot_and_raises_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    net = late_divergence()

    with caplog.at_level(logging.WARNING, "synapse_rx"):
        snapshot = sx.train(net, some_data(), 10, on_diverged="stop").result(LONG)

    assert snapshot is net.value
    assert snapshot.training.status == "stopped"
    assert epochs(snapshot) == 2
    assert np.isfinite(snapshot.params.flat).all()
    assert events(snapshot)[-1][0] == "diverged"
    assert "training stopped: the loss became" in caplog.text


def test_on_diverged_ignore_goes_on_and_records_it() -> None:
    net = late_divergence()

    snapshot = sx.train(net, some_data(), 4, on_diverged="ignore").result(LONG)

    assert epochs(snapshot) == 4
    assert np.isfinite(snapshot.training.stats.loss).tolist() == [True, True, False, False]


def test_a_net_that_diverged_trains_again_from_the_last_good_snapshot() -> None:
    net = late_divergence()
    sx.train(net, some_data(), 10).wait(LONG)

    net.swap(sx.with_learning_rate, 0.1)

    assert epochs(sx.train(net, some_data(), 2).result(LONG)) == 4


def test_divergence_warns_of_nothing_else(recwarn: pytest.WarningsRecorder) -> None:
    sx.train(diverging_net(), some_data(), 2).wait(LONG)

    assert [warning for warning in recwarn if "overflow" in str(warning.message)] == []


async def test_a_diverged_run_in_gather_ends_only_itself() -> None:
    good = some_net()

    first, second = await asyncio.gather(
        sx.train(diverging_net(), some_data(), 2), sx.train(good, some_data(), 2), return_exceptions=True
    )

    assert isinstance(first, Diverged)
    assert second is good.value


def test_a_validator_that_refuses_a_snapshot_fails_the_run() -> None:
    net = some_net()
    net.set_validator(lambda new: epochs(new) < 3)
    run = sx.train(net, some_data(), 10)

    assert isinstance(run.exception(LONG), sx.errors.ValidationError)
    assert epochs(net.value) == 2
    assert net.value.training.status == "failed"


def test_a_validator_that_refuses_even_the_end_still_lets_the_run_end() -> None:
    net = some_net()
    net.set_validator(lambda new: new.training.status in ("idle", "training"))
    run = sx.train(net, some_data(), 2)

    assert isinstance(run.exception(LONG), sx.errors.ValidationError)
    assert run.status == "failed"
    net.set_validator(None)
    assert epochs(sx.train(net, some_data(), 1).result(LONG)) == 2


def test_any_other_error_is_the_runs_and_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    net = some_net()
    net.swap(sx.with_algorithm, sx.RProp(variant="irprop+"))  # one that takes its steps one by one
    step = sx.RProp.step

    def fail_later(self: sx.RProp, problem: Any, state: Any) -> None:
        if epochs(net.value) == 1:
            raise RuntimeError("broken")
        step(self, problem, state)

    monkeypatch.setattr(sx.RProp, "step", fail_later)
    run = sx.train(net, some_data(), 3)

    error = run.exception(LONG)

    assert isinstance(error, RuntimeError)
    assert str(error) == "broken"
    assert net.value.training.status == "failed"
    assert epochs(net.value) == 1
    assert any("in epoch 2, batch 1" in note for note in error.__notes__)
    assert "fail_later" in [frame.name for frame in traceback.extract_tb(error.__traceback__)]
