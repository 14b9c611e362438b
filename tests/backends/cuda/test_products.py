"""Products of matrices by cuBLAS, whose interface a library for the CPU stands in for."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synapse_rx.backends import CupyBackend
from synapse_rx.backends.array_module import ArrayModule
from synapse_rx.backends.cuda import cublas
from synapse_rx.backends.cuda.products import Products, trials
from tests.strict import StrictArray
from tests.strict.cuda import StandInCublas, cannot
from tests.strict.runtime import StrictCupy

REALS = (np.dtype("f4"), np.dtype("f8"))
SIZES = st.integers(1, 6)


@pytest.fixture(scope="module")
def cupy() -> Iterator[StrictCupy]:
    """
    cupy with a stream, and with a library in place of cuBLAS.
    """
    if (reason := cannot()) is not None:
        pytest.skip(reason)
    made = StrictCupy()
    with pytest.MonkeyPatch.context() as patch, made.cuda.Stream():
        patch.setattr(cublas, "load", lambda xp: StandInCublas())
        yield made


@pytest.fixture(scope="module")
def ours(cupy: StrictCupy) -> Products:
    return Products(cupy)


def laid(draw: Any, shape: tuple[int, ...], rng: np.random.Generator, dtype: Any) -> np.ndarray:
    """
    Return numbers that lie in memory in one of many ways: axes in any order, in the midst of others, or repeated.
    """
    order = draw(st.permutations(range(len(shape))))
    room = [shape[axis] + draw(st.integers(0, 2)) for axis in order]
    begin = [draw(st.integers(0, whole - shape[axis])) for whole, axis in zip(room, order, strict=True)]
    host = np.asarray(rng.uniform(-1, 1, room), dtype)
    part = host[(*(slice(at, at + shape[axis]) for at, axis in zip(begin, order, strict=True)), ...)]
    return part.transpose(np.argsort(order))


@st.composite
def factors(draw: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Return two arrays that numpy multiplies, and room for the product, all lying anyhow.
    """
    rng, dtype = np.random.default_rng(draw(st.integers(0, 99))), draw(st.sampled_from(REALS))
    m, k, n = draw(SIZES), draw(SIZES), draw(SIZES)
    batches = tuple(draw(st.lists(st.integers(1, 3), max_size=3)))
    cut, alone = draw(st.integers(0, len(batches))), draw(st.sampled_from(["a", "b", "neither"]))
    left = tuple(1 if alone == "a" else size for size in batches)
    right = batches[cut:] if alone != "b" else tuple(1 for _ in batches)
    a, b = laid(draw, (*left, m, k), rng, dtype), laid(draw, (*right, k, n), rng, dtype)
    vector = draw(st.sampled_from(["a", "b", "both", "none", "none"]))
    if vector in ("a", "both"):
        a = a[(0,) * (a.ndim - 1)]
    if vector in ("b", "both"):
        b = b[(*(0,) * (b.ndim - 2), slice(None), 0)]
    return a, b, laid(draw, np.shape(np.matmul(a, b)), rng, dtype)


def there(host: np.ndarray) -> StrictArray:
    """
    Return the very memory as that of a device.
    """
    return StrictArray(host)


@given(factors())
@settings(max_examples=150, deadline=None)
def test_any_product_is_what_numpy_makes_of_it(
    cupy: StrictCupy, ours: Products, given: tuple[np.ndarray, ...]
) -> None:
    a, b, out = given
    expected = np.matmul(a, b)

    found = ours.matmul(there(a), there(b), out=there(out))

    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
    assert found.shape == out.shape


@pytest.mark.parametrize("dtype", REALS)
def test_all_kinds_of_layers_are_the_librarys(cupy: StrictCupy, ours: Products, dtype: Any) -> None:
    for name, a, b, out in trials(dtype):
        assert ours._product(there(a), there(b), there(out)) is not None, name
        np.testing.assert_allclose(out, np.matmul(a, b), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("a", "b", "out"),
    [
        (np.ones((2, 3), "f4"), np.ones((3, 2), "f8"), np.ones((2, 2), "f8")),
        (np.ones((2, 3), int), np.ones((3, 2), int), np.ones((2, 2), int)),
        (np.ones((2, 6), "f4")[:, ::2], np.ones((3, 4), "f4")[:, ::2], np.ones((2, 2), "f4")),
        (np.broadcast_to(np.ones(3, "f4"), (2, 3)), np.ones((3, 2), "f4"), np.ones((2, 2), "f4")),
        (np.ones((2, 0), "f4"), np.ones((0, 2), "f4"), np.ones((2, 2), "f4")),
        (np.ones((4, 3), "f4")[::-1], np.ones((3, 2), "f4"), np.ones((4, 2), "f4")),
    ],
    ids=["two types", "whole numbers", "every second", "repeated", "nothing", "backwards"],
)
def test_what_does_not_fit_the_library_is_the_array_modules(
    a: Any, b: Any, out: Any, cupy: StrictCupy, ours: Products
) -> None:
    assert ours._product(there(a), there(b), there(out)) is None

    ours.matmul(there(a), there(b), out=there(out))

    np.testing.assert_array_equal(out, np.matmul(a, b))


def test_a_product_into_one_of_its_factors_is_the_array_modules(cupy: StrictCupy, ours: Products) -> None:
    room = np.arange(12, dtype="f4").reshape(4, 3)
    a, b = room[:3], np.eye(3, dtype="f4")

    assert ours._product(there(a), there(b), there(room[1:])) is None


def test_without_room_for_it_a_product_makes_its_own(cupy: StrictCupy, ours: Products) -> None:
    xp = ArrayModule(cupy, matmul=ours.matmul, dot=ours.dot)
    a, b = there(np.arange(6, dtype="f4").reshape(2, 3)), there(np.arange(3, dtype="f4"))

    np.testing.assert_array_equal(cupy.asnumpy(xp.dot(a, b)), [5, 14])
    np.testing.assert_array_equal(cupy.asnumpy(xp.dot(b, b)), 5)
    assert xp.add is xp.add and xp.float32 is np.float32


def test_a_new_stream_is_given_the_workspace_again(cupy: StrictCupy) -> None:
    made, one = Products(cupy), there(np.ones((2, 2), "f4"))
    for _ in range(2):
        with cupy.cuda.Stream():  # the library refuses products without a workspace
            assert made._product(one, one, there(np.ones((2, 2), "f4"))) is not None
    made.release()
    assert made.room is None
    assert made._product(one, one, there(np.ones((2, 2), "f4"))) is not None


class TestRefused:
    """
    Where the library does not serve the array module does, and a warning says why.
    """

    @pytest.fixture
    def other(self, cupy: StrictCupy) -> Products:
        return Products(cupy)

    def _multiplies(self, made: Products) -> None:
        a, out = np.arange(4, dtype="f4").reshape(2, 2), np.zeros((2, 2), "f4")
        for _ in range(2):
            made.matmul(there(a), there(a), out=there(out))
        np.testing.assert_array_equal(out, a @ a)

    def test_one_that_is_not_there(
        self, other: Products, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def nowhere(xp: Any) -> Any:
            raise OSError("libcublas.so.13: cannot open shared object file")

        monkeypatch.setattr(cublas, "load", nowhere)
        with caplog.at_level(logging.WARNING, "synapse_rx"):
            self._multiplies(other)

        assert [record.message for record in caplog.records] == [
            "products of matrices are cupy's own, which no CUDA graph takes: "
            "libcublas.so.13: cannot open shared object file"
        ]

    def test_one_that_refuses(
        self, other: Products, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(cublas, "FLOATS", 2)  # another type than its computation is for
        with caplog.at_level(logging.WARNING, "synapse_rx"):
            self._multiplies(other)

        assert "cublasGemmEx says CUBLAS_STATUS_NOT_SUPPORTED" in caplog.records[0].message

    def test_one_that_errs(
        self, other: Products, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(cublas, "c_float", lambda value: ctypes.c_float(1.5 * value))
        with caplog.at_level(logging.WARNING, "synapse_rx"):
            self._multiplies(other)

        assert len(caplog.records) == 1 and "matrix matrix matrix" in caplog.records[0].message

    def test_another_precision_is_asked_for_by_its_number(
        self, cupy: StrictCupy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[int] = []
        multiply = cublas.Cublas.multiply
        monkeypatch.setattr(
            cublas.Cublas, "multiply", lambda self, *args: (asked.append(args[2]), multiply(self, *args))[1]
        )
        for precision in ("float32", "tf32", "bfloat16"):
            self._multiplies(Products(cupy, precision))

        assert set(asked) == {68, 77, 75}


def test_the_real_library_is_found_where_cupy_finds_it_and_says_why_it_does_not_serve() -> None:
    cupy = pytest.importorskip("cupy")
    try:
        library = cublas.load(cupy)
    except Exception as error:
        pytest.skip(f"cuBLAS is not installed: {error}")
    if CupyBackend.why_not() is None:
        pytest.skip("it serves: there is a GPU")

    with pytest.raises(cublas.CublasError, match="cublasCreate_v2 says CUBLAS_STATUS_NOT_INITIALIZED"):
        cublas.Cublas(library)
