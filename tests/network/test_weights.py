"""Histograms of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import synapse_rx as sx
from synapse_rx.errors import DataError, OptionError
from synapse_rx.network import Histogram, weight_histograms
from synapse_rx.params import Layout, ParameterSpec, Params
from tests.nets import small_net

LARGEST = np.finfo(np.float64).max
TINIEST = np.nextafter(0, 1)


def histogram(values: Any, bins: int = 20) -> Histogram:
    flat = np.array(values)
    layout = Layout.of({(0,): (ParameterSpec("W", flat.shape, None),)})
    return weight_histograms(Params(layout, flat), bins)["0.W"]


def test_every_parameter_has_one_under_its_name() -> None:
    found = weight_histograms(small_net(), bins=5)

    assert list(found) == ["0.W", "0.b", "1.W", "1.b"]
    assert all(len(each.counts) == 5 and len(each.edges) == 6 for each in found.values())


def test_there_are_twenty_bins_unless_asked_otherwise() -> None:
    assert len(weight_histograms(small_net())["0.W"].counts) == 20


def test_biases_can_be_left_out() -> None:
    assert list(weight_histograms(small_net(), biases=False)) == ["0.W", "1.W"]


def test_cells_snapshots_and_parameters_can_all_be_asked() -> None:
    cell = small_net()
    net = cell.value if isinstance(cell, sx.Atom) else cell

    assert weight_histograms(sx.atom(net)) == weight_histograms(net) == weight_histograms(net.params)


def test_counts_and_edges_are_those_of_numpy(rng: np.random.Generator) -> None:
    values = rng.standard_normal(1000)

    ours = histogram(values)

    counts, edges = np.histogram(values, 20)
    np.testing.assert_array_equal(ours.counts, counts)
    np.testing.assert_allclose(ours.edges, edges)


def test_a_number_on_an_edge_belongs_to_the_bin_above_and_the_largest_to_the_last() -> None:
    found = histogram([0.0, 1, 2, 3, 4], bins=2)

    np.testing.assert_array_equal(found.counts, [2, 3])
    np.testing.assert_array_equal(found.centres, [1, 3])


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 1e20, -1e300, LARGEST, TINIEST])
def test_equal_numbers_lie_in_the_middle(value: float) -> None:
    found = histogram([value] * 3, bins=5)

    assert found.counts.sum() == 3
    assert found.edges[0] <= value <= found.edges[-1]


def test_equal_numbers_of_everyday_size_have_bins_one_wide_altogether() -> None:
    np.testing.assert_allclose(histogram([2.0, 2.0], bins=2).edges, [1.5, 2, 2.5])


@given(
    hnp.arrays(st.sampled_from([np.float32, np.float64]), st.integers(0, 20), elements=st.floats(width=32)),
    st.integers(1, 40),
)
def test_every_number_is_counted_once_or_lost(values: Any, bins: int) -> None:
    found = histogram(values, bins)

    assert len(found.counts) == bins
    assert found.counts.sum() + found.lost == len(values)
    assert found.lost == np.count_nonzero(~np.isfinite(values))
    assert (np.diff(found.edges) > 0).all()


@pytest.mark.parametrize(
    "values",
    [
        [-LARGEST, LARGEST],
        [1e20, np.nextafter(1e20, np.inf)],
        [1e-310, 2e-310],
        [0, TINIEST],
        [np.nan, np.inf, 1],
        [np.nan],
        [],
    ],
)
def test_numbers_at_the_ends_of_what_there_is_are_counted(values: list[float]) -> None:
    found = histogram(np.array(values, float), bins=7)

    assert found.counts.sum() == np.count_nonzero(np.isfinite(values))
    assert np.isfinite(found.edges).all()


def test_a_histogram_cannot_be_written_to() -> None:
    found = histogram([1.0, 2.0])

    with pytest.raises(ValueError, match="read-only"):
        found.counts[0] = 5


@pytest.mark.parametrize("bins", [0, -1, 2.5, True, "20"])
def test_bins_are_a_whole_number(bins: Any) -> None:
    with pytest.raises(OptionError, match="bins= takes a whole number of at least 1"):
        weight_histograms(small_net(), bins)


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(DataError, match="takes a network or its parameters, not int"):
        weight_histograms(3)  # type: ignore[arg-type]
