"""Training sets: splitting, shuffling, batches, header."""

from __future__ import annotations

import re

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.data import DataSet, Header, TrainingSet, test_set, training_set
from synapse_rx.data.options import divisors
from synapse_rx.errors import DataError, LabelError, OptionError, ShapeError, UnknownNameError


def numbered(n: int = 10, **options) -> TrainingSet:
    """Samples that hold their own row number, labels that alternate."""
    return training_set(np.arange(n)[:, None], np.arange(n) % 2, **options)


@given(st.integers(2, 60), st.integers(1, 80))
def test_the_batches_cover_every_sample_once(n, batch):
    trset = numbered(n, batch=batch)

    rows = [row for part in trset.batch_slices() for row in range(n)[part]]

    assert rows == list(range(n))
    assert len(trset.batch_slices()) == trset.n_batches


@given(st.integers(2, 40), st.data(), st.sampled_from(["once", "epoch", False]))
def test_training_and_validation_part_the_samples(n, data, shuffle):
    nvalid = data.draw(st.integers(0, n - 1))

    trset = numbered(n, nvalid=nvalid, shuffle=shuffle)

    held_out = trset.valid.x.tolist() if trset.valid else []
    assert len(held_out) == nvalid
    assert sorted(trset.x.tolist() + held_out) == [[float(i)] for i in range(n)]


@given(st.integers(2, 40), st.integers(0, 2**40), st.integers(0, 10**6))
def test_every_epoch_has_an_order_of_its_own_that_the_seed_decides(n, seed, epoch):
    trset = numbered(n, shuffle="epoch", seed=seed)

    order = trset.order(epoch)

    assert sorted(order.tolist()) == list(range(n))
    assert order.dtype == np.int64
    assert np.array_equal(order, np.random.default_rng([seed, epoch]).permutation(n))


def test_orders_differ_between_epochs():
    trset = numbered(50, shuffle="epoch")

    assert trset.order(0).tolist() != trset.order(1).tolist()


@pytest.mark.parametrize("shuffle", ["once", False])
def test_without_shuffling_every_epoch_the_order_is_natural(shuffle):
    assert numbered(shuffle=shuffle).order(3) is None


def test_samples_and_labels_are_shuffled_together():
    trset = numbered(100)

    assert trset.x.tolist() != sorted(trset.x.tolist())
    assert (trset.y[:, 1] == trset.x[:, 0] % 2).all()


def test_the_first_shuffle_is_not_that_of_epoch_0():
    trset = numbered(50, shuffle="epoch")

    assert trset.x[:, 0].tolist() != trset.order(0).tolist()


def test_one_seed_gives_one_set():
    assert numbered(50, seed=3) == numbered(50, seed=3)
    assert hash(numbered(50, seed=3)) == hash(numbered(50, seed=3))
    assert numbered(50, seed=3) != numbered(50, seed=4)


def test_shuffling_leaves_the_callers_arrays_alone():
    samples, labels = np.arange(20.0)[:, None], np.arange(20) % 2

    training_set(samples, labels)

    assert samples[:, 0].tolist() == list(range(20))
    assert labels.tolist() == [0, 1] * 10


def test_the_last_samples_are_held_out():
    trset = numbered(10, nvalid=3, shuffle=False)

    assert trset.valid.x[:, 0].tolist() == [7, 8, 9]


def test_the_whole_set_is_one_batch_unless_told_otherwise():
    trset = numbered(10, nvalid=2)

    assert (trset.batch, trset.n_batches) == (8, 1)


def test_a_batch_larger_than_the_set_is_the_set():
    assert numbered(10, batch=64).batch == 10


def test_online_learning_has_batches_of_one():
    assert numbered(10, online=True).batch == 1


def test_the_header_counts_labels():
    trset = training_set([[0]] * 5, list("abbab"), name="letters", batch=2, nvalid=1, shuffle=False)

    assert trset.header == Header("letters", None, (1, 1), ("a", "b"), ((1, 1), (1, 1)), (0, 1))
    assert trset.header.batches == ({"a": 1, "b": 1}, {"a": 1, "b": 1})
    assert trset.header.valid == {"b": 1}


@given(st.integers(2, 50), st.integers(1, 60))
def test_the_label_counts_add_up(n, batch):
    trset = numbered(n, batch=batch)

    assert [sum(counts.values()) for counts in trset.header.batches] == [
        len(range(n)[part]) for part in trset.batch_slices()
    ]


def test_values_are_not_counted():
    header = training_set([[0], [1]], [0.5, 1.5]).header

    assert (header.labels, header.batches, header.valid) == (None, (), {})


@given(st.integers(1, 5000))
def test_the_field_is_the_most_square_one(n):
    larger, smaller = divisors(n)

    assert larger * smaller == n
    assert larger >= smaller
    assert not any(n % k == 0 for k in range(smaller + 1, int(n**0.5) + 1))


def test_a_sample_with_a_shape_is_its_own_field():
    assert training_set(np.zeros((2, 1, 3, 5)), [0, 1]).header.field_size == (1, 3, 5)


def test_the_field_can_be_given():
    assert training_set(np.zeros((2, 12)), [0, 1], field_size=[2, 6]).header.field_size == (2, 6)


def test_a_set_without_labels_has_no_targets():
    trset = training_set([[0], [1]], None)

    assert (trset.y, trset.labels, trset.outputs) == (None, None, 0)


def test_8_bit_samples_can_stay_8_bit():
    trset = training_set([[0], [255]], [0, 1], dtype=np.uint8, scale=1 / 255, nvalid=1)

    assert trset.x.dtype == trset.valid.x.dtype == np.uint8
    assert trset.data.scale == trset.valid.scale == 1 / 255


def test_validation_samples_can_be_given():
    trset = training_set([[0], [1], [2]], ["a", "b", "c"], valid=([[5]], ["b"]))

    assert len(trset) == 3
    assert trset.valid == DataSet([[5]], [[0, 1, 0]], ("a", "b", "c"))
    assert trset.header.valid == {"b": 1}


def test_values_can_be_validated_too():
    trset = training_set([[0], [1]], [1, 2], targets="values", valid=([[5]], [9]))

    assert trset.valid.y.tolist() == [[9]]


def test_a_data_set_can_be_the_validation():
    valid = test_set([[5]], ["b"], known_labels=["a", "b"])

    assert training_set([[0], [1]], ["a", "b"], valid=valid).valid is valid


@pytest.mark.parametrize(
    ("valid", "error", "said"),
    [
        (([[1, 2]], ["a"]), ShapeError, "(2,), training samples (1,)"),
        (([[1]], ["z"]), LabelError, "never seen in training: 'z'"),
        (([[1]], ["a", "b"]), LabelError, "1 samples have 2 labels"),
        ([[1]], OptionError, "pair"),
        (DataSet([[1, 2]], [[0, 1]], ("a", "b")), ShapeError, "float32 (1,) * 1, not float32 (2,) * 1"),
        (DataSet(np.ones((1, 1))), ShapeError, "not float64"),
        (DataSet([[1]], [[0, 1]], ("b", "a")), LabelError, "('b', 'a')"),
    ],
)
def test_the_validation_set_must_be_made_like_the_training_set(valid, error, said):
    with pytest.raises(error, match=re.escape(said)):
        training_set([[0], [1]], ["a", "b"], valid=valid)


BAD_OPTIONS = [
    ({"batch": 0}, "batch= takes a whole number of at least 1, not 0"),
    ({"batch": -3}, "not -3"),
    ({"batch": 2.0}, "not 2.0"),
    ({"batch": True}, "not True"),
    ({"batch": "all"}, "not 'all'"),
    ({"batch": 2, "online": True}, "contradicts batch=2"),
    ({"nvalid": 10}, "nvalid=10 of 10 samples"),
    ({"nvalid": -1}, "at least 0, not -1"),
    ({"nvalid": 0.2}, "nvalid= takes a whole number of at least 0, not 0.2"),
    ({"nvalid": 2, "valid": ([[1]], [1])}, "one of them"),
    ({"shuffle": True}, "'once' or 'epoch'"),
    ({"seed": -1}, "seed="),
    ({"seed": None}, "seed="),
    ({"scale": 0}, "scale="),
    ({"field_size": (2, 3)}, "holds 6 values, a sample has 1"),
    ({"field_size": 28}, "field_size="),
]


@pytest.mark.parametrize(("options", "said"), BAD_OPTIONS, ids=[said for _, said in BAD_OPTIONS])
def test_the_error_says_what_is_wrong_with_an_option(options, said):
    with pytest.raises(OptionError, match=re.escape(said)):
        numbered(10, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shuffle": "epochs"}, "did you mean 'epoch'?"),
        ({"shuffle": 3}, "known: False, balanced, epoch, once"),
        ({"targets": "class"}, "did you mean 'classes'?"),
        ({"dtype": "float23"}, "did you mean 'float32'"),
        ({"dtype": "int64"}, "dtype 'int64'"),
        ({"dtype": None}, "dtype None"),
        ({"dtype": [1]}, "dtype [1]"),
    ],
)
def test_an_unknown_name_is_met_with_the_nearest_ones(options, said):
    with pytest.raises(UnknownNameError, match=re.escape(said)):
        numbered(10, **options)


def test_a_training_set_checks_what_it_is_made_of():
    data = DataSet([[1]], [[1]])

    with pytest.raises(OptionError, match="batch="):
        TrainingSet(data, batch=0)
    with pytest.raises(ShapeError, match="validation"):
        TrainingSet(data, batch=1, valid=DataSet([[1, 2]], [[1]]))
    with pytest.raises(OptionError, match="epoch="):
        TrainingSet(data, batch=1).order(-1)


def test_a_training_set_describes_itself():
    trset = numbered(10, nvalid=2, batch=4, name="tens")

    assert repr(trset) == (
        "<TrainingSet 'tens' 2 batches of 4, 2 for validation, shuffle='once': "
        "<DataSet 8 samples (1,) float32, 2 labels 0, 1>>"
    )
    assert TrainingSet(trset.data, batch=4).header.batch_counts == trset.header.batch_counts


def test_a_training_set_cannot_be_changed():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        numbered().batch = 3


def test_a_test_set_keeps_its_order():
    assert test_set(np.arange(50)[:, None]).x[:, 0].tolist() == list(range(50))


def test_a_test_set_can_be_shuffled():
    shuffled = test_set(np.arange(50)[:, None], np.arange(50) % 2, shuffle=True)

    assert sorted(shuffled.x[:, 0].tolist()) == list(range(50)) != shuffled.x[:, 0].tolist()
    assert (shuffled.y[:, 1] == shuffled.x[:, 0] % 2).all()


def test_a_test_set_follows_the_labels_of_the_training_set():
    trset = training_set([[0], [1], [2]], ["a", "b", "c"])

    teset = test_set([[1], [1]], ["b", "b"], known_labels=trset.labels)

    assert teset.labels == trset.labels
    assert teset.y.tolist() == [[0, 1, 0]] * 2


def test_a_label_that_training_never_saw_is_named():
    with pytest.raises(LabelError, match="never seen in training: 'q'"):
        test_set([[1]], ["q"], known_labels=["a", "b"])


@pytest.mark.parametrize("known", [3, "ab"])
def test_known_labels_are_a_sequence(known):
    with pytest.raises(OptionError, match="known_labels= takes a sequence"):
        test_set([[1]], [1], known_labels=known)


def test_known_labels_are_plain_values():
    labels = test_set([[1]], [1], known_labels=np.arange(2)).labels

    assert [type(label) for label in labels] == [int, int]


def test_a_test_set_is_shuffled_or_not():
    with pytest.raises(OptionError, match="True or False, not 'epoch'"):
        test_set([[1]], shuffle="epoch")


def test_a_test_set_of_nothing_is_refused():
    with pytest.raises(DataError, match="empty"):
        test_set(np.empty((0, 3)))
