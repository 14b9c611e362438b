"""Trainings whose batches come from somewhere: in order, in time or not, to their end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import DataError, Diverged, LabelError, OptionError, ShapeError
from synapse_rx.trainer.workers import configured_slots
from tests.trainer.tools import ENDLESS, LONG, Told, epochs, events, learnt, reach, some_data, some_net

DATA = some_data(shuffle="epoch", nvalid=0)  # 150 samples: nine batches of 16 and one of 6
CLASSES = range(4)


def batches(epoch: int) -> Iterator[tuple[Any, Any]]:
    """The batches of `DATA` in the order of an epoch."""
    assert DATA.y is not None
    order = DATA.order(epoch)
    for part in DATA.batch_slices():
        rows = order[part]  # type: ignore[index]
        yield DATA.x[rows], DATA.y[rows].argmax(axis=1)


async def later(epoch: int) -> AsyncIterator[tuple[Any, Any]]:
    for batch in batches(epoch):
        await asyncio.sleep(0)
        yield batch


def endless() -> Iterator[tuple[Any, Any]]:
    while True:
        yield from batches(0)


def stream(source: Any, **options: Any) -> sx.StreamSet:
    return sx.stream_set(source, **{"batch": 16, "labels": CLASSES, **options})


class Watched:
    """An iterator that tells when it is asked and when it is closed, and gives nothing while it is held."""

    def __init__(self, give: int = ENDLESS) -> None:
        self.asked = threading.Event()
        self.closed = threading.Event()
        self.released = threading.Event()
        self._batches = endless()
        self._left = give

    def __iter__(self) -> Watched:
        return self

    def __next__(self) -> Any:
        if not self._left:
            self.asked.set()
            assert self.released.wait(LONG)
            raise StopIteration
        self._left -= 1
        return next(self._batches)

    def close(self) -> None:
        self.closed.set()


class WatchedLater(Watched):
    """The same, asynchronous."""

    def __aiter__(self) -> WatchedLater:
        return self

    async def __anext__(self) -> Any:
        if not self._left:
            self.asked.set()
            await asyncio.Event().wait()
        return self.__next__()

    async def aclose(self) -> None:
        self.closed.set()


@pytest.fixture(params=[Watched, WatchedLater])
def stuck(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A source that gives three batches and then nothing."""
    source = request.param(3)
    yield source
    source.released.set()


class TestWhatIsLearnt:
    @pytest.mark.parametrize(
        "source", [batches, later, [list(batches(0))]], ids=["function", "async", "list"]
    )
    def test_is_what_the_same_batches_teach_from_memory(self, source: Any) -> None:
        data = DATA
        if isinstance(source, list):
            source = source[0]
            data = sx.TrainingSet(DATA.data.take(DATA.order(0)), batch=16)

        streamed = sx.train(some_net(momentum=0.9), stream(source), 3).result(LONG)
        kept = sx.train(some_net(momentum=0.9), data, 3).result(LONG)

        np.testing.assert_allclose(streamed.params.flat, kept.params.flat, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(streamed.training.stats.loss, kept.training.stats.loss, rtol=1e-5)
        assert streamed.training.stats.steps == 30
        assert streamed.labels == (0, 1, 2, 3)

    def test_counts_samples_by_their_weights(self) -> None:
        x, y, w = DATA.x[:12], DATA.y[:12].argmax(axis=1), np.arange(12) % 3  # type: ignore[index]
        whole = sx.training_set(x, y, weights=w, shuffle=False, targets="classes")
        parts = [(x[:8], y[:8], w[:8]), (x[8:], y[8:], w[8:])]
        still = {"learning_rate": 1e-9}

        streamed = sx.train(some_net("backprop", **still), stream(parts), 1).result(LONG)
        kept = sx.train(some_net("backprop", **still), whole, 1).result(LONG)

        assert streamed.training.stats.loss[0] == pytest.approx(kept.training.stats.loss[0], rel=1e-5)

    def test_is_measured_on_the_validation_samples(self) -> None:
        valid = (DATA.x[:20], DATA.y[:20].argmax(axis=1))  # type: ignore[index]
        data = stream(batches, valid=valid)

        net = sx.train(some_net(), data, 2).result(LONG)

        assert data.valid is not None
        errors = {kind: series[-1] for kind, series in net.training.stats.validation.items()}
        assert errors == dict(sx.evaluate(net, data.valid).errors)

    def test_is_normalised_and_the_network_keeps_how(self) -> None:
        how = sx.fit_normalization(DATA.data, "standardize")
        normal = DATA.data.normalized(how)

        def raw(epoch: int) -> Any:
            yield DATA.x, DATA.y

        streamed = sx.train(some_net(), stream(raw, batch=150, normalize=how), 2).result(LONG)
        kept = sx.train(some_net(), sx.TrainingSet(normal, batch=150), 2).result(LONG)

        assert streamed.normalization == kept.normalization == how
        np.testing.assert_allclose(streamed.params.flat, kept.params.flat, rtol=1e-4, atol=1e-6)

    def test_may_be_values_of_bytes(self) -> None:
        rng = np.random.default_rng(0)
        pixels = rng.integers(0, 256, (10, 64), dtype=np.uint8)
        data = sx.stream_set([(pixels, pixels[:, :4] / 255)], batch=10, dtype="uint8", scale=1 / 255)
        net = sx.mlp([64, 4], "sigmoid", sx.training("adam", learning_rate=0.01))

        losses = sx.train(net, data, 20).result(LONG).training.stats.loss

        assert losses[-1] < losses[0]

    def test_is_the_same_on_the_event_loop_itself(self) -> None:
        async def main(source: Any) -> Any:
            return await sx.train(some_net(), stream(source), 2, executor="inline")

        expected = learnt(sx.train(some_net(), stream(batches), 2).result(LONG))

        assert learnt(asyncio.run(main(batches))) == learnt(asyncio.run(main(later))) == expected

    @pytest.mark.peer("torch")
    def test_may_come_from_a_loader_of_pytorch(self) -> None:
        import torch
        from torch.utils.data import DataLoader, TensorDataset

        assert DATA.y is not None
        samples = torch.tensor(DATA.x), torch.tensor(DATA.y.argmax(axis=1))
        loader = DataLoader(TensorDataset(*samples), batch_size=16)
        kept = sx.TrainingSet(DATA.data, batch=16)

        streamed = sx.train(some_net(), stream(loader), 2).result(LONG)

        expected = sx.train(some_net(), kept, 2).result(LONG)
        np.testing.assert_allclose(streamed.params.flat, expected.params.flat, rtol=1e-3, atol=1e-6)


class TestResuming:
    def test_a_function_goes_on_exactly_where_it_was(self) -> None:
        whole, parts = some_net(momentum=0.9), some_net(momentum=0.9)
        sx.train(whole, stream(batches), 3).result(LONG)

        told = Told(parts)
        sx.train(parts, stream(batches), 2, publish=sx.every(batches=3)).result(LONG)
        within = next(net for net in told.all if epochs(net) == 1 and net.training.state.position)
        branch = sx.atom(within)
        sx.train(branch, stream(batches), 2).result(LONG)

        assert learnt(branch.value) == learnt(whole.value)

    def test_an_iterator_goes_on_with_what_comes_next(self) -> None:
        net = some_net()
        told = Told(net)
        data = stream(endless(), batches_per_epoch=5)
        sx.train(net, data, 1, publish=sx.every(batches=3)).result(LONG)
        within = next(net for net in told.all if net.training.state.position)
        branch = sx.atom(within)

        sx.train(branch, stream(endless(), batches_per_epoch=5), 1).result(LONG)

        assert branch.value.training.stats.steps == 5

    def test_an_edit_that_changes_how_batches_are_worked_on_loses_none(self) -> None:
        seen: list[int] = []

        def numbered() -> Iterator[tuple[Any, Any]]:
            for number, batch in enumerate(endless()):
                seen.append(number)
                yield batch

        net = some_net()
        told = Told(net)

        @net.add_watch("edit")
        def edit(key: Any, cell: Any, old: Any, new: Any) -> None:
            if new.training.state.position and new.training.stats.steps == 4 and new is not old:
                cell.remove_watch("edit")
                cell.swap(sx.with_loss, "squared_error")

        data = stream(numbered(), batches_per_epoch=6, prefetch=1)
        sx.train(net, data, 3, publish=sx.every(batches=2)).result(LONG)

        assert net.value.training.stats.steps == 18
        assert "loss" in [what for what, _ in events(net.value)]
        assert len(seen) <= 18 + 2
        assert told.epochs == [0, 1, 2, 3]


class TestTheEndOfASource:
    def test_ends_an_epoch(self) -> None:
        net = sx.train(some_net(), stream(batches, batches_per_epoch=100), 2).result(LONG)

        assert (epochs(net), net.training.stats.steps, net.training.status) == (2, 20, "done")

    def test_comes_after_the_batches_of_an_epoch_at_most(self) -> None:
        net = sx.train(some_net(), stream(batches, batches_per_epoch=4), 2).result(LONG)

        assert (epochs(net), net.training.stats.steps) == (2, 8)

    def test_that_is_read_once_ends_the_training(self) -> None:
        net = sx.train(some_net(), stream(batches(0), batches_per_epoch=4), 9).result(LONG)

        assert (epochs(net), net.training.stats.steps, net.training.status) == (3, 10, "stopped")
        assert events(net)[-1] == ("data", "there are no more")

    def test_between_two_epochs_ends_the_training_there(self) -> None:
        net = sx.train(some_net(), stream(batches(0), batches_per_epoch=5), 9).result(LONG)

        assert (epochs(net), net.training.stats.steps, net.training.status) == (2, 10, "stopped")

    def test_in_the_last_epoch_asked_for_is_none_too_early(self) -> None:
        net = sx.train(some_net(), stream(batches(0)), 1).result(LONG)

        assert (epochs(net), net.training.stats.steps, net.training.status) == (1, 10, "done")

    def test_at_its_beginning_is_an_error(self) -> None:
        source = batches(0)
        sx.train(some_net(), stream(source), 1).result(LONG)

        with pytest.raises(DataError, match="no batch for epoch 1; an iterator is read once only"):
            sx.train(some_net(), stream(source), 1).result(LONG)
        with pytest.raises(DataError, match="no batch for epoch 1"):
            sx.train(some_net(), stream(lambda epoch: []), 1).result(LONG)


def starving(source: Any) -> tuple[Any, Any]:
    """Return a net and its training, which has learnt three batches and waits for more."""
    net = some_net()
    run = sx.train(net, stream(source, batches_per_epoch=5), ENDLESS, publish=sx.every(batches=1))
    reach(net, lambda new: new.training.stats.steps == 3)
    assert source.asked.wait(LONG)
    return net, run


class TestASourceThatDoesNotDeliver:
    def test_is_no_obstacle_to_a_stop(self, stuck: Any) -> None:
        _, run = starving(stuck)

        run.stop()

        snapshot = run.result(LONG)
        assert snapshot.training.status == "stopped"
        assert snapshot.training.state.position.batch == 3

    def test_is_no_obstacle_to_a_cancel(self, stuck: Any) -> None:
        _, run = starving(stuck)

        run.cancel()

        with pytest.raises(asyncio.CancelledError):
            run.result(LONG)
        stuck.released.set()
        assert stuck.closed.wait(LONG)

    def test_is_no_obstacle_to_pausing_and_live_edits(self, stuck: Any) -> None:
        net, run = starving(stuck)

        assert run.pause()
        net.swap(sx.with_learning_rate, 0.01)
        assert run.resume()
        run.stop()

        assert ("learning_rate", "0.1 -> 0.01") in events(run.result(LONG))

    def test_is_waited_for(self) -> None:
        source = Watched(3)
        net, run = starving(source)

        source.released.set()

        assert run.result(LONG).training.status == "stopped"
        assert (epochs(net.value), net.value.training.stats.steps) == (1, 3)

    @pytest.mark.parametrize("executor", ["thread", "inline"])
    def test_never_holds_the_event_loop(self, stuck: Any, executor: str) -> None:
        async def main() -> Any:
            net = some_net()
            run = sx.train(net, stream(stuck), ENDLESS, executor=executor, publish=sx.every(batches=1))
            async for snapshot in net.stream():
                if snapshot.training.stats.steps == 3:
                    break
            run.stop()
            return await asyncio.wait_for(run, LONG)

        assert asyncio.run(main()).training.stats.steps == 3

    def test_takes_no_turn_from_other_trainings(self) -> None:
        sources = [Watched(3) for _ in range(configured_slots() + 1)]
        waiting = [starving(source)[1] for source in sources]

        net = sx.train(some_net(), DATA, 2).result(LONG)

        assert epochs(net) == 2
        for source, run in zip(sources, waiting, strict=True):
            source.released.set()
            assert run.wait(LONG)


class TestTheSourceIsClosed:
    @pytest.fixture(params=[Watched, WatchedLater])
    def source(self, request: pytest.FixtureRequest) -> Any:
        return request.param()

    def test_when_the_training_is_done(self, source: Any) -> None:
        sx.train(some_net(), stream(source, batches_per_epoch=3), 2).result(LONG)

        assert source.closed.wait(LONG)

    def test_when_it_is_stopped(self, source: Any) -> None:
        net = some_net()
        run = sx.train(net, stream(source, batches_per_epoch=3), ENDLESS)
        reach(net, lambda new: epochs(new) > 1)
        run.stop()

        assert source.closed.wait(LONG)
        assert run.result(LONG).training.status == "stopped"

    def test_when_the_loss_diverges(self, source: Any) -> None:
        wild = sx.mlp([64, 16, 4], ["relu", "softmax"], sx.training("backprop", learning_rate=1e30))
        with pytest.raises(Diverged):
            sx.train(wild, stream(source, batches_per_epoch=3), ENDLESS).result(LONG)

        assert source.closed.wait(LONG)

    def test_when_a_watch_of_a_strict_training_fails(self, source: Any) -> None:
        net = some_net()

        @net.add_watch("bad")
        def bad(key: Any, cell: Any, old: Any, new: Any) -> None:
            if epochs(new):
                raise RuntimeError("told you so")

        run = sx.train(net, stream(source, batches_per_epoch=3), ENDLESS, strict=True)

        assert run.exception(LONG) is not None
        assert source.closed.wait(LONG)

    def test_when_the_event_loop_ends_before_the_training(self, source: Any) -> None:
        async def main() -> None:
            net = some_net()
            sx.train(net, stream(source, batches_per_epoch=3), ENDLESS)
            async for snapshot in net.stream():
                if epochs(snapshot):
                    break

        asyncio.run(main())

        assert source.closed.wait(LONG)

    def test_of_every_epoch_of_a_function(self) -> None:
        closed: list[int] = []

        def source(epoch: int) -> Iterator[Any]:
            try:
                yield from endless()
            finally:
                closed.append(epoch)

        sx.train(some_net(), stream(source, batches_per_epoch=2), 4).result(LONG)

        assert closed == [0, 1, 2, 3]

    def test_and_what_it_raises_then_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        class Bad(Watched):
            def close(self) -> None:
                super().close()
                raise OSError("the wire was cut")

        source = Bad()
        net = sx.train(some_net(), stream(source, batches_per_epoch=2), 1).result(LONG)

        assert source.closed.wait(LONG)
        assert net.training.status == "done"
        reach_log(caplog, "the wire was cut")


def reach_log(caplog: pytest.LogCaptureFixture, text: str) -> None:
    """Wait, turn by turn, for a line that another thread is about to write."""
    for _ in range(100_000):
        if text in caplog.text:
            return
        threading.Event().wait(0)
    raise AssertionError(f"never logged: {text}")


class TestWhenSomethingIsWrong:
    def fails(self, source: Any, kind: type[BaseException], text: str, **options: Any) -> BaseException:
        net = some_net()
        with pytest.raises(kind, match=text) as caught:
            sx.train(net, stream(source, **options), 3).result(LONG)
        assert net.value.training.status == "failed"
        return caught.value

    @pytest.mark.parametrize(
        ("batch", "kind", "text"),
        [
            ((np.zeros((2, 5)), [0, 1]), ShapeError, "takes samples of 64 numbers, but these have 5"),
            ((np.zeros((17, 64)), [0] * 17), ShapeError, "it has 17 samples, but batch=16 is the most"),
            ((np.zeros((2, 64)), [0, 7]), LabelError, "never seen in training: 7"),
            ((np.zeros((2, 64)), [0]), LabelError, "2 samples have 1 labels"),
            ((np.full((2, 64), np.nan), [0, 1]), DataError, "must be finite, but there is nan at row 0"),
            ((np.zeros((2, 64), complex), [0, 1]), DataError, "wanted as numbers, not as complex128"),
            ((np.zeros((0, 64)), []), DataError, "the set is empty"),
            ((np.zeros((2, 64)), [0, 1], [-1, 1]), DataError, "weights must be finite and not negative"),
            ((np.zeros((2, 64)), None), LabelError, "labels beside its samples"),
            (np.zeros((2, 64)), DataError, r"a batch is \(samples, labels\) or"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_in_a_batch_the_error_names_the_batch(self, batch: Any, kind: Any, text: str) -> None:
        def source(epoch: int) -> Iterator[Any]:
            yield from list(batches(epoch))[:2]
            yield batch if epoch == 1 else next(batches(0))

        self.fails(source, kind, f"batch 3 of epoch 2: .*{text}")

    def test_in_the_source_its_error_comes_through(self) -> None:
        def source(epoch: int) -> Iterator[Any]:
            yield from batches(epoch)
            raise ConnectionError("gone")

        error = self.fails(source, ConnectionError, "gone")

        assert "raised by the source of batches" in error.__notes__
        assert any("epoch 1, batch 11" in note for note in error.__notes__)

    def test_in_an_asynchronous_source_as_well(self) -> None:
        async def source(epoch: int) -> AsyncIterator[Any]:
            yield next(batches(0))
            raise ConnectionError("gone")

        self.fails(source, ConnectionError, "gone")

    @pytest.mark.parametrize(
        ("source", "text"),
        [
            (lambda epoch: 3, "returned 3, which has no batches"),
            (lambda epoch: asyncio.sleep(0), "returned a coroutine"),
        ],
    )
    def test_in_what_a_function_returns(self, source: Callable[[int], Any], text: str) -> None:
        self.fails(source, DataError, text)

    def test_and_seen_at_once_the_call_raises_and_nothing_is_changed(self) -> None:
        def refused(kind: type[Exception], text: str, net: Any = None, **options: Any) -> None:
            net = net or some_net()
            before = net.value
            with pytest.raises(kind, match=text):
                sx.train(net, stream(batches, **options), 1)
            assert net.value is before

        refused(ShapeError, "the stream has 3 classes", labels=range(3))
        refused(ShapeError, "takes samples of 64 numbers", sample_shape=(8, 9))
        refused(OptionError, "evaluation='full'", net=some_net(evaluation="full"))
        refused(OptionError, "lbfgs wants the same samples in every epoch", net=some_net("lbfgs"))
        valid = (np.zeros((2, 63)), [0, 1])
        refused(ShapeError, "these have 63 numbers", valid=valid)
