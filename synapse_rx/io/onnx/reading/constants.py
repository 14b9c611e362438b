"""Tensors of a graph that do not depend on the samples, worked out when they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ....errors import FormatError
from ...assembly import BATCH
from .file import TYPES

MOST = 1 << 24
"""The most numbers in a constant that is worked out; those of weights lie in the file."""


class Constants:
    """
    Constants by name.

    Args:
        given: Those in the file.
        makers: The nodes that work out others: operator, inputs and attributes by the name of the output.

    Attributes:
        sizes: The sizes of tensors that depend on samples, as far as they are known, for those who ask for shapes.
    """

    def __init__(self, given: Mapping[str, np.ndarray], makers: Mapping[str, tuple[str, Any, Any]]) -> None:
        self.sizes: dict[str, tuple[int, ...]] = {}
        self._known = dict(given)
        self._makers = makers

    def __contains__(self, name: str) -> bool:
        return name in self._known or name in self._makers

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._known:
            op, inputs, attributes = self._makers[name]
            if op == "Shape":
                self._known[name] = self._shape(inputs[0], attributes)
            else:
                values = [self[one] if one else None for one in inputs]
                self._known[name] = np.asarray(FOLDS[op](values, attributes))
        return self._known[name]

    def _shape(self, name: str, attributes: Any) -> np.ndarray:
        sizes = self[name].shape if name in self else self.sizes.get(name)
        if sizes is None:
            raise FormatError(f"the shape of {name!r} is asked for before it is known")
        return np.array(sizes[attributes.get("start", 0) : attributes.get("end")], np.int64)


def _limited(count: float) -> None:
    if count > MOST:
        raise FormatError("a constant is worked out that is too large to be meant")


def _sizes(array: np.ndarray) -> tuple[int, ...]:
    """Return sizes as numpy takes them; what spreads over the samples is there once."""
    sizes = tuple(1 if size == BATCH else int(size) for size in array.ravel())
    _limited(math.prod(max(size, 0) for size in sizes))
    return sizes


def _of_shape(values: list[Any], attributes: Any) -> np.ndarray:
    value = attributes.get("value", np.zeros(1, np.float32))
    return np.full(_sizes(values[0]), value.reshape(-1)[0])


def _expand(values: list[Any], attributes: Any) -> np.ndarray:
    shape = np.broadcast_shapes(values[0].shape, _sizes(values[1]))
    _limited(math.prod(shape))
    return np.broadcast_to(values[0], shape)


def _gather(values: list[Any], attributes: Any) -> np.ndarray:
    data, index = values
    _limited(data.size * max(index.size, 1))
    return np.take(data, index.astype(np.int64), axis=attributes.get("axis", 0))


def _slice(values: list[Any], attributes: Any) -> np.ndarray:
    names = ("starts", "ends", "axes", "steps")
    given = [attributes.get(name) for name in names] if len(values) == 1 else [*values[1:], None, None, None]
    starts, ends, axes, steps = (None if one is None else np.ravel(one).tolist() for one in given[:4])
    cut = [slice(None)] * values[0].ndim
    for k, (start, end) in enumerate(zip(starts or (), ends or (), strict=True)):
        cut[axes[k] if axes else k] = slice(start, end, steps[k] if steps else None)
    return values[0][tuple(cut)]


def _concat(values: list[Any], attributes: Any) -> np.ndarray:
    _limited(sum(value.size for value in values))
    return np.concatenate(values, axis=attributes["axis"])


def _cast(values: list[Any], attributes: Any) -> np.ndarray:
    return values[0].astype(TYPES[attributes["to"]])


def _axes(values: list[Any], attributes: Any) -> list[int] | None:
    axes = values[1] if len(values) > 1 else attributes.get("axes")
    return None if axes is None else np.ravel(axes).tolist()


def _squeeze(values: list[Any], attributes: Any) -> np.ndarray:
    axes = _axes(values, attributes)
    return np.squeeze(values[0], None if axes is None else tuple(axes))


def _unsqueeze(values: list[Any], attributes: Any) -> np.ndarray:
    return np.expand_dims(values[0], tuple(_axes(values, attributes) or ()))


def _reshape(values: list[Any], attributes: Any) -> np.ndarray:
    return values[0].reshape([int(size) for size in values[1]])


def _binary(function: Callable[..., Any]) -> Callable[[list[Any], Any], np.ndarray]:
    def fold(values: list[Any], attributes: Any) -> np.ndarray:
        _limited(math.prod(np.broadcast_shapes(*(value.shape for value in values))))
        return function(*values)

    return fold


def _divide(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return one // other if one.dtype.kind in "iu" else one / other


FOLDS: dict[str, Callable[[list[Any], Any], Any]] = {
    "Constant": lambda values, attributes: next(iter(attributes.values())),
    "ConstantOfShape": _of_shape,
    "Expand": _expand,
    "Gather": _gather,
    "Slice": _slice,
    "Concat": _concat,
    "Cast": _cast,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Reshape": _reshape,
    "Identity": lambda values, attributes: values[0],
    "Transpose": lambda values, attributes: np.transpose(values[0], attributes.get("perm")),
    "Add": _binary(np.add),
    "Sub": _binary(np.subtract),
    "Mul": _binary(np.multiply),
    "Div": _binary(_divide),
    "Equal": _binary(np.equal),
    "Where": _binary(np.where),
    "Sqrt": lambda values, attributes: np.sqrt(values[0]),
}
"""What works out a constant from others."""
