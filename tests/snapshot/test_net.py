"""A network as a value: equal by content, hashable, unchangeable, and cheap because it shares."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np
import pytest
from attrs import evolve

import synapse_rx as sx
from synapse_rx.errors import LabelError, OptionError, ShapeError
from synapse_rx.snapshot import Net, Series, with_status
from tests.nets import blobs, finish_epoch, learner, small_net, trained, without_times


def halfway(**options: Any) -> Net:
    """
    A network that has a velocity, a validation set, an epoch behind it and another begun.
    """
    net = small_net(sx.Backprop(0.1, 0.9), **options)
    learning = learner(net, blobs(nvalid=5))
    net = finish_epoch(learning, net)
    learning.learn(60.0, batches=2)
    return learning.merge(net)


def arrays(value: Any) -> Iterator[np.ndarray]:
    """
    Yield every array that can be reached from a value by its public attributes, keys and indexes.
    """
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Series):
        yield from (value.array, np.asarray(value), value[:1])
    elif isinstance(value, sx.Params):
        yield from (value.flat, *(view for _, view in value.items()))
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from arrays(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from arrays(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from arrays(item)


def parts(value: Any) -> Iterator[Any]:
    """
    Yield every frozen value that can be reached from a value.
    """
    if attrs.has(type(value)):
        yield value
        for field in attrs.fields(type(value)):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from parts(item)


def test_no_array_in_it_can_be_written_to() -> None:
    found = list(arrays(halfway()))

    assert len(found) > 15
    for array in found:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_nothing_in_it_can_be_set() -> None:
    found = list(parts(halfway()))

    assert len(found) > 10
    for part in found:
        field = attrs.fields(type(part))
        if field:
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                setattr(part, field[0].name, None)


def test_its_parts_have_slots() -> None:
    net = halfway()

    for part in (net, net.params, net.training, net.training.state, net.training.stats, net.arch):
        assert not hasattr(part, "__dict__")


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_and_pickles_are_equal_and_as_unchangeable(how: Any) -> None:
    net = halfway()

    twin = how(net)

    assert twin == net
    assert hash(twin) == hash(net)
    assert not any(array.flags.writeable for array in arrays(twin))
    assert repr(twin) == repr(net)


def test_training_goes_on_from_a_pickle_as_it_would_have() -> None:
    data, net = blobs(nvalid=5), halfway()
    straight = trained(net, data, 2)

    resumed = trained(pickle.loads(pickle.dumps(net)), data, 2)

    assert without_times(resumed) == without_times(straight)


def test_equal_content_is_equal() -> None:
    one, other = without_times(halfway()), without_times(halfway())

    assert one == other
    assert hash(one) == hash(other)
    assert one is not other


@pytest.mark.parametrize(
    "change",
    [
        {"version": 9},
        {"labels": ("x", "y")},
        {"params": sx.fresh_params(small_net().arch, 9)},
        {"training": sx.training(seed=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_difference_counts(change: dict[str, Any]) -> None:
    net = halfway()

    assert evolve(net, **change) != net
    assert net != "net"


def test_an_edit_shares_everything_else() -> None:
    net = halfway()

    edited = with_status(net, "paused")

    assert edited.params is net.params
    assert edited.arch is net.arch
    assert edited.training.stats is net.training.stats
    assert edited.training.state is net.training.state


def test_epochs_share_their_histories_and_architecture() -> None:
    data = blobs()
    learning, versions = learner(small_net(), data), [small_net()]
    for _ in range(6):
        versions.append(finish_epoch(learning, versions[-1]))

    assert len({id(net.arch) for net in versions[1:]}) == 1
    assert len({id(net.params.layout) for net in versions[1:]}) == 1
    assert np.shares_memory(versions[-1].training.stats.loss.array, versions[-2].training.stats.loss.array)


def test_parameters_that_do_not_fit_the_architecture_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"wants the parameters 0.W \(3, 4\).*fresh_params"):
        evolve(small_net(), params=sx.mlp([3, 2]).value.params)


def test_another_architecture_needs_other_parameters() -> None:
    net, arch = small_net(), sx.Arch(3, [sx.Dense(2)])

    with pytest.raises(ShapeError):
        evolve(net, arch=arch)
    assert evolve(net, arch=arch, params=sx.fresh_params(arch)).arch is arch


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda net: {"params": net.params.flat}, "params= takes Params, such as"),
        (lambda net: {"params": None}, "params= takes Params"),
        (
            lambda net: {"params": sx.Params(net.params.layout, np.arange(26))},
            "float32 or float64, not int64",
        ),
        (lambda net: {"training": "adam"}, r"training= takes what sx.training\(...\) returns, not 'adam'"),
        (lambda net: {"training": sx.Backprop()}, "training= takes"),
    ],
)
def test_what_is_no_part_of_a_network_is_refused(change: Any, message: str) -> None:
    net = small_net()

    with pytest.raises(OptionError, match=message):
        evolve(net, **change(net))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["a", "b"], ("a", "b")),
        (np.array([3, 5]), (3, 5)),
        (np.array(["no", "yes"]), ("no", "yes")),
        ((label for label in (False, True)), (False, True)),
        ([(0, 1), (1, 0)], ((0, 1), (1, 0))),
    ],
)
def test_labels_are_kept_as_plain_values(given: Any, kept: tuple[Any, ...]) -> None:
    net = evolve(small_net(), labels=given)

    assert net.labels == kept
    assert not any(isinstance(label, np.generic) for label in net.labels or ())
    assert isinstance(hash(net), int)


@pytest.mark.parametrize("labels", [["a", "a"], [{1}, {2}], [1, True]], ids=str)
def test_labels_that_cannot_tell_classes_apart_are_refused(labels: Any) -> None:
    with pytest.raises(LabelError, match="labels="):
        evolve(small_net(), labels=labels)


@pytest.mark.parametrize("labels", ["ab", 3], ids=repr)
def test_labels_are_a_sequence(labels: Any) -> None:
    with pytest.raises(OptionError, match="takes a sequence of labels"):
        evolve(small_net(), labels=labels)
