from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synapse_rx.activations import ELU, GELU, Activation, ClippedReLU, LeakyReLU, LogSoftmax, Softmax, Swish
from synapse_rx.errors import OptionError, ShapeError


@pytest.mark.parametrize(
    ("make", "value", "wanted"),
    [
        (LeakyReLU, -0.1, "slope of leaky_relu must be a number in [0, 1], not -0.1"),
        (LeakyReLU, float("nan"), "slope of leaky_relu must be a number in [0, 1], not nan"),
        (LeakyReLU, "0.1", "slope of leaky_relu must be a number in [0, 1], not '0.1'"),
        (ELU, -1, "alpha of elu must be a number >= 0, not -1.0"),
        (ELU, None, "alpha of elu must be a number >= 0, not None"),
        (Swish, 0, "beta of swish must be a number > 0, not 0.0"),
        (Swish, float("inf"), "beta of swish must be a number > 0, not inf"),
        (ClippedReLU, 0, "ceiling of clipped_relu must be a number > 0, not 0.0"),
        (Softmax, 1.0, "axis of softmax must be a whole number, not 1.0"),
        (LogSoftmax, True, "axis of log_softmax must be a whole number, not True"),
        (GELU, "tanh", "approximate of gelu must be True or False, not 'tanh'"),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(make: Any, value: Any, wanted: str) -> None:
    with pytest.raises(OptionError) as caught:
        make(value)

    assert str(caught.value) == wanted


def test_numbers_of_any_kind_become_floats() -> None:
    assert Activation.of("elu", alpha=np.float32(2)).to_data() == {"kind": "elu", "alpha": 2.0}
    assert type(LeakyReLU(1).slope) is float


options = st.one_of(
    st.builds(LeakyReLU, st.floats(0, 1)),
    st.builds(ELU, st.floats(0, 1e6)),
    st.builds(Swish, st.floats(1e-6, 1e6)),
    st.builds(GELU, st.booleans()),
    st.builds(ClippedReLU, st.floats(1e-6, 1e6)),
    st.builds(Softmax, st.integers(-4, 3)),
    st.builds(LogSoftmax, st.integers(-4, 3)),
)


@given(options)
def test_any_options_survive_the_way_to_plain_data_and_back(f: Activation) -> None:
    assert Activation.of(f.to_data()) == f
    assert hash(Activation.of(f.to_data())) == hash(f)


@pytest.mark.parametrize(("axis", "shape"), [(2, (3, 4)), (-3, (3, 4)), (1, (5,))])
def test_an_axis_that_samples_do_not_have_is_refused(axis: int, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=rf"softmax along axis {axis} needs samples with more axes than"):
        Softmax(axis).check(shape)


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_an_axis_that_samples_have_is_taken(axis: int) -> None:
    Softmax(axis).check((3, 4))
