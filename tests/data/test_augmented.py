"""Augmented batches: the same however many threads make them, checked, and never more of them than wanted."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.data import augmented
from synapse_rx.data.augmented import AugmentedReader
from synapse_rx.errors import DataError, OptionError, ShapeError

X = np.arange(44, dtype=np.float32).reshape(11, 4)


def noisy(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return x + rng.standard_normal(x.shape, np.float32)


def a_set(augment: Any = noisy, **options: Any) -> sx.TrainingSet:
    return sx.training_set(X, np.arange(11) % 2, **{"batch": 4, "augment": augment, **options})


def next_batch(reader: AugmentedReader) -> np.ndarray:
    while (x := reader.take()) is None:
        ready = threading.Event()
        reader.when_ready(ready.set)
        assert ready.wait(60)
    return x


def read(data: sx.TrainingSet, epoch: int = 0, batch: int = 0) -> list[np.ndarray]:
    reader = data.open()
    assert reader is not None
    reader.seek(epoch, batch)
    found = [next_batch(reader) for _ in range(batch, data.n_batches)]
    reader.close()
    return found


@pytest.mark.parametrize("shuffle", [False, "epoch"])
def test_a_batch_follows_from_the_seed_the_epoch_and_its_number_alone(
    shuffle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = a_set(shuffle=shuffle, seed=5)
    whole = np.concatenate(read(data, 3))
    monkeypatch.setattr(augmented, "HELPERS", 1)

    alone = np.concatenate(read(data, 3))
    rest = np.concatenate(read(data, 3, batch=1))

    np.testing.assert_array_equal(whole, alone)
    np.testing.assert_array_equal(whole[4:], rest)
    assert not np.array_equal(whole, np.concatenate(read(data, 4)))
    assert not np.array_equal(whole, np.concatenate(read(a_set(shuffle=shuffle, seed=6), 3)))


def test_no_two_batches_draw_the_same() -> None:
    draws = [x - X[k * 4 : k * 4 + 4] for k, x in enumerate(read(a_set(shuffle=False)))]

    assert not np.allclose(draws[0], draws[1], atol=1e-3)


@pytest.mark.parametrize("seed", [0, 3])
def test_the_first_draw_is_not_that_of_the_order(seed: int) -> None:
    drawn: list[float] = []

    def draw(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        drawn.append(rng.random())
        return x

    augmented.augmented(a_set(draw, seed=seed), None, 0, 0)

    assert drawn[0] != np.random.default_rng([seed, 0]).random()


def test_what_is_given_may_be_written_to() -> None:
    def blank(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        x[:, 0] = -1
        return x

    data = a_set(blank, shuffle=False)

    assert (np.concatenate(read(data))[:, 0] == -1).all()
    np.testing.assert_array_equal(data.x, X)


def test_bytes_stay_bytes() -> None:
    pixels = np.arange(44, dtype=np.uint8).reshape(11, 4)
    data = sx.training_set(
        pixels, np.arange(11) % 2, dtype="uint8", batch=4, augment=lambda x, rng: 255 - x, shuffle=False
    )

    np.testing.assert_array_equal(np.concatenate(read(data)), 255 - pixels)


@pytest.mark.parametrize(
    ("augment", "kind", "text"),
    [
        (lambda x, rng: x[:, :3], ShapeError, r"made \(4, 3\) of samples \(4, 4\)"),
        (
            lambda x, rng: x.astype(np.float64),
            DataError,
            r"made float64 of float32; return x.astype\('float32'\)",
        ),
        (lambda x, rng: None, DataError, "augment= returned a NoneType"),
        (lambda x, rng: np.full_like(x, np.nan), DataError, "made nan of a sample, at row 0, column 0"),
    ],
)
def test_what_comes_back_is_checked(augment: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=f"batch 1 of epoch 2: .*{text}"):
        read(a_set(augment, shuffle=False), 1)


def test_what_it_raises_comes_through_with_its_place() -> None:
    def broken(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        raise RuntimeError("no such filter")

    with pytest.raises(RuntimeError, match="no such filter") as caught:
        read(a_set(broken))
    assert caught.value.__notes__ == ["in batch 1 of epoch 1"]


def test_no_more_are_made_than_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def count(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        made.append(1)
        return x

    monkeypatch.setattr(augmented, "AHEAD", 3)
    data = a_set(count, batch=1)
    reader = data.open()
    assert reader is not None
    reader.seek(0, 0)

    for taken in range(1, 6):
        next_batch(reader)
        assert len(made) <= taken + 3
    reader.close()


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(OptionError, match="augment= takes a function"):
        a_set(3)


def test_folds_and_parts_of_the_description_keep_it() -> None:
    data = a_set()

    assert all(fold.augment is noisy for fold, _ in sx.k_fold(data, 2))
    assert "augmented" in repr(data)
    assert data == a_set() != a_set(None)


def test_a_set_that_is_loaded_by_name_may_have_one() -> None:
    assert sx.load_training_set("digits", augment=noisy).augment is noisy
    with pytest.raises(OptionError, match="a file holds its own options"):
        sx.load_training_set("some.safetensors", augment=noisy)
