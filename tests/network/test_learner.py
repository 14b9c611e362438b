"""The learner of a network: chunks, places in an epoch, running errors, edits on the way."""

from __future__ import annotations

import math
import pickle
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx.errors import Diverged, LossError, ShapeError
from synapse_rx.learner import Progress
from synapse_rx.network import NetworkLearner
from synapse_rx.snapshot import Net, State
from tests.nets import SECONDS, blobs, finish_epoch, learner, small_net, trained, without_times
from tests.scratches import growth

NESTEROV = sx.Backprop(0.1, 0.9, nesterov=True)
DATA = blobs(nvalid=6, shuffle="epoch")  # 17 samples to learn: batches of 5, 5, 5 and 2


def in_chunks(net: Net, data: sx.TrainingSet, epochs: int, chunks: Any, *, resume: bool = False) -> Net:
    """
    Learn so many batches at a time, merging after each chunk; perhaps with a new learner for every chunk.
    """
    learning, sizes = learner(net, data), cycle(chunks)
    while net.training.stats.epochs < epochs:
        learning.learn(SECONDS, next(sizes))
        net = learning.merge(net)
        if resume:
            learning = learner(pickle.loads(pickle.dumps(net)), data)
    return net


def same(one: Net, other: Net) -> bool:
    """
    Say whether two networks are equal but for what was measured by the clock and how often they were published.
    """
    return evolve(without_times(one), version=0) == evolve(without_times(other), version=0)


class TestChunks:
    @settings(max_examples=20)
    @given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.booleans())
    def test_of_any_size_give_the_same_network_bit_for_bit(self, chunks: list[int], resume: bool) -> None:
        net = small_net(NESTEROV)

        assert same(in_chunks(net, DATA, 2, chunks, resume=resume), trained(net, DATA, 2))

    def test_cut_by_the_clock_give_the_same_network(self) -> None:
        net = small_net(NESTEROV)
        learning, straight = learner(net, DATA), trained(net, DATA, 2)

        for _ in range(2):
            while not learning.learn(0.0).epoch_done:
                continue
            net = learning.merge(net)

        assert same(net, straight)

    def test_hold_at_least_one_batch_and_end_with_the_epoch(self) -> None:
        learning = learner(small_net(), DATA)

        assert learning.learn(0.0).batches == 1
        assert learning.batch == 1
        progress = learning.learn(SECONDS, batches=100)
        assert (progress.batches, progress.epoch_done) == (3, True)

    def test_may_be_smaller_than_asked_for(self) -> None:
        learning = learner(small_net(), DATA)

        assert [learning.learn(SECONDS, batches=3).batches for _ in range(3)] == [3, 1, 3]

    def test_may_end_between_learning_and_validation(self) -> None:
        data = blobs(4000, nvalid=3000, batch=1000)
        net, learning = small_net(), learner(small_net(), data)
        first = learning.learn(0.0)

        resumed = learner(pickle.loads(pickle.dumps(learning.merge(net))), data)

        assert (first.batches, first.epoch_done) == (1, False)
        assert (resumed.batch, resumed.learn(SECONDS)) == (1, Progress(batches=0, epoch_done=True))
        assert same(resumed.merge(net), trained(net, data))

    @pytest.mark.parametrize("shuffle", ["once", "epoch"])
    def test_of_a_thousand_batches_hold_no_more_memory_than_one_of_ten(self, shuffle: Any) -> None:
        learning = learner(small_net(NESTEROV), blobs(5003, shuffle=shuffle))
        assert growth(lambda: learning.learn(SECONDS, batches=140)) < 500  # 7 times fit into the epoch


class TestMerging:
    def test_changes_nothing_in_the_learner(self) -> None:
        net = small_net(NESTEROV)
        learning = learner(net, DATA)
        for _ in range(3):
            learning.learn(SECONDS, batches=1)
            assert learning.merge(net) == learning.merge(net)

        assert same(finish_epoch(learning, net), trained(net, DATA))

    def test_leaves_the_snapshot_alone_that_it_is_given(self) -> None:
        net = small_net()
        kept = pickle.loads(pickle.dumps(net))

        trained(net, DATA)

        assert net == kept

    def test_hands_out_parameters_that_learning_does_not_touch(self) -> None:
        net, learning = small_net(), learner(small_net(), DATA)
        learning.learn(SECONDS, batches=1)
        merged = learning.merge(net)
        before = merged.params.flat.copy()

        learning.learn(SECONDS)

        np.testing.assert_array_equal(merged.params.flat, before)

    def test_keeps_what_the_snapshot_says_about_everything_else(self) -> None:
        net = evolve(small_net(), labels=("a", "b"), version=41)
        net = evolve(net, training=evolve(net.training, status="paused"))

        merged = trained(net, DATA)

        assert merged.labels == ("a", "b")
        assert merged.version == 42
        assert merged.training.status == "paused"
        assert merged.arch is net.arch

    def test_takes_the_labels_of_the_data(self) -> None:
        assert trained(small_net(), DATA).labels == ("a", "b")

    def test_counts_epochs_and_steps(self) -> None:
        stats = trained(small_net(), DATA, 3).training.stats

        assert stats.epochs == 3
        assert stats.steps == 12
        assert len(stats.loss) == len(stats.seconds) == len(stats.training["cross_entropy"]) == 3

    def test_counts_steps_within_an_epoch_as_well(self) -> None:
        net, learning = small_net(), learner(small_net(), DATA)
        learning.learn(SECONDS, batches=3)

        stats = learning.merge(net).training.stats

        assert (stats.epochs, stats.steps) == (0, 3)


class TestPlaces:
    def test_between_epochs_there_is_none(self) -> None:
        assert trained(small_net(), DATA).training.state.position is None

    def test_within_an_epoch_it_says_how_far_it_is(self) -> None:
        net, learning = small_net(), learner(small_net(), DATA)
        learning.learn(SECONDS, batches=3)

        position = learning.merge(net).training.state.position

        assert position is not None
        assert position.batch == 3
        assert {len(sums) for sums in position.sums.values()} == {3}

    def test_in_other_data_it_means_nothing_and_the_epoch_begins_anew(self) -> None:
        net, learning = small_net(), learner(small_net(), DATA)
        learning.learn(SECONDS, batches=3)
        halfway = learning.merge(net)

        other = learner(halfway, blobs(batch=4))

        assert other.batch == 0
        assert other.learn(SECONDS).batches == 6

    def test_an_old_snapshot_replays_what_followed(self) -> None:
        versions = [small_net(NESTEROV)]
        learning = learner(versions[0], DATA)
        for _ in range(4):
            versions.append(finish_epoch(learning, versions[-1]))

        assert same(trained(versions[2], DATA, 2), versions[4])


class TestErrors:
    def test_running_ones_are_those_of_each_batch_before_its_step(self) -> None:
        net, data, sums = small_net(), blobs(), np.zeros(2)
        now, learning = net, learner(net, data)

        for part in data.batch_slices():
            errors = sx.evaluate(now, data.data[part]).errors
            sums += np.array([errors["cross_entropy"], errors["misclassification"]]) * len(data.data[part])
            learning.learn(SECONDS, batches=1)
            now = learning.merge(net)

        stats = now.training.stats
        assert stats.training["cross_entropy"][0] == pytest.approx(sums[0] / 23, rel=1e-6)
        assert stats.training["misclassification"][0] == pytest.approx(sums[1] / 23, rel=1e-6)
        assert stats.loss[0] == stats.training["cross_entropy"][0]

    def test_of_validation_are_those_of_evaluate(self) -> None:
        net = trained(small_net(), DATA, 2)
        assert DATA.valid is not None

        validation = net.training.stats.validation

        newest = {kind: series[-1] for kind, series in validation.items()}
        assert newest == dict(sx.evaluate(net, DATA.valid).errors)

    def test_of_values_hold_the_loss_alone(self) -> None:
        data = sx.training_set([[0.0], [1.0], [2.0]], [1.0, 2.0, 3.0])

        stats = trained(sx.mlp([1, 1], "linear").value, data).training.stats

        assert list(stats.training) == ["squared_error"]
        assert not stats.validation


class TestData:
    def test_in_8_bits_gives_what_the_same_data_in_floats_give(self) -> None:
        rng = np.random.default_rng(3)
        pixels, labels = rng.integers(0, 256, (20, 3), dtype=np.uint8), rng.integers(0, 2, 20)
        how: dict[str, Any] = {"batch": 6, "shuffle": "epoch", "seed": 2}
        small = sx.training_set(pixels, labels, dtype="uint8", scale=1 / 255, **how)
        large = sx.training_set(pixels / 255, labels, **how)

        one, other = (trained(small_net(NESTEROV), data, 3) for data in (small, large))

        np.testing.assert_allclose(one.params.flat, other.params.flat, rtol=1e-4, atol=1e-6)

    def test_are_walked_through_in_the_order_of_the_epoch(self) -> None:
        epochs = []
        net = small_net(NESTEROV)
        data = blobs(shuffle="epoch")
        for epoch in range(2):
            net = trained(net, sx.TrainingSet(data.data.take(data.order(epoch)), batch=5))
            epochs.append(net)

        assert same(trained(small_net(NESTEROV), data, 2), epochs[-1])

    def test_may_be_fewer_than_a_batch(self) -> None:
        data = blobs()
        whole = sx.TrainingSet(data.data, batch=1000)

        assert same(trained(small_net(), whole), trained(small_net(), sx.TrainingSet(data.data, batch=23)))

    def test_may_be_a_single_sample(self) -> None:
        data = sx.TrainingSet(blobs().data[:1], batch=4)

        net = trained(small_net(), data, 5)

        assert net.training.stats.steps == 5
        assert net.training.stats.loss[-1] < net.training.stats.loss[0]

    def test_may_have_any_shape_the_input_can_read(self) -> None:
        images = sx.training_set(blobs().x.reshape(23, 3, 1), np.array(["a", "b"] * 11 + ["a"]), batch=5)

        assert trained(small_net(), images).training.stats.epochs == 1

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_are_learnt_in_the_networks_type(self, dtype: str) -> None:
        net = trained(small_net(NESTEROV, dtype=dtype), DATA)

        assert net.params.flat.dtype == net.training.state.slots["velocity"].dtype == dtype


class TestDivergence:
    def test_is_noticed_with_its_place(self) -> None:
        learning = learner(small_net("backprop", learning_rate=1e38), DATA)

        with pytest.raises(
            Diverged, match=r"the loss became (nan|inf) in epoch \d, batch \d; a smaller learning_rate"
        ) as caught:
            for _ in range(3):
                learning.learn(SECONDS)

        assert caught.value.epoch >= 0
        assert 0 <= caught.value.batch < 4
        assert not math.isfinite(caught.value.loss)

    def test_may_be_ignored(self) -> None:
        net = trained(small_net("backprop", learning_rate=1e38), DATA, 3, ignore_divergence=True)

        assert net.training.stats.epochs == 3
        assert not math.isfinite(net.training.stats.loss[-1])
        assert "nan" in repr(net) or "inf" in repr(net)
        assert net._repr_html_()


class TestAdopting:
    """An edit between two chunks."""

    def edited(self, change: Any, batches: int = 2) -> tuple[NetworkLearner, Net, Any]:
        """
        Return a learner in the middle of an epoch that has adopted an edit, the edited snapshot and what changed.
        """
        net, learning = small_net(NESTEROV), learner(small_net(NESTEROV), DATA)
        learning.learn(SECONDS, batches)
        seen = learning.merge(net)
        now = change(seen)
        return learning, now, learning.adopt(seen, now)

    def test_nothing_changes_nothing(self) -> None:
        learning, net, edits = self.edited(lambda net: evolve(net, version=7))

        assert edits == ()
        assert same(finish_epoch(learning, net), trained(small_net(NESTEROV), DATA))

    def test_a_learning_rate_holds_from_the_next_batch_on(self) -> None:
        learning, net, edits = self.edited(lambda net: sx.with_learning_rate(net, 0.0))

        assert edits == (("learning_rate", "0.1 -> 0.0"),)
        after = finish_epoch(learning, sx.with_momentum(sx.with_options(net, nesterov=False), 0.0))
        assert not np.array_equal(after.params.flat, net.params.flat)  # the velocity rolls on

    def test_an_edit_gives_what_stopping_editing_and_going_on_gives(self) -> None:
        for change in (
            lambda net: sx.with_learning_rate(net, 0.3),
            lambda net: sx.with_options(net, momentum=0.0, nesterov=False),
            lambda net: sx.with_options(net, nesterov=False),
            lambda net: evolve(net, params=net.params.with_flat(0.5 * net.params.flat)),
            lambda net: sx.with_loss(net, "squared_error"),
        ):
            learning, net, _ = self.edited(change)
            live = finish_epoch(learning, net)
            resumed = trained(net, DATA)

            np.testing.assert_array_equal(live.params.flat, resumed.params.flat)

    def test_parameters_put_in_win(self) -> None:
        learning, net, edits = self.edited(lambda net: evolve(net, params=sx.fresh_params(net.arch, 9)))

        assert edits == (("params", "replaced"),)
        assert learning.merge(net).params == sx.fresh_params(net.arch, 9)

    def test_another_loss_counts_from_its_first_batch_on(self) -> None:
        learning, net, edits = self.edited(lambda net: sx.with_loss(net, "squared_error"))
        after = finish_epoch(learning, net)

        assert [name for name, _ in edits] == ["loss"]
        assert list(after.training.stats.training) == ["squared_error", "misclassification"]
        halfway = evolve(net, training=evolve(net.training, state=evolve(net.training.state, position=None)))
        rest = sx.TrainingSet(DATA.data.take(DATA.order(0)[10:]), batch=5)  # type: ignore[index]
        expected = trained(halfway, rest).training.stats.loss[-1]
        assert after.training.stats.loss[-1] == pytest.approx(expected, rel=1e-6)

    def test_a_loss_changed_behind_the_last_batch_has_no_training_error(self) -> None:
        data = blobs(4000, nvalid=3000, batch=1000)
        net, learning = small_net(), learner(small_net(), data)
        assert not learning.learn(0.0).epoch_done  # learnt, and not yet validated
        seen = learning.merge(net)
        now = sx.with_loss(seen, "squared_error")
        learning.adopt(seen, now)

        stats = finish_epoch(learning, now).training.stats

        assert math.isnan(stats.loss[-1])
        assert stats.validation["squared_error"][-1] > 0

    def test_another_architecture_starts_the_epoch_and_the_state_anew(self) -> None:
        arch = sx.Arch(3, [sx.Dense(2, "softmax")])

        learning, net, edits = self.edited(
            lambda net: evolve(net, arch=arch, params=sx.fresh_params(arch, 1))
        )

        assert [name for name, _ in edits] == ["arch", "params"]
        assert learning.batch == 0
        after = finish_epoch(learning, net)
        assert after.arch == arch
        fresh = evolve(net, training=evolve(net.training, state=State()))
        np.testing.assert_array_equal(after.params.flat, trained(fresh, DATA).params.flat)

    def test_another_type_is_taken_over(self) -> None:
        learning, net, edits = self.edited(
            lambda net: evolve(net, params=sx.Params(net.params.layout, net.params.flat.astype(np.float64)))
        )

        assert edits == (("dtype", "float32 -> float64"),)
        assert finish_epoch(learning, net).params.flat.dtype == np.float64

    def test_an_old_snapshot_takes_everything_back(self) -> None:
        start = small_net(NESTEROV)
        learning = learner(start, DATA)
        first = finish_epoch(learning, start)
        second = finish_epoch(learning, first)
        learning.learn(SECONDS, batches=2)
        third = learning.merge(second)

        edits = learning.adopt(third, first)

        assert [name for name, _ in edits] == ["params", "state"]
        assert same(finish_epoch(learning, first), second)

    def test_the_untrained_snapshot_starts_all_over(self) -> None:
        start = small_net(NESTEROV)
        learning = learner(start, DATA)
        first = finish_epoch(learning, start)

        learning.adopt(first, start)

        assert same(finish_epoch(learning, start), first)

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (lambda net: evolve(net, training=evolve(net.training, loss="hinge_of_nothing")), Exception),
            (lambda net: _with_arch(net, sx.Arch(4, [sx.Dense(2, "softmax")])), ShapeError),
            (lambda net: _with_arch(net, sx.Arch(3, [sx.Dense(2, "binary_threshold")])), LossError),
        ],
    )
    def test_what_cannot_be_trained_on_is_refused_and_changes_nothing(self, change: Any, error: Any) -> None:
        net, learning = small_net(NESTEROV), learner(small_net(NESTEROV), DATA)
        learning.learn(SECONDS, batches=2)
        seen = learning.merge(net)

        with pytest.raises(error):
            learning.adopt(seen, change(seen))

        assert same(finish_epoch(learning, seen), trained(net, DATA))


def _with_arch(net: Net, arch: sx.Arch) -> Net:
    return evolve(net, arch=arch, params=sx.fresh_params(arch))
