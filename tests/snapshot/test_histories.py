from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest

from synapse_rx.snapshot import Histories


def two_epochs() -> Histories:
    return Histories().append({"cross_entropy": 0.7}, 0).append({"cross_entropy": 0.5}, 1)


def test_each_kind_has_its_history() -> None:
    histories = two_epochs()

    assert list(histories) == ["cross_entropy"]
    assert list(histories["cross_entropy"]) == [0.7, 0.5]


def test_kinds_may_be_spelled_with_a_dash() -> None:
    histories = two_epochs().append({"cross-entropy": 0.4}, 2)

    assert list(histories) == ["cross_entropy"]
    assert histories["cross-entropy"] == histories["Cross Entropy"] == histories["cross_entropy"]
    assert histories["cross_entropy"][-1] == 0.4


def test_a_kind_that_comes_later_is_aligned_with_the_others() -> None:
    histories = two_epochs().append({"cross_entropy": 0.4, "misclassification": 0.1}, 2)

    np.testing.assert_array_equal(histories["misclassification"], [np.nan, np.nan, 0.1])


def test_a_kind_that_is_left_out_stays_aligned_with_the_others() -> None:
    histories = two_epochs().append({"squared_error": 1.0}, 2).append({"cross_entropy": 0.3}, 3)

    np.testing.assert_array_equal(histories["cross_entropy"], [0.7, 0.5, np.nan, 0.3])
    np.testing.assert_array_equal(histories["squared_error"], [np.nan, np.nan, 1.0, np.nan])


def test_appending_nothing_to_nothing_changes_nothing() -> None:
    empty = Histories()

    assert empty.append({}, 7) is empty


def test_the_older_version_stays_as_it_was() -> None:
    histories = two_epochs()

    histories.append({"cross_entropy": 0.1, "misclassification": 0.0}, 2)

    assert list(histories) == ["cross_entropy"]
    assert len(histories["cross_entropy"]) == 2


def test_a_thousand_epochs_copy_ten_times() -> None:
    versions = [two_epochs()]
    for epoch in range(2, 1000):
        versions.append(versions[-1].append({"cross_entropy": 0.1}, epoch))

    series = [version["cross_entropy"].array for version in versions]

    assert sum(not np.shares_memory(a, b) for a, b in pairwise(series)) <= 10


def test_asking_for_another_kind_names_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"'misclassification' was not recorded; recorded: cross_entropy"):
        two_epochs()["misclassification"]
    with pytest.raises(KeyError, match="nothing yet"):
        Histories()["loss"]


def test_equal_content_is_equal() -> None:
    blank = two_epochs().append({"misclassification": float("nan")}, 2)
    same = two_epochs().append({"misclassification": float("nan")}, 2)

    assert blank == same
    assert hash(blank) == hash(same)
    assert blank != two_epochs()
    assert pickle.loads(pickle.dumps(blank)) == blank


def test_it_shows_the_newest_values_of_each() -> None:
    assert repr(two_epochs()) == "<Histories cross_entropy <Series of 2: 0.7 0.5>>"
    assert repr(Histories()) == "<Histories none>"
