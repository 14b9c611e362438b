"""A network keeps the normalisation of what it learnt, and does the same to what it is asked about."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.data import fit_normalization
from synapse_rx.errors import DataError, ShapeError
from tests.nets import SECONDS, blobs, learner, small_net, trained

KINDS = ["standardize", "min_max", "whiten"]
RAW = blobs(dtype="float64", nvalid=5).data
BYTES = np.random.default_rng(3).integers(0, 256, (20, 3), dtype=np.uint8)


def same(one: Any, other: Any) -> None:
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_raw_samples_are_normalised_and_others_are_not_normalised_again(kind: str) -> None:
    data = blobs(normalize=kind, nvalid=5, shuffle=False)
    net = trained(small_net(), data, 3)
    raw = blobs(nvalid=5, shuffle=False)

    assert net.normalization == data.data.normalization
    for samples in (raw.x, raw.data, raw, raw.x.tolist()):
        same(sx.outputs(net, samples), sx.outputs(net, data))
    assert dict(sx.evaluate(net, raw).errors) == pytest.approx(dict(sx.evaluate(net, data).errors), rel=1e-5)
    assert sx.estimate(net, raw.x).tolist() == sx.estimate(net, data).tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shuffle", ["once", "epoch"])
def test_8_bit_samples_are_normalised_batch_by_batch(kind: str, shuffle: Any) -> None:
    options = {"batch": 6, "shuffle": shuffle, "normalize": kind, "nvalid": 3}
    small = sx.training_set(BYTES, [0, 1] * 10, dtype="uint8", scale=1 / 255, **options)
    large = sx.training_set(BYTES / 255, [0, 1] * 10, **options)

    one, other = (trained(small_net(evaluation="full"), data, 2) for data in (small, large))

    same(one.params.flat, other.params.flat)
    same(one.training.stats.validation["cross_entropy"], other.training.stats.validation["cross_entropy"])
    same(sx.outputs(one, small), sx.outputs(other, large))
    same(sx.outputs(one, BYTES / 255), sx.outputs(one, sx.test_set(BYTES, dtype="uint8", scale=1 / 255)))


def test_a_network_normalises_raw_samples_it_learns_further_from() -> None:
    data, raw = blobs(normalize="standardize", shuffle=False), blobs(shuffle=False)
    net = trained(small_net(), data, 1)

    same(trained(net, raw, 1).params.flat, trained(net, data, 1).params.flat)


def test_samples_of_another_shape_are_normalised_number_by_number() -> None:
    net = trained(small_net(), sx.training_set(BYTES[:, None, :], [0, 1] * 10, normalize="standardize"))

    same(sx.outputs(net, BYTES[:, None, :]), sx.outputs(net, BYTES.astype(np.float32)))


@pytest.mark.parametrize(
    ("learnt", "given", "said"),
    [
        (
            "min_max",
            "standardize",
            "normalised by <Normalization standardize of 3 features>, but this network learnt",
        ),
        (None, "standardize", "learnt from samples as they are; give it raw samples"),
    ],
)
def test_samples_normalised_in_another_way_are_refused(learnt: Any, given: str, said: str) -> None:
    net = sx.atom(trained(small_net(), blobs(normalize=learnt)))
    data = blobs(normalize=given)
    before = net.value

    for ask in (
        lambda: sx.train(net, data, 1),
        lambda: sx.evaluate(net, data),
        lambda: sx.outputs(net, data),
    ):
        with pytest.raises(DataError, match=said):
            ask()
    assert net.value is before


def test_a_normalisation_is_for_the_networks_samples() -> None:
    with pytest.raises(ShapeError, match="does not fit samples of shape"):
        evolve(small_net(), normalization=fit_normalization(sx.DataSet([[1.0, 2.0]]), "min_max"))


def test_a_network_stays_a_value() -> None:
    net = trained(small_net(), blobs(normalize="whiten"))

    again = pickle.loads(pickle.dumps(net))

    assert again == net and hash(again) == hash(net)
    assert evolve(net, normalization=None) != net


def test_training_in_pieces_is_training_at_once() -> None:
    data = blobs(normalize="standardize")
    once = trained(small_net(), data)
    learning = learner(small_net(), data)
    learning.learn(SECONDS, 2)
    half = learning.merge(small_net())

    assert half.normalization == data.data.normalization
    assert trained(half, data).params == once.params


def test_a_normalisation_put_in_while_training_is_taken_over() -> None:
    raw, how = blobs(shuffle=False), blobs(normalize="standardize", shuffle=False).data.normalization
    net = small_net()
    learning = learner(net, raw)
    edited = evolve(net, normalization=how)

    edits = learning.adopt(net, edited)
    learning.learn(SECONDS)

    assert [name for name, _ in edits] == ["normalization"]
    assert learning.merge(edited).params == trained(edited, raw).params
