"""Products of our own are those of numpy, whatever the shape, and touch nothing beside."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from synapse_rx import fast
from synapse_rx.products.choose import why_not_our_own
from tests.docs.shell import ROOT

pytestmark = pytest.mark.skipif(fast.why_not() is not None, reason=f"{fast.why_not()}")

SHAPES = [
    (1, 1, 70_000),
    (3, 50, 600),
    (7, 10, 1000),
    (17, 100, 64),
    (29, 23, 301),
    (64, 64, 64),
    (100, 33, 37),
    (128, 112, 257),
]


@pytest.fixture(scope="module")
def tiled() -> int:
    fast.load()
    from synapse_rx.products.product_kernel import tiled_products

    return tiled_products() or pytest.skip("this machine has no vectors of 16 numbers")


def product(where: int, turned: int, a: Any, b: Any, c: Any, k: int, scale: float, adds: int) -> None:
    from synapse_rx.products.product_kernel import WORD, multiply_any

    numbers = np.array([0, 1, scale], np.float32)
    at = numbers.ctypes.data
    shape = (len(c), c.shape[1] - 3, k)
    addresses = [(array.ctypes.data, array.shape[1]) for array in (a, b, c)]
    multiply_any(where, turned, shape, at + 2 * WORD, *addresses[:2], adds, addresses[2], at)


def factors(turned: int, n: int, m: int, k: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal((n, k)), rng.standard_normal((k, m))
    a, b = a.T if turned == 2 else a, b.T if turned == 1 else b
    return np.ascontiguousarray(a, np.float32), np.ascontiguousarray(b, np.float32)


def exactly(turned: int, a: Any, b: Any) -> Any:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a.T if turned == 2 else a) @ (b.T if turned == 1 else b)


@pytest.mark.parametrize(("n", "m", "k"), SHAPES, ids=str)
@pytest.mark.parametrize("turned", [0, 1, 2], ids=["plain", "right turned", "left turned"])
@pytest.mark.parametrize("own", [True, False], ids=["own", "library"])
def test_a_product_is_numpy_s(own: bool, turned: int, n: int, m: int, k: int, tiled: int) -> None:
    a, b = factors(turned, n, m, k)
    before = np.random.default_rng(5).standard_normal((n, m + 3)).astype(np.float32)

    for adds in (0, 1):
        c = before.copy()
        product(tiled if own else 0, turned, a, b, c, k, -0.5, adds)

        wanted = -0.5 * exactly(turned, a, b) + (before[:, :m] if adds else 0)
        np.testing.assert_allclose(c[:, :m], wanted, atol=4e-6 * np.sqrt(k), rtol=1e-5)
        np.testing.assert_array_equal(c[:, m:], before[:, m:])


def test_what_is_not_a_number_stays_in_its_row(tiled: int) -> None:
    a, b = factors(0, 40, 50, 60)
    a[7, 3] = np.nan
    c = np.zeros((40, 53), np.float32)

    product(tiled, 0, a, b, c, 60, 1.0, 0)

    assert np.isnan(c[7, :50]).all() and np.isfinite(np.delete(c, 7, axis=0)).all()


def test_the_same_product_has_the_same_bits_wherever_it_lies(tiled: int) -> None:
    a, b = factors(2, 100, 30, 300)
    found = []
    for shift in range(3):
        moved = np.empty(a.size + 16, np.float32)[shift : shift + a.size].reshape(a.shape)
        moved[:] = a
        c = np.empty((100, 33), np.float32)
        product(tiled, 2, moved, b, c, 300, 1.0, 0)
        found.append(c[:, :30].tobytes())

    assert len(set(found)) == 1


def test_the_library_s_are_taken_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from synapse_rx.products.product_kernel import tiled_products

    monkeypatch.setenv("SYNAPSE_RX_PRODUCTS", "library")

    assert why_not_our_own() == "SYNAPSE_RX_PRODUCTS=library"
    assert tiled_products() == 0


def crowd() -> None:
    """
    Multiply on several threads at once, and say how many different results there were.
    """
    from synapse_rx.products.product_kernel import tiled_products

    where = tiled_products()
    a, b = factors(0, 64, 96, 256)

    def results(number: int) -> list[bytes]:
        found = []
        for _ in range(100):
            c = np.zeros((64, 99), np.float32)
            product(where, 0, a, b, c, 256, 1.0, 0)
            found.append(c.tobytes())
        return found

    with ThreadPoolExecutor(6) as threads:
        print(len({one for found in threads.map(results, range(12)) for one in found}))


def test_threads_that_take_memory_do_not_get_what_a_product_works_in(tiled: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.products.test_products import crowd; crowd()"],
        cwd=ROOT,
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},  # so that threads take memory from one place
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr
