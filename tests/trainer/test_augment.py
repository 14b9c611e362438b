"""Trainings on augmented samples: one seed gives one result, whoever makes the batches and wherever it was cut."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.data import augmented
from synapse_rx.errors import OptionError, ShapeError
from tests.trainer.tools import LONG, Told, epochs, learnt, some_data, some_net


def noisy(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return x + rng.normal(0, 0.3, x.shape).astype(x.dtype)


PLAIN = some_data(shuffle="epoch")
DATA = evolve(PLAIN, augment=noisy)


def test_samples_that_stay_as_they_are_teach_what_they_teach_without() -> None:
    same = evolve(PLAIN, augment=lambda x, rng: x)

    augmented = sx.train(some_net(momentum=0.9), same, 3).result(LONG)
    plain = sx.train(some_net(momentum=0.9), PLAIN, 3).result(LONG)

    np.testing.assert_allclose(augmented.params.flat, plain.params.flat, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(augmented.training.stats.loss, plain.training.stats.loss, rtol=1e-5)


def test_what_is_learnt_is_the_augmented_batch() -> None:
    still = {"learning_rate": 1e-12}
    shifted = evolve(PLAIN, augment=lambda x, rng: x + np.float32(1))

    net = sx.train(some_net("backprop", **still), shifted, 1).result(LONG)

    moved = evolve(PLAIN.data, x=PLAIN.x + np.float32(1))
    expected = sx.evaluate(net, moved).errors["cross_entropy"]
    assert net.training.stats.loss[0] == pytest.approx(expected, rel=1e-5)


def test_validation_and_full_evaluation_see_the_samples_as_they_are() -> None:
    net = sx.train(some_net(evaluation="full"), DATA, 2).result(LONG)

    stats = net.training.stats
    assert DATA.valid is not None
    assert stats.validation["cross_entropy"][-1] == sx.evaluate(net, DATA.valid).errors["cross_entropy"]
    assert stats.training["cross_entropy"][-1] == pytest.approx(
        sx.evaluate(net, DATA.data).errors["cross_entropy"], rel=1e-6
    )


def test_the_number_of_threads_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    many = learnt(sx.train(some_net(), DATA, 3).result(LONG))
    monkeypatch.setattr(augmented, "HELPERS", 1)
    monkeypatch.setattr(augmented, "AHEAD", 1)

    assert learnt(sx.train(some_net(), DATA, 3).result(LONG)) == many
    assert learnt(sx.train(some_net(), DATA, 3, executor="inline").result(LONG)) == many


def test_going_on_within_an_epoch_is_uninterrupted() -> None:
    net = some_net(momentum=0.9)
    told = Told(net)
    whole = sx.train(net, DATA, 3, publish=sx.every(batches=3)).result(LONG)

    for within in [one for one in told.all if one.training.state.position][::3]:
        branch = sx.atom(within)
        assert learnt(sx.train(branch, DATA, 3 - epochs(within)).result(LONG)) == learnt(whole)


def test_bytes_are_augmented_as_bytes_and_learnt_scaled() -> None:
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 200, (60, 64), dtype=np.uint8), np.arange(60) % 4
    how: dict[str, Any] = {"batch": 16, "shuffle": "epoch", "dtype": "uint8", "scale": 1 / 255}
    seen: set[Any] = set()

    def brighter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        seen.add(x.dtype.name)
        return x + np.uint8(55)

    made = sx.train(some_net(), sx.training_set(pixels, labels, augment=brighter, **how), 2).result(LONG)
    kept = sx.train(some_net(), sx.training_set(pixels + np.uint8(55), labels, **how), 2).result(LONG)

    assert seen == {"uint8"}
    np.testing.assert_allclose(made.params.flat, kept.params.flat, rtol=1e-3, atol=1e-6)


def test_an_error_ends_the_training_and_names_the_batch() -> None:
    calls = []

    def broken(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        calls.append(1)
        return x[:, 1:] if len(x) < 16 else x  # the last batch, the tenth, has 6 samples

    net = some_net()
    with pytest.raises(ShapeError, match=r"batch 10 of epoch 1: augment= made \(6, 63\)"):
        sx.train(net, evolve(PLAIN, augment=broken), 3).result(LONG)
    assert net.value.training.status == "failed"


def test_no_thread_is_left() -> None:
    threads: set[threading.Thread] = set()

    def spy(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        threads.add(threading.current_thread())
        return x

    sx.train(some_net(), evolve(PLAIN, augment=spy), 3).result(LONG)

    assert threading.current_thread() not in threads
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()


def test_an_edit_that_changes_how_batches_are_worked_on_keeps_them() -> None:
    def edited(data: sx.TrainingSet) -> Any:
        net = some_net()

        @net.add_watch("edit")
        def edit(key: Any, cell: Any, old: Any, new: Any) -> None:
            if new.training.stats.steps == 3:
                cell.remove_watch("edit")
                cell.swap(sx.with_update, clip_norm=0.1)

        return sx.train(net, data, 2, publish=sx.every(batches=3)).result(LONG)

    same = evolve(PLAIN, augment=lambda x, rng: x)

    np.testing.assert_allclose(edited(same).params.flat, edited(PLAIN).params.flat, rtol=1e-3, atol=1e-6)


def test_a_full_batch_algorithm_refuses_them() -> None:
    net = some_net("lbfgs")
    before = net.value

    with pytest.raises(OptionError, match="lbfgs wants the same samples in every epoch, but augment="):
        sx.train(net, DATA, 1)
    assert net.value is before
