"""Several inputs and several targets in one row a sample."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.errors import DataError, LabelError, ShapeError

A, B = np.arange(24.0).reshape(6, 4), np.arange(36.0).reshape(6, 2, 3)
NAMES = np.array(["x", "y", "z"] * 2)
VALUES = np.linspace(0, 1, 6)


def test_inputs_and_targets_stand_one_behind_the_other() -> None:
    data = sx.training_set((A, B), (NAMES, VALUES), shuffle=False).data

    np.testing.assert_array_equal(data.x, np.concatenate([A, B.reshape(6, 6)], axis=1))
    np.testing.assert_array_equal(data.y, np.column_stack([np.eye(3)[[0, 1, 2] * 2], VALUES]).astype("f4"))
    assert data.parts.inputs == ((4,), (2, 3))
    assert data.parts.targets == (3, 1)
    assert data.classes == (("x", "y", "z"), None)
    assert data.labels is None


def test_rows_are_shuffled_and_parted_whole() -> None:
    trset = sx.training_set((A, B), (NAMES, VALUES), nvalid=2, seed=3)

    assert trset.valid is not None
    for part in (trset.data, trset.valid):
        rows = (part.x[:, 0] / 4).astype(int)
        np.testing.assert_array_equal(part.x[:, 4:], B.reshape(6, 6)[rows])
        np.testing.assert_allclose(part.y[:, 3], VALUES[rows], rtol=1e-6)
        assert part.parts == trset.data.parts


def test_one_input_may_have_several_targets_and_the_other_way_round() -> None:
    assert sx.training_set(A, (NAMES, VALUES)).data.parts.inputs == ()
    one = sx.training_set((A, B), NAMES)
    assert one.labels == one.data.classes == ("x", "y", "z")


def test_a_list_of_samples_is_one_input_still() -> None:
    assert sx.test_set([B, B]).x.shape == (2, 6, 2, 3)


def test_a_test_set_follows_the_classes_of_each_target() -> None:
    trset = sx.training_set((A, B), (NAMES, VALUES))

    teset = sx.test_set((A[:2], B[:2]), (NAMES[1:3], VALUES[:2]), known_labels=trset.data.classes)

    np.testing.assert_array_equal(teset.y[:, :3], [[0, 1, 0], [0, 0, 1]])


def test_validation_of_its_own_is_joined_alike() -> None:
    trset = sx.training_set((A, B), (NAMES, VALUES), valid=((A, B), (NAMES, VALUES)), shuffle=False)

    assert trset.valid == trset.data
    with pytest.raises(ShapeError, match="validation samples"):
        sx.training_set((A, B), (NAMES, VALUES), valid=((B, A), (NAMES, VALUES)))


def test_parts_are_part_of_the_value(tmp_path: Path) -> None:
    trset = sx.training_set((A, B), (NAMES, VALUES), nvalid=2)
    joined = sx.DataSet(trset.data.x, trset.data.y)

    assert joined != trset.data
    assert pickle.loads(pickle.dumps(trset.data)) == trset.data
    sx.save_training_set(trset, tmp_path / "set.safetensors")
    assert sx.open_training_set(tmp_path / "set.safetensors") == trset


@pytest.mark.parametrize(
    ("samples", "labels", "error", "told"),
    [
        ((A, B[:5]), NAMES, DataError, r"as many samples each, but there are \[6, 5\]"),
        ((A, B * np.nan), NAMES, DataError, "samples must be finite"),
        (A, (NAMES, VALUES + np.inf), LabelError, "finite"),
        (A, (NAMES, np.array(["x"] * 6)), LabelError, "every label is 'x'"),
        (A, (NAMES[:5], VALUES), LabelError, "6 samples have 5 labels"),
    ],
)
def test_what_does_not_fit_is_refused(samples: Any, labels: Any, error: Any, told: str) -> None:
    with pytest.raises(error, match=told):
        sx.training_set(samples, labels)


def test_known_labels_are_those_of_each_target() -> None:
    with pytest.raises(LabelError, match="as many tuples of labels, None for values"):
        sx.test_set(A, (NAMES, VALUES), known_labels=("x", "y", "z"))
