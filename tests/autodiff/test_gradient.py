from __future__ import annotations

import gc
import math
import threading
import weakref
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

from synapse_rx.autodiff import Primitive, Traced, grad, stop_gradient, value_and_grad, vjp
from synapse_rx.errors import GradientError, OptionError
from tests.scratches import central_differences

X = np.array([[0.3, -1.2, 0.8], [2.0, 0.1, -0.4]])


def energy(x: Any) -> Any:
    return np.sum(np.sin(x) * x**2)


def test_a_gradient_has_the_shape_and_type_of_the_argument() -> None:
    dx = grad(energy)(X)

    assert type(dx) is np.ndarray
    np.testing.assert_allclose(dx, np.cos(X) * X**2 + 2 * X * np.sin(X))
    assert grad(energy)(X.astype(np.float32)).dtype == np.float32
    assert grad(lambda x: x**3)(2.0) == 12


def test_value_and_gradient_come_together() -> None:
    value, dx = value_and_grad(energy)(X)

    assert value == energy(X)
    assert not isinstance(value, Traced)
    np.testing.assert_array_equal(dx, grad(energy)(X))


def test_derivatives_of_any_order() -> None:
    def f(x: Any) -> Any:
        return np.exp(2 * x) * np.sin(x)

    wanted = (
        np.exp(2 * 0.7) * (3 * np.sin(0.7) + 4 * np.cos(0.7)),
        math.exp(1.4) * (2 * np.sin(0.7) + 11 * np.cos(0.7)),
    )
    assert grad(grad(f))(0.7) == pytest.approx(wanted[0], rel=1e-12)
    assert grad(grad(grad(f)))(0.7) == pytest.approx(wanted[1], rel=1e-12)


def test_what_an_inner_gradient_holds_constant_is_not_what_the_outer_one_does() -> None:
    # d/dx [x d/dy (x + y)] = 1, not 2 (Siskind & Pearlmutter, 2005).
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1


def test_the_hessian_is_symmetric() -> None:
    A = np.array([[2.0, 1.0], [0.5, 3.0]])

    def f(x: Any) -> Any:
        return np.sum(np.tanh(np.matmul(A, x)) ** 2)

    x = np.array([0.3, -0.2])
    hessian = [grad(lambda x, k=k: grad(f)(x)[k])(x) for k in range(2)]

    np.testing.assert_allclose(hessian, np.transpose(hessian), rtol=1e-12)
    np.testing.assert_allclose(hessian[0], central_differences(lambda x: grad(f)(x)[0], x), rtol=1e-6)


def test_arguments_are_chosen_by_position() -> None:
    def f(a: Any, b: Any, scale: float = 1.0) -> Any:
        return scale * np.sum(a * b**2)

    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0])

    np.testing.assert_array_equal(grad(f, 1)(a, b), 2 * a * b)
    da, db = grad(f, (0, 1))(a, b, scale=2.0)
    np.testing.assert_array_equal([da, db], [2 * b**2, 4 * a * b])
    assert isinstance(grad(f, [1])(a, b), tuple)


def test_only_the_chosen_arguments_need_to_be_real_numbers() -> None:
    labels = np.array([2, 0])

    dx = grad(lambda x, labels, name: np.sum(x[np.arange(2), labels]))(X, labels, "anything")

    np.testing.assert_array_equal(dx, [[0, 0, 1], [1, 0, 0]])


Pair = namedtuple("Pair", "w b")


def test_arguments_are_made_of_tuples_lists_and_dictionaries() -> None:
    params = {"first": Pair(X, np.ones(3)), "rest": [(2.0, None)], "unused": np.ones((2, 2), np.float32)}

    def f(p: Any) -> Any:
        w, b = p["first"]
        return np.sum(w * b) * p["rest"][0][0]

    found = grad(f)(params)

    assert type(found["first"]) is Pair
    np.testing.assert_array_equal(found["first"].w, np.full((2, 3), 2.0))
    np.testing.assert_allclose(found["first"].b, 2 * X.sum(0))
    assert found["rest"] == [(pytest.approx(X.sum()), None)]
    np.testing.assert_array_equal(found["unused"], np.zeros((2, 2)))
    assert found["unused"].dtype == np.float32


def test_more_than_the_number_can_be_handed_back() -> None:
    def f(x: Any) -> Any:
        y = np.tanh(x)
        return y.sum(), {"y": y, "name": "f"}

    dx, aux = grad(f, has_aux=True)(X)
    (value, again), same = value_and_grad(f, has_aux=True)(X)

    np.testing.assert_allclose(dx, 1 - np.tanh(X) ** 2)
    np.testing.assert_array_equal(aux["y"], np.tanh(X))
    assert type(again["y"]) is np.ndarray and aux["name"] == "f"
    assert value == np.tanh(X).sum()
    np.testing.assert_array_equal(same, dx)


def test_vjp_passes_back_any_number_of_gradients() -> None:
    b = np.array([1.0, 2.0, 3.0])

    y, pullback = vjp(lambda a, b: (a * b, {"sum": a.sum(0)}), X, b)

    da, db = pullback((np.ones((2, 3)), {"sum": np.zeros(3)}))
    np.testing.assert_array_equal(y[0], X * b)
    np.testing.assert_array_equal(da, np.broadcast_to(b, (2, 3)))
    np.testing.assert_allclose(db, X.sum(0))
    da, db = pullback((np.zeros((2, 3)), {"sum": [1.0, 0, 0]}))
    np.testing.assert_array_equal(da, [[1, 0, 0]] * 2)
    np.testing.assert_array_equal(db, np.zeros(3))


def test_gradients_belong_to_the_caller() -> None:
    x, w = np.ones(3), np.ones(3)

    dx, dw = grad(lambda x, w: np.sum(x + w), (0, 1))(x, w)
    dx += 5

    np.testing.assert_array_equal(dw, np.ones(3))
    assert grad(lambda x: x.sum())(x).flags.writeable


def test_control_flow_sees_values() -> None:
    def f(x: Any) -> Any:
        y = x
        while np.sum(y * y) < 100:
            y = 3 * y if y[0] > 0 else -2 * y
        for part in y:
            if part > 5:
                return part
        return y.max()

    x = np.array([1.0, 0.5])

    np.testing.assert_array_equal(grad(f)(x), [9, 0])


def test_what_does_not_depend_on_the_argument_has_no_slope() -> None:
    np.testing.assert_array_equal(grad(lambda x: 3.0)(X), np.zeros((2, 3)))
    np.testing.assert_array_equal(grad(lambda x: np.floor(x).sum() + np.argmax(x))(X), np.zeros((2, 3)))
    np.testing.assert_array_equal(grad(lambda x: np.sum(x.astype(int)))(X), np.zeros((2, 3)))


def test_a_stopped_gradient_counts_as_a_constant() -> None:
    np.testing.assert_allclose(grad(lambda x: np.sum(x * stop_gradient(x)))(X), X)
    assert grad(lambda x: x * math.exp(stop_gradient(x)))(0.5) == math.exp(0.5)
    assert stop_gradient({"a": [X]})["a"][0] is X


def test_sums_can_be_collected_in_a_loop() -> None:
    def f(x: Any) -> Any:
        total = 0.0
        for row in x:
            total += np.sum(row**2)
            total /= 2
            total *= 2
            total -= 1
        return total

    np.testing.assert_allclose(grad(f)(X), 2 * X)


def test_a_hundred_thousand_steps_need_no_deep_stack() -> None:
    def f(x: Any) -> Any:
        for _ in range(100_000):
            x = x * 1.00001
        return x

    assert grad(f)(1.0) == pytest.approx(1.00001**100_000, rel=1e-9)


def test_nothing_is_left_of_a_call() -> None:
    held: list[Any] = []

    class Watched(np.ndarray):
        pass

    def f(x: Any) -> Any:
        y = np.exp(x)
        held.append(weakref.ref(y.value))
        inside = np.ones(3).view(Watched)
        held.append(weakref.ref(inside))
        return np.sum(y * inside)

    gc.disable()
    try:
        grad(f)(np.ones(3))
        y, pullback = vjp(f, np.ones(3))
        assert held[2]() is not None
        del y, pullback
        assert [ref() for ref in held] == [None] * 4
    finally:
        gc.enable()


def test_nothing_is_left_of_a_call_that_fails() -> None:
    held: list[Any] = []

    def f(x: Any) -> Any:
        held.append(weakref.ref((x * 2).value))
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        grad(f)(X)
    assert held[0]() is None


def test_an_array_that_outlived_its_call_is_refused() -> None:
    kept: list[Any] = []
    grad(lambda x: kept.append(x) or x.sum())(X)

    with pytest.raises(GradientError, match="used after the call that traced it"):
        kept[0] * 2
    np.testing.assert_array_equal(stop_gradient(kept[0]), X)


def test_threads_do_not_see_each_other() -> None:
    barrier, results = threading.Barrier(4), {}

    def work(k: int) -> None:
        def f(x: Any) -> Any:
            barrier.wait()
            return np.sum(grad(lambda y: np.sum(y**3) * (k + 1.0))(x) * x)

        results[k] = grad(f)(X)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for k in range(4):
        np.testing.assert_allclose(results[k], 9 * (k + 1) * X**2)


def test_a_rule_of_ones_own() -> None:
    cube = Primitive(lambda x: x**3, lambda g, y, x: 3 * g * x * x)

    assert cube(2.0) == 8
    np.testing.assert_allclose(grad(lambda x: cube(x).sum())(X), 3 * X**2)
    np.testing.assert_allclose(grad(lambda x: grad(lambda x: cube(x).sum())(x).sum())(X), 6 * X)


def test_argnums_are_checked() -> None:
    for wrong in (-1, "0", [], 1.0, True, (0, None)):
        with pytest.raises(OptionError, match="argnums are positions of arguments"):
            grad(energy, wrong)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="argnums names argument 2, but there are 1"):
        grad(energy, 2)(X)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            np.arange(3),
            r"argument 0 holds int64; gradients are by real floating-point numbers: x.astype\(float\)",
        ),
        (X > 0, "argument 0 holds bool"),
        (X + 1j, "argument 0 holds complex128"),
        (3, r"argument 0 is 3 \(int\); gradients are by floating-point numbers: write 3.0"),
        (True, r"argument 0 is True \(bool\)"),
        ("x", r"argument 0 is 'x' \(str\)"),
        ({"a": (1.0, np.arange(2))}, r"argument 0\['a'\]\[1\] holds int64"),
    ],
)
def test_only_real_numbers_are_differentiated_by(wrong: Any, message: str) -> None:
    with pytest.raises(GradientError, match=message):
        grad(lambda x: 1.0)(wrong)
    with pytest.raises(GradientError, match=message):
        vjp(lambda x: x, wrong)


@pytest.mark.parametrize(("wrong", "got"), [(lambda x: x, r"shape \(2, 3\)"), (lambda x: (x, x), "tuple")])
def test_a_gradient_is_of_one_number(wrong: Any, got: str) -> None:
    with pytest.raises(
        GradientError, match=f"must return one number .* returned {got}; take its sum or mean"
    ):
        grad(wrong)(X)


def test_what_is_passed_back_must_fit() -> None:
    _, pullback = vjp(lambda x: {"a": x}, X)

    with pytest.raises(
        GradientError, match=r"dL/dy\['a'\] must have the shape of the result, \(2, 3\), not \(3,\)"
    ):
        pullback({"a": np.ones(3)})
    with pytest.raises(GradientError, match="dL/dy must have the form of the result: the same tuples"):
        pullback(np.ones((2, 3)))
