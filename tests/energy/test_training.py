"""Energy models in training: the same trainer, cell, statistics, edits, subscribers and files as networks."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import synapse_rx as sx
from synapse_rx import energy
from synapse_rx.dashboards.steering import steer
from synapse_rx.energy import RBM, ContrastiveDivergence, DeepBelief
from synapse_rx.errors import DataError, Diverged, LossError, OptionError, ShapeError
from synapse_rx.snapshot import Net
from tests.energy.tiny import learner, trained
from tests.nets import SECONDS, without_times
from tests.scratches import growth

X = (np.random.default_rng(0).random((27, 6)) < np.tile([0.9, 0.9, 0.1], 2)).astype(np.float32)
DATA = sx.training_set(X, None, batch=5, nvalid=4, shuffle="epoch")


def small(algorithm: Any = "backprop", *, chains: int = 0, **options: Any) -> Net:
    """
    Return an untrained 6-4 machine.
    """
    return energy.rbm(6, 4, sx.training(algorithm, **options), chains=chains).value


MODELS = [
    small(sx.Backprop(0.1, 0.9)),
    small("adam", chains=3, averaging=0.9),
    energy.rbm(6, 4, units="gaussian").value,
    energy.deep_belief_net([6, 5, 4], sx.training("adam", loss=ContrastiveDivergence(2, level=1))).value,
    energy.hopfield(6, "probability_flow", sx.Backprop(0.1, 0.5)).value,
    energy.hopfield(6, "pseudo_inverse").value,
    energy.hopfield(6).value,
]


@pytest.mark.parametrize("net", MODELS, ids=lambda net: f"{net.arch}-{net.training.loss.kind}")
@settings(max_examples=2, deadline=None)
@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_training_that_is_cut_saved_and_resumed_gives_the_same_model_bit_for_bit(
    net: Net, sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path, start = tmp_path_factory.mktemp("cut") / "net.safetensors", net
    learning, batches = learner(net, DATA), cycle(sizes)
    while net.training.stats.epochs < 2:
        learning.learn(SECONDS, next(batches))
        net = learning.merge(net)
        sx.save(net, path)
        learning = learner(sx.load_snapshot(path), DATA)

    whole = trained(start, DATA, 2)
    assert evolve(without_times(net), version=0) == evolve(without_times(whole), version=0)


@pytest.mark.parametrize("net", MODELS, ids=lambda net: f"{net.arch}-{net.training.loss.kind}")
def test_training_allocates_nothing_that_stays_and_keeps_to_float32(net: Net) -> None:
    data = sx.training_set(np.tile(X, (40, 1)), None, batch=5)
    learning = learner(net, data)
    assert growth(lambda: learning.learn(SECONDS, batches=30)) < 1000
    assert learning.merge(net).params.flat.dtype == np.float32


def test_every_epoch_is_published_with_its_errors() -> None:
    cell, seen = energy.rbm(6, 4), []
    cell.add_watch("seen", lambda key, atom, old, new: seen.append(new.training.stats.epochs))

    stats = sx.deref(sx.train(cell, DATA, 3)).training.stats

    assert [1, 2, 3] == sorted({epoch for epoch in seen if epoch})
    assert list(stats.training) == ["reconstruction_error", "free_energy"]
    assert list(stats.validation) == ["reconstruction_error", "free_energy", "free_energy_gap"]
    np.testing.assert_array_equal(stats.loss, stats.training["reconstruction_error"])


def test_the_gap_is_that_of_free_energies_held_out_and_learnt() -> None:
    net = trained(small(), DATA, 2)
    held_out, learnt = (energy.free_energy(net, part).mean() for part in (DATA.valid, DATA.data[:4]))

    assert net.training.stats.validation["free_energy_gap"][-1] == pytest.approx(held_out - learnt, abs=1e-6)


def test_errors_are_those_of_evaluation() -> None:
    net = trained(small(), DATA, 2)
    again = energy.reconstruct(net, DATA.valid)

    errors = sx.evaluate(net, DATA.valid).errors

    assert errors["reconstruction_error"] == pytest.approx(np.square(again - DATA.valid.x).mean(), rel=1e-5)
    assert errors["free_energy"] == pytest.approx(net.training.stats.validation["free_energy"][-1])


@pytest.mark.parametrize(("chains", "rate", "epochs"), [(0, 0.2, 150), (20, 0.05, 300)])
def test_training_makes_the_data_likelier_than_anything_else(chains: int, rate: float, epochs: int) -> None:
    bars = np.repeat(np.eye(3, dtype=np.float32), 3, axis=1)
    net = energy.rbm(9, 6, sx.training(learning_rate=rate), chains=chains).value

    net = trained(net, sx.training_set(np.tile(bars, (20, 1)), None, batch=10), epochs)

    others = np.random.default_rng(0).integers(2, size=(200, 9))
    others = others[~(others[:, None] == bars).all(axis=2).any(axis=1)]
    assert energy.free_energy(net, bars).max() < energy.free_energy(net, others).min()
    drawn = energy.sample(net, 200, steps=200)
    assert (drawn[:, None] == bars).all(axis=2).any(axis=1).mean() > 0.75


def test_edits_on_the_way_take_effect_and_are_noted() -> None:
    cell = energy.rbm(6, 4, sx.training(learning_rate=0.1))

    def edit(key: Any, atom: Any, old: Net, new: Net) -> None:
        if old.training.stats.epochs == 0 and new.training.stats.epochs == 1:
            atom.swap(sx.with_learning_rate, 0.01)
            atom.swap(sx.with_momentum, 0.8)
            atom.swap(sx.with_loss, ContrastiveDivergence(3))

    cell.add_watch("edit", edit)

    stats = sx.deref(sx.train(cell, DATA, 3)).training.stats

    assert {event.what for event in stats.events} == {"learning_rate", "momentum", "loss"}
    np.testing.assert_allclose(stats.learning_rate, [0.1, 0.01, 0.01])


def test_levels_learn_one_after_the_other_and_the_others_stand_still() -> None:
    cell = energy.deep_belief_net([6, 5, 4], sx.training("adam", learning_rate=0.01))
    first = cell.value.params

    lower = sx.deref(sx.train(cell, DATA, [(2, {"loss": ContrastiveDivergence(level=0)})])).params
    after = sx.deref(sx.train(cell, DATA, [(2, {"loss": ContrastiveDivergence(level=1)})])).params

    for name in ("W", "b", "c"):
        assert (lower[f"0.{name}"] != first[f"0.{name}"]).any()
        np.testing.assert_array_equal(lower[f"1.{name}"], first[f"1.{name}"])
        np.testing.assert_array_equal(after[f"0.{name}"], lower[f"0.{name}"])
        assert (after[f"1.{name}"] != lower[f"1.{name}"]).any()


def test_phases_train_all_levels_in_one_run() -> None:
    cell = energy.deep_belief_net([6, 5, 4])

    net = sx.deref(sx.train(cell, DATA, energy.train_levels(cell, 2, k=2)))

    assert net.training.stats.epochs == 4
    assert net.training.loss == ContrastiveDivergence(2, level=1)
    assert [event.what for event in net.training.stats.events].count("phase") == 2


def test_subscribers_of_networks_serve_energy_models(tmp_path: Path) -> None:
    cell = energy.rbm(6, 4)
    best, history = sx.BestSoFar(), sx.History(cell)
    best.attach(cell)
    sx.Checkpoint(tmp_path).attach(cell)

    last = sx.deref(sx.train(cell, DATA, 3))

    resumed = sx.resume(tmp_path)
    assert without_times(resumed.value) == without_times(last)
    errors = last.training.stats.validation["reconstruction_error"]
    assert best.value() == min(errors)
    assert history.epochs() == (0, 1, 2, 3)


def test_penalties_and_bounds_apply_to_weights() -> None:
    plain, decayed = (
        trained(small(learning_rate=0.1, regularization=penalty), DATA, 5) for penalty in (None, sx.L2(0.5))
    )

    assert np.abs(decayed.params["0.W"]).sum() < np.abs(plain.params["0.W"]).sum()


def test_targets_are_not_looked_at() -> None:
    data = evolve(DATA, valid=None)
    labelled = sx.training_set(data.x, ["a", "b"] * 11 + ["a"], batch=5, shuffle=False, seed=0)
    plain = sx.training_set(data.x, None, batch=5, shuffle=False, seed=0)

    one, other = (trained(small(), each) for each in (labelled, plain))

    np.testing.assert_array_equal(one.params.flat, other.params.flat)
    assert one.labels is None
    assert sx.estimate(one, X[:2]).shape == (2, 4)


def test_raw_samples_are_normalised_as_those_were_that_it_learnt() -> None:
    raw = np.random.default_rng(0).normal(5, 3, (40, 6))
    data = sx.training_set(raw, None, batch=8, normalize="standardize")

    net = trained(energy.rbm(6, 4, units="gaussian").value, data, 2)

    by_hand = evolve(net, normalization=None)
    wanted = energy.free_energy(by_hand, (raw - raw.mean(axis=0)) / raw.std(axis=0))
    np.testing.assert_allclose(energy.free_energy(net, raw), wanted, rtol=1e-4)


def test_a_lost_training_is_noticed() -> None:
    with pytest.raises(Diverged):
        trained(energy.rbm(6, 4, sx.training(learning_rate=1e38), units="gaussian").value, DATA, 20)


def test_descriptions_come_back_from_plain_data() -> None:
    for arch in (RBM(3, 2, "gaussian", chains=4), DeepBelief([RBM(3, 2), RBM(2, 2)]), energy.Hopfield(5)):
        assert energy.EnergyArch.of(arch.to_data()) == arch


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"samples": X * 2}, DataError, "binary units hold numbers in"),
        ({"samples": X[:, :5]}, ShapeError, "6 numbers, but these have 5"),
        ({"weights": np.ones(27)}, DataError, "counts every sample once"),
        ({"training": sx.training("lbfgs")}, OptionError, "only gradients"),
        ({"training": sx.training(stats=["mse"])}, OptionError, "record their own"),
        ({"training": sx.training(factors={3: 0})}, OptionError, "no layer 3"),
    ],
)
def test_what_does_not_fit_is_refused_when_training_is_to_begin(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    cell = energy.rbm(6, 4, change.get("training", "backprop"))
    data = sx.training_set(change.get("samples", X), None, weights=change.get("weights"))
    before = cell.value

    with pytest.raises(error, match=message):
        sx.train(cell, data, 1)
    assert cell.value is before


def test_mistakes_are_refused_where_they_are_made() -> None:
    with pytest.raises(LossError, match="trains restricted Boltzmann machines"):
        sx.mlp([2, 1], "sigmoid", sx.training(loss="contrastive_divergence"))
    with pytest.raises(LossError, match="learns by contrastive_divergence, not by"):
        energy.rbm(3, 2, sx.training(loss="squared_error"))
    with pytest.raises(LossError, match="contrastive_divergence"):
        energy.deep_belief_net([3, 2], sx.training(loss=ContrastiveDivergence(level=1)))
    with pytest.raises(ShapeError, match="3 visible units stands on one of 2"):
        DeepBelief([RBM(4, 2), RBM(3, 2)])
    with pytest.raises(OptionError, match="chains of rbm"):
        RBM(3, 2, chains=-1)
    with pytest.raises(OptionError, match="sizes of two layers"):
        energy.deep_belief_net([3])


def test_what_is_about_layers_says_that_there_are_none() -> None:
    net = energy.rbm(3, 2)

    for ask in (
        sx.to_dot,
        sx.check_gradients,
        sx.to_state_dict,
        lambda net: sx.truncate(net.value, 1),
    ):
        with pytest.raises(OptionError, match=r"networks of layers, and RBM\(3, 2\) is none"):
            ask(net)


def test_a_dashboard_steers_it_and_refuses_what_cannot_train_it() -> None:
    net = energy.rbm(3, 2)

    steer(net, {"command": "options", "options": {"learning_rate": 0.5}})

    assert net.value.training.algorithm == sx.Backprop(0.5)
    with pytest.raises(OptionError, match="only gradients"):
        steer(net, {"command": "algorithm", "name": "lbfgs"})


@pytest.mark.parametrize("net", MODELS, ids=lambda net: f"{net.arch}-{net.training.loss.kind}")
def test_a_summary_lists_its_parts_and_counts_what_it_costs(net: Net) -> None:
    small, large = (sx.summary(net, batch) for batch in (32, 320))

    assert small.parameters == net.params.flat.size == sum(row.parameters for row in small.layers)
    assert small.kept == net.kept.flat.size
    assert small.multiply_adds == sum(view.size for name, view in net.params.items() if name.endswith("W"))
    assert large.nbytes > small.nbytes > 2 * net.params.flat.nbytes
    assert str(small).splitlines()[1].split()[0] == "Input"
