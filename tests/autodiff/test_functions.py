"""Every function of numpy with a rule: values, gradients and gradients of gradients, on many shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synapse_rx.autodiff import vjp
from synapse_rx.autodiff.tables import FUNCTIONS, METHODS, named
from tests.autodiff.cases import CASES, Use
from tests.autodiff.differences import check, numbers

USES = [(name, least, use) for name, (least, uses) in CASES.items() for use in uses]
NAMES = [f"{name}-{k}" for name, (_, uses) in CASES.items() for k in range(len(uses))]

# The names of numpy's newer interface, which stand for what is tested under the older one.
TWINS = {
    "concat": "concatenate",
    "cumulative_prod": "cumprod",
    "linalg.cross": "cross",
    "linalg.diagonal": "diagonal",
    "linalg.matmul": "matmul",
    "linalg.matrix_transpose": "matrix_transpose",
    "linalg.outer": "outer",
    "linalg.tensordot": "tensordot",
    "linalg.trace": "trace",
    "linalg.vecdot": "vecdot",
    "linalg.vector_norm": "linalg.norm",
    "row_stack": "vstack",
    "amax": "max",
    "amin": "min",
    "ascontiguousarray": "copy",
    "asfortranarray": "copy",
    "real_if_close": "real",
}


@pytest.mark.parametrize(("name", "least", "use"), USES, ids=NAMES)
@settings(max_examples=8)
@given(data=st.data(), seed=st.integers(0, 1000))
def test_values_and_derivatives(name: str, least: int, use: Use, data: st.DataObject, seed: int) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=least, max_dims=3, max_side=3))

    check(use, numbers(shape, seed))


@pytest.mark.parametrize(("name", "least", "use"), USES, ids=NAMES)
def test_float32_stays_float32(name: str, least: int, use: Use) -> None:
    x = numbers((2, 3, 2)[: max(least, 1)], 1).astype(np.float32)

    y, pullback = vjp(lambda x: use(x) * np.float32(1), x)
    (dx,) = pullback(np.ones_like(y))

    assert dx.dtype == np.float32
    assert y.dtype in (np.float32, use(x).dtype)


def test_every_function_with_a_rule_is_tested() -> None:
    tested = set(named(*CASES, *TWINS)) | {"getitem", "astype"}

    assert {getattr(f, "__name__", f) for f in set(FUNCTIONS) - tested} == set()
    assert all(twin in CASES for twin in TWINS.values())


def test_every_method_of_a_ufunc_with_a_rule_is_tested() -> None:
    assert {method for _, method in METHODS} == {"reduce", "accumulate", "outer"}


def test_newer_names_are_the_same_functions() -> None:
    x = numbers((3, 3), 4)
    twins: list[tuple[str, Any, Any]] = [
        ("concat", lambda x: np.concat([x, x]), lambda x: np.concatenate([x, x])),
        ("cumulative_prod", lambda x: np.cumulative_prod(x, axis=0), lambda x: np.cumprod(x, axis=0)),
        ("cumulative_sum", lambda x: np.cumulative_sum(x, axis=1), lambda x: np.cumsum(x, axis=1)),
        ("permute_dims", lambda x: np.permute_dims(x, (1, 0)), np.transpose),
        ("matrix_transpose", np.matrix_transpose, np.transpose),
        ("unstack", lambda x: np.unstack(x)[1], lambda x: x[1]),
        ("astype", lambda x: np.astype(x, np.float64), lambda x: x * 1),
        ("linalg.cross", lambda x: np.linalg.cross(x, x + 1), lambda x: np.cross(x, x + 1)),
        ("linalg.diagonal", np.linalg.diagonal, np.diagonal),
        ("linalg.matmul", lambda x: np.linalg.matmul(x, x), lambda x: x @ x),
        ("linalg.matrix_transpose", np.linalg.matrix_transpose, np.transpose),
        ("linalg.outer", lambda x: np.linalg.outer(x[0], x[1]), lambda x: np.outer(x[0], x[1])),
        ("linalg.tensordot", lambda x: np.linalg.tensordot(x, x), lambda x: np.tensordot(x, x)),
        ("linalg.trace", np.linalg.trace, np.trace),
        ("linalg.vecdot", lambda x: np.linalg.vecdot(x, x), lambda x: (x * x).sum(-1)),
        ("linalg.vector_norm", np.linalg.vector_norm, lambda x: np.linalg.norm(x.ravel())),
        ("linalg.vector_norm", lambda x: np.linalg.vector_norm(x, axis=0, ord=1), lambda x: abs(x).sum(0)),
    ]
    if not named("linalg.vecdot"):
        pytest.skip("this numpy has no newer names")

    for name, new, old in twins:
        (y, new_pullback), (wanted, pullback) = vjp(new, x), vjp(old, x)
        np.testing.assert_allclose(y, wanted, err_msg=name)
        np.testing.assert_allclose(new_pullback(y)[0], pullback(y)[0], err_msg=name)
