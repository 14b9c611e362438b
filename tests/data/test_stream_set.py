"""Streams as descriptions, and reading them: what is refused, how far ahead, in how much memory."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.data.stream_reader import StreamReader
from synapse_rx.errors import DataError, LabelError, OptionError, ShapeError
from tests.nets import learner, small_net

X = np.arange(12, dtype=np.float32).reshape(4, 3)


def numbered(many: int) -> Iterator[Any]:
    for number in range(many):
        yield np.full((2, 3), number, np.float32), [[number, 0.0]] * 2


def next_batch(reader: StreamReader) -> sx.DataSet | None:
    """
    Wait for the next batch; None if the epoch is over.
    """
    while (batch := reader.take()) is None and not reader.over:
        ready = threading.Event()
        reader.when_ready(ready.set)
        assert ready.wait(60)
    return batch


def read(data: sx.StreamSet, epoch: int = 0, batch: int = 0) -> list[int]:
    """
    Return the numbers of the batches of an epoch from one on.
    """
    reader = data.open()
    reader.seek(epoch, batch)
    found = []
    while (one := next_batch(reader)) is not None:
        found.append(int(one.x[0, 0]))
    reader.close()
    return found


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "kind", "text"),
        [
            ({"batch": 0}, OptionError, "batch= takes a whole number of at least 1"),
            ({"batches_per_epoch": 0}, OptionError, "batches_per_epoch= takes a whole number"),
            ({"prefetch": 0}, OptionError, "prefetch= takes"),
            ({"sample_shape": 3}, OptionError, r"sample_shape= takes sizes such as \(28, 28\), not 3"),
            ({"labels": "ab"}, OptionError, "labels= takes a sequence"),
            ({"labels": [0, 1], "censored": True}, LabelError, "classes cannot be censored"),
            ({"normalize": "standardize"}, OptionError, "takes a Normalization"),
            ({"valid": 3}, OptionError, "valid= takes a pair"),
            ({"valid": sx.test_set(X, [0, 1, 0, 1])}, LabelError, "validation has the labels"),
            ({"dtype": "int8"}, OptionError, "unknown dtype"),
            ({"scale": -1}, OptionError, "scale= takes a positive number"),
            ({"source": 3}, DataError, "a source of batches is an iterable"),
        ],
        ids=str,
    )
    def test_that_are_none_are_refused(self, options: Any, kind: type[Exception], text: str) -> None:
        source = options.pop("source", [])
        with pytest.raises(kind, match=text):
            sx.stream_set(source, **{"batch": 4, **options})

    def test_are_what_the_set_says_of_itself(self) -> None:
        data = sx.stream_set([], batch=4, labels=["a", "b"], valid=(X, ["a", "b", "a", "a"]), name="wire")

        assert repr(data) == (
            "<StreamSet 'wire' any number of batches of 4 at most, 4 for validation: 2 labels>"
        )
        assert data.header.valid == {"a": 3, "b": 1}
        assert data == data != sx.stream_set([], batch=4)


class TestABatch:
    def test_is_a_copy(self) -> None:
        data, x = sx.stream_set([], batch=4), X.copy()

        batch = data.made((x, np.zeros((4, 2))))
        x[:] = -1

        np.testing.assert_array_equal(batch.x, X)

    def test_has_values_or_classes(self) -> None:
        values = sx.stream_set([], batch=4).made((X, [0, 1, 1, 0]))
        classes = sx.stream_set([], batch=4, labels=[1, 0]).made((X, [0, 1, 1, 0]))

        assert values.y is not None and classes.y is not None
        assert values.y.tolist() == [[0], [1], [1], [0]]
        assert classes.y.tolist() == [[0, 1], [1, 0], [1, 0], [0, 1]]

    def test_may_miss_targets_if_that_is_said(self) -> None:
        y = [[float("nan"), 1.0]] * 4

        batch = sx.stream_set([], batch=4, censored=True).made((X, y))

        assert batch.censored
        with pytest.raises(LabelError, match="targets must be finite"):
            sx.stream_set([], batch=4).made((X, y))

    def test_keeps_the_shape_that_was_said(self) -> None:
        with pytest.raises(ShapeError, match=r"its samples have the shape \(3,\), not \(1, 3\)"):
            sx.stream_set([], batch=4, sample_shape=[1, 3]).made((X, np.zeros((4, 2))))


class TestReading:
    def test_begins_at_any_batch_of_what_can_be_read_again(self) -> None:
        data = sx.stream_set(lambda epoch: numbered(5 + epoch), batch=2)

        assert read(data) == [0, 1, 2, 3, 4]
        assert read(data, epoch=1, batch=4) == [4, 5]

    def test_stops_behind_the_batches_of_an_epoch(self) -> None:
        data = sx.stream_set(lambda epoch: numbered(50), batch=2, batches_per_epoch=4)

        assert read(data) == [0, 1, 2, 3]
        assert read(data, batch=3) == [3]
        assert read(data, batch=4) == []

    def test_never_asks_for_more_than_is_wanted_of_an_epoch(self) -> None:
        asked: list[int] = []

        def source(epoch: int) -> Iterator[Any]:
            for number, batch in enumerate(numbered(50)):
                asked.append(number)
                yield batch

        read(sx.stream_set(source, batch=2, batches_per_epoch=4, prefetch=10))

        assert asked == [0, 1, 2, 3]

    @pytest.mark.parametrize("prefetch", [1, 3])
    def test_is_ahead_by_what_was_asked_for(self, prefetch: int) -> None:
        taken, lead = [0], []

        def source() -> Iterator[Any]:
            for number, batch in enumerate(numbered(60), 1):
                lead.append(number - taken[0])
                yield batch

        reader = sx.stream_set(source(), batch=2, prefetch=prefetch).open()
        reader.seek(0, 0)
        while next_batch(reader) is not None:
            taken[0] += 1
        reader.close()

        assert taken == [60]
        assert max(lead) <= prefetch + 2  # one is being made, one was taken and not yet counted

    def test_closes_nothing_that_it_did_not_make(self) -> None:
        batches = list(numbered(2))
        data = sx.stream_set(batches, batch=2)

        assert read(data) == read(data) == [0, 1]

    def test_needs_a_loop_for_what_is_asynchronous(self) -> None:
        async def source(epoch: int) -> Any:
            yield next(numbered(1))

        reader = sx.stream_set(source, batch=2).open()
        reader.seek(0, 0)

        with pytest.raises(DataError, match="read on an event loop; give it to train"):
            next_batch(reader)
        reader.close()


def test_a_long_epoch_takes_no_more_memory_than_a_short_one() -> None:
    def source(epoch: int) -> Iterator[Any]:
        rng = np.random.default_rng(epoch)
        while True:
            yield rng.standard_normal((300, 3)), rng.integers(0, 2, 300)

    learning = learner(small_net(), sx.stream_set(source, batch=300, labels=[0, 1]))

    def learn(batches: int) -> None:
        while batches:
            progress = learning.learn(60.0, batches)
            batches -= progress.batches
            if progress.when_ready is not None:
                ready = threading.Event()
                progress.when_ready(ready.set)
                assert ready.wait(60)

    tracemalloc.start()
    try:
        learn(300)  # the window of errors is full
        before = tracemalloc.get_traced_memory()[0]
        learn(300)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        learning.close()

    assert grown < 120_000  # one number a sample would be 360 000 bytes, the samples 1 080 000
