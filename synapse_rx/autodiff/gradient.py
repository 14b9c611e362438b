"""Gradients of functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ..errors import GradientError, OptionError
from ..typing import Array
from .making import array, zeros
from .tape import Tape
from .traced import Traced, concrete
from .tree import aligned, leaves, like, mapped


def grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """
    Return the function that computes the gradient of ``function``.

    ``function`` is ordinary numpy code that returns one number; reverse mode, so that the gradient costs a few times
    what the function does, whatever the number of its inputs. Gradients of gradients work. It must not write into
    arrays, nor may what it used be written to before the gradient is done.

    Args:
        function: Takes arrays, floats, or tuples, lists and dictionaries of them; returns one number.
        argnums: The position of the argument to differentiate by, or several.
        has_aux: ``function`` returns a pair of the number and anything else, which is handed back beside the gradient.

    Returns:
        A function of the same arguments that returns the gradient, in the form, shape and type of the argument (a tuple
        for several); with ``has_aux`` a pair of it and the rest.

    Raises:
        GradientError: When called, if the function uses what has no rule, does not return one number, or an argument
            to differentiate by holds anything but real floating-point numbers.
    """
    both = value_and_grad(function, argnums, has_aux=has_aux)

    @wraps(function, updated=())
    def gradient(*args: Any, **options: Any) -> Any:
        value, gradients = both(*args, **options)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def value_and_grad(
    function: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., Any]:
    """
    Return the function that computes what ``function`` returns and its gradient, in one go; see `grad`.

    Returns:
        A function of the same arguments that returns a pair of the value and the gradient; with ``has_aux`` the value
        is itself a pair of the number and the rest.

    Raises:
        GradientError: When called, as `grad` says.
        OptionError: If ``argnums`` are no positions.
    """
    chosen = _positions(argnums)
    single = not isinstance(argnums, Sequence)

    @wraps(function, updated=())
    def both(*args: Any, **options: Any) -> Any:
        tape = Tape()
        try:
            traced, entered = _enter(tape, args, chosen)
            result = function(*traced, **options)
            y, aux = result if has_aux else (result, None)
            _check_number(y)
            one = mapped(lambda leaf: np.ones_like(_below(leaf, tape)), y)
            gradients = _pulled(tape, y, one, args, entered, keep=False)
            value = _below(y, tape)
            value = (value, mapped(lambda leaf: _below(leaf, tape), aux)) if has_aux else value
        finally:
            tape.close()
        return value, gradients[0] if single else tuple(gradients)

    return both


def vjp(function: Callable[..., Any], *args: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """
    Return what ``function`` returns for ``args``, and the function that passes gradients back.

    The second takes dL/dy for the result y (of its form, shape and type) and returns dL/dx for every argument x, as a
    tuple; it may be called any number of times, and holds everything computed on the way until it is let go.

    Args:
        function: Takes arrays, or tuples, lists and dictionaries of them, and returns such.
        *args: What to call it with; all of them are differentiated by.

    Raises:
        GradientError: If the function uses what has no rule, or an argument holds anything but real floating-point
            numbers.
    """
    tape = Tape()
    traced, entered = _enter(tape, args, range(len(args)))
    y = function(*traced)
    value = mapped(lambda leaf: _below(leaf, tape), y)

    def pullback(dy: Any) -> tuple[Any, ...]:
        return tuple(_pulled(tape, y, _cotangent(value, dy), args, entered, keep=True))

    return value, pullback


def traced_call(function: Callable[..., Any], *args: Any) -> Any:
    """
    Return what ``function`` returns for ``args``, without a gradient.

    It sees traced arrays as it will when it is differentiated, so that what it cannot do shows at once; and what reads
    an array in another way than by numpy's functions, as code does that takes bytes for a program, reads nothing.
    """
    tape = Tape(recording=False)
    try:
        traced = (mapped(lambda leaf: _seen(tape, leaf), arg) for arg in args)
        return mapped(lambda leaf: _below(leaf, tape), function(*traced))
    finally:
        tape.close()


def stop_gradient(x: Any) -> Any:
    """
    Return ``x`` as a constant: the plain array behind a traced one, in tuples, lists and dictionaries too.

    What is computed from it counts as if it had been given from outside.
    """
    return concrete(x)


def _positions(argnums: Any) -> list[int]:
    found = list(argnums) if isinstance(argnums, Sequence) else [argnums]
    if not found or any(isinstance(k, bool) or not isinstance(k, int) or k < 0 for k in found):
        raise OptionError(f"argnums are positions of arguments, 0 for the first, not {argnums!r}")
    return found


def _enter(tape: Tape, args: tuple[Any, ...], chosen: Sequence[int]) -> tuple[list[Any], list[list[int]]]:
    """Return the arguments with the chosen ones traced, and the numbers of the leaves of each of these."""
    traced, entered = list(args), []
    for k in chosen:
        if k >= len(args):
            raise OptionError(f"argnums names argument {k}, but there are {len(args)}; give it by position")
        for path, leaf in leaves(args[k]):
            check_leaf(leaf, f"argument {k}{path}")
        numbers: list[int] = []
        traced[k] = mapped(lambda leaf, numbers=numbers: _trace(tape, leaf, numbers), args[k])
        entered.append((k, numbers))
    return traced, entered


def check_leaf(leaf: Any, where: str) -> None:
    """
    Check that gradients can be taken by what stands in an argument.

    Raises:
        GradientError: If it is no real floating-point number or array, naming the place and the repair.
    """
    if isinstance(leaf, float):
        return
    dtype = getattr(leaf, "dtype", None)
    if dtype is None:
        shown = f"{leaf!r} ({type(leaf).__name__})"
        hint = (
            f"write {leaf}.0"
            if isinstance(leaf, int) and not isinstance(leaf, bool)
            else "give an array of floats"
        )
        raise GradientError(f"{where} is {shown}; gradients are by floating-point numbers: {hint}")
    if dtype.kind != "f":
        raise GradientError(
            f"{where} holds {dtype}; gradients are by real floating-point numbers: x.astype(float), or leave this "
            "argument out of argnums"
        )


def _trace(tape: Tape, leaf: Any, numbers: list[int]) -> Traced:
    numbers.append(tape.number())
    # Plain numbers have neither shape nor type.
    value = np.float64(leaf) if isinstance(leaf, float) and not isinstance(leaf, np.generic) else leaf
    return Traced(value, tape, numbers[-1])


def _seen(tape: Tape, leaf: Any) -> Any:
    """Return an array of real numbers traced, anything else as it is."""
    return _trace(tape, leaf, []) if getattr(getattr(leaf, "dtype", None), "kind", "") == "f" else leaf


def _below(leaf: Any, tape: Tape) -> Any:
    """Return what a result is beneath this tape."""
    return leaf.value if isinstance(leaf, Traced) and leaf.tape is tape else leaf


def _check_number(y: Any) -> None:
    shape = getattr(y, "shape", () if isinstance(y, (int, float)) else None)
    if shape == ():
        return
    got = type(y).__name__ if shape is None else f"shape {shape}"
    raise GradientError(
        f"a function must return one number to have a gradient, but this returned {got}; take its sum or mean, or use "
        "vjp for a function of several outputs"
    )


def _cotangent(value: Any, dy: Any) -> Any:
    """Return dL/dy, checked against the result it belongs to."""
    try:
        places = list(aligned(value, dy))
    except LookupError as error:
        raise GradientError(
            f"dL/dy{error.args[0]} must have the form of the result: the same tuples, lists and keys"
        ) from None
    gradients = []
    for path, y, g in places:
        g = array(g, y)
        if np.shape(y) != np.shape(g):
            raise GradientError(
                f"dL/dy{path} must have the shape of the result, {np.shape(y)}, not {np.shape(g)}"
            )
        gradients.append(g)
    return like(value, gradients)


def _pulled(
    tape: Tape, y: Any, dy: Any, args: tuple[Any, ...], entered: list[Any], *, keep: bool
) -> list[Any]:
    """Return dL/dx for the chosen arguments, given dL/dy."""
    gradients: dict[int, Array] = {}
    for (_, leaf), (_, g) in zip(leaves(y), leaves(dy), strict=True):
        if isinstance(leaf, Traced) and leaf.tape is tape:
            g = g if g.dtype == leaf.dtype else g.astype(leaf.dtype)
            held = gradients.get(leaf.index)
            gradients[leaf.index] = g if held is None else held + g
    pulled = tape.pull(gradients, keep=keep)
    return [
        like(args[k], [_own(pulled.get(n), x) for n, (_, x) in zip(numbers, leaves(args[k]), strict=True)])
        for k, numbers in entered
    ]


def _own(g: Array | None, x: Any) -> Array:
    """Return a gradient nobody else holds; zeros where the result does not depend on x."""
    if g is None:
        return zeros(np.shape(x), x)
    return g if isinstance(g, Traced) else g.copy()
