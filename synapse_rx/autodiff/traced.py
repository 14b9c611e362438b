"""Arrays that remember what is done with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NoReturn, final

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..errors import GradientError
from ..typing import Array, Shape
from .tables import FLAT, FUNCTIONS, INSTEAD, METHODS, NAMED_UFUNCS, UFUNCS
from .tape import Tape


def _function(name: str) -> Callable[..., Any]:
    """Return the method that calls numpy's function ``name``."""
    function = getattr(np, name)

    def method(self: Traced, *args: Any, **options: Any) -> Any:
        return function(self, *args, **options)

    method.__name__ = name
    return method


def _in_place(name: str, repair: str) -> Callable[..., NoReturn]:
    """Return the method that refuses to change an array."""

    def method(self: Traced, *args: Any, **options: Any) -> NoReturn:
        raise GradientError(f"{name} would change a traced array in place; {repair}")

    method.__name__ = name
    return method


@final
class Traced(NDArrayOperatorsMixin):
    """
    An array inside a function that is being differentiated.

    It behaves like the array it stands for: operators, indexing, methods, numpy's functions. Conditions see its value,
    so ``if``, ``while`` and ``for`` work. It cannot be changed in place, and does not turn into a plain array or number
    unseen, which would lose its gradient: `stop_gradient` does that openly.
    """

    __slots__ = ("index", "tape", "value")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Array, tape: Tape, index: int) -> None:
        self.value = value
        self.tape = tape
        self.index = index

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if options and any(out is not None for out in options.pop("out", ())):
            raise GradientError(
                f"{ufunc.__name__}(..., out=) writes into an array, which cannot be differentiated; leave out= away "
                f"(and write a = a + b instead of a += b)"
            )
        if method != "__call__":
            stands = METHODS.get((ufunc, method))
            if stands is not None:
                return stands(*inputs, **options)
            raise _no_rule(f"{ufunc.__name__}.{method}")
        if ufunc in FLAT:
            return ufunc(*map(concrete, inputs), **options)
        stands = UFUNCS.get(ufunc)
        if stands is None:
            special = NAMED_UFUNCS.get(ufunc.__name__)
            if special is None:
                raise _no_rule(ufunc.__name__)
            stands = partial(special, ufunc)
        if not options:
            return stands(*inputs)
        dtype = options.pop("dtype", None)
        if options:
            raise GradientError(
                f"{ufunc.__name__} of a traced array takes no {' or '.join(options)}; choose elements with np.where"
            )
        y = stands(*inputs)
        return y if dtype is None else y.astype(dtype)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        stands = FUNCTIONS.get(function)
        if stands is not None:
            return stands(*args, **options)
        if function in FLAT:
            return function(*concrete(args), **concrete(options))
        module = function.__module__.removeprefix("numpy").lstrip(".")
        raise _no_rule(f"{module}.{function.__name__}".lstrip("."))

    def __array__(self, *args: Any, **options: Any) -> NoReturn:
        raise GradientError(
            "a traced array cannot become a plain one, for its gradient would be lost; put parts together with "
            "np.stack or np.concatenate instead of np.array or assignment, take numpy's function instead of another "
            "library's, or say stop_gradient(x) where no gradient is wanted"
        )

    @property
    def shape(self) -> Shape:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        return np.swapaxes(self, -1, -2)

    @property
    def real(self) -> Any:
        return self

    @property
    def flat(self) -> Any:
        return iter(np.ravel(self))

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a traced array without axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return value in concrete(self)

    def __getitem__(self, index: Any) -> Any:
        return FUNCTIONS["getitem"](self, index)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise GradientError(
            "a traced array cannot be assigned to; write x = np.where(condition, new, x), or build it from parts with "
            "np.concatenate or np.stack"
        )

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> NoReturn:
        raise GradientError(
            "float() of a traced array would lose its gradient; use numpy's functions instead of those of math "
            "(np.exp for math.exp), or say float(stop_gradient(x)) where no gradient is wanted"
        )

    __int__ = __complex__ = __index__ = __round__ = __float__

    def item(self, *args: Any) -> Any:
        """Refuse to become a number."""
        self.__float__()

    tolist = item

    def __repr__(self) -> str:
        return f"Traced({concrete(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(concrete(self), spec)

    __str__ = __repr__

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"a traced array has no {name!r}" + (f"; {INSTEAD[name]}" if name in INSTEAD else "")
        )

    def _accumulate(self, ufunc: Any, other: Any) -> Any:
        # What numpy returns without axes is a number, and `total += x` makes another; an array would be changed for
        # everybody who holds it.
        if self.ndim:
            raise GradientError(
                f"{ufunc.__name__} in place would change a traced array; write x = x + y instead of x += y"
            )
        return ufunc(self, other)

    def __iadd__(self, other: Any) -> Any:
        return self._accumulate(np.add, other)

    def __isub__(self, other: Any) -> Any:
        return self._accumulate(np.subtract, other)

    def __imul__(self, other: Any) -> Any:
        return self._accumulate(np.multiply, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._accumulate(np.divide, other)

    def __ipow__(self, other: Any) -> Any:
        return self._accumulate(np.power, other)

    def __imod__(self, other: Any) -> Any:
        return self._accumulate(np.remainder, other)

    def __imatmul__(self, other: Any) -> Any:
        return self._accumulate(np.matmul, other)

    def reshape(self, *shape: Any, **options: Any) -> Any:
        """Return it in another shape, given as one tuple or as several numbers."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, **options)

    def transpose(self, *axes: Any) -> Any:
        """Return it with its axes in another order, given as one tuple or as several numbers."""
        return np.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def astype(self, dtype: Any, **options: Any) -> Any:
        """Return it as another type; whole numbers and truth values have no gradient."""
        return FUNCTIONS["astype"](self, dtype)

    def flatten(self) -> Any:
        """Return it with one axis."""
        return np.ravel(self)

    def copy(self, order: str = "C") -> Any:
        """Return itself, for nobody can change it."""
        return self

    def conj(self) -> Any:
        """Return itself, for it is real."""
        return self

    conjugate = conj

    def compress(self, condition: Any, axis: Any = None) -> Any:
        """Return the elements where a condition holds along an axis."""
        return np.compress(condition, self, axis)

    all = _function("all")
    any = _function("any")
    argmax = _function("argmax")
    argmin = _function("argmin")
    argpartition = _function("argpartition")
    argsort = _function("argsort")
    clip = _function("clip")
    cumprod = _function("cumprod")
    cumsum = _function("cumsum")
    diagonal = _function("diagonal")
    dot = _function("dot")
    max = _function("max")
    mean = _function("mean")
    min = _function("min")
    nonzero = _function("nonzero")
    prod = _function("prod")
    ravel = _function("ravel")
    repeat = _function("repeat")
    round = _function("round")
    squeeze = _function("squeeze")
    std = _function("std")
    sum = _function("sum")
    swapaxes = _function("swapaxes")
    take = _function("take")
    trace = _function("trace")
    var = _function("var")

    fill = _in_place("fill", "use np.full_like(x, value)")
    itemset = _in_place("itemset", "use np.where(condition, new, x)")
    partition = _in_place("partition", "use np.sort(x)")
    put = _in_place("put", "use np.where(condition, new, x)")
    resize = _in_place("resize", "use np.reshape or np.pad")
    sort = _in_place("sort", "use np.sort(x)")


def concrete(value: Any) -> Any:
    """Return ``value`` with every traced array in it, lists and tuples included, as the plain one it stands for."""
    while isinstance(value, Traced):
        value = value.value
    if isinstance(value, (list, tuple)) and any(isinstance(x, (Traced, list, tuple, slice)) for x in value):
        parts = [concrete(item) for item in value]
        if isinstance(value, list):
            return parts
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, dict):
        return {key: concrete(item) for key, item in value.items()}
    return value


def _no_rule(name: str) -> GradientError:
    instead = INSTEAD.get(name)
    return GradientError(
        f"np.{name} has no gradient rule; "
        + (instead or "write it in terms of functions that have one, or give it one with autodiff.Primitive")
    )
