"""Gradients of ufuncs: dL/dx from g = dL/dy, y and the arguments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..typing import Array
from .primitive import Elementwise, Rule
from .tables import INSTEAD, UFUNCS

LN2 = math.log(2.0)
LN10 = math.log(10.0)

ONE: dict[Any, Rule] = {
    np.absolute: lambda g, y, x: g * np.sign(x),
    np.arccos: lambda g, y, x: -g / np.sqrt((1 - x) * (1 + x)),
    np.arccosh: lambda g, y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)),
    np.arcsin: lambda g, y, x: g / np.sqrt((1 - x) * (1 + x)),
    np.arcsinh: lambda g, y, x: g / np.sqrt(x * x + 1),
    np.arctan: lambda g, y, x: g / (1 + x * x),
    np.arctanh: lambda g, y, x: g / ((1 - x) * (1 + x)),
    np.cbrt: lambda g, y, x: g / (3 * y * y),
    np.conjugate: lambda g, y, x: g,
    np.cos: lambda g, y, x: -g * np.sin(x),
    np.cosh: lambda g, y, x: g * np.sinh(x),
    np.deg2rad: lambda g, y, x: g * (math.pi / 180),
    np.degrees: lambda g, y, x: g * (180 / math.pi),
    np.exp: lambda g, y, x: g * y,
    np.exp2: lambda g, y, x: g * y * LN2,
    np.expm1: lambda g, y, x: g * (y + 1),
    np.fabs: lambda g, y, x: g * np.sign(x),
    np.log: lambda g, y, x: g / x,
    np.log10: lambda g, y, x: g / (x * LN10),
    np.log1p: lambda g, y, x: g / (1 + x),
    np.log2: lambda g, y, x: g / (x * LN2),
    np.negative: lambda g, y, x: -g,
    np.positive: lambda g, y, x: g,
    np.rad2deg: lambda g, y, x: g * (180 / math.pi),
    np.radians: lambda g, y, x: g * (math.pi / 180),
    np.reciprocal: lambda g, y, x: -g * y * y,
    np.sin: lambda g, y, x: g * np.cos(x),
    np.sinh: lambda g, y, x: g * np.cosh(x),
    np.sqrt: lambda g, y, x: g * 0.5 / y,
    np.square: lambda g, y, x: g * 2 * x,
    np.tan: lambda g, y, x: g * (1 + y * y),
    np.tanh: lambda g, y, x: g * (1 - y * y),
}


def _base(g: Array, y: Array, a: Array, b: Any) -> Array:
    if isinstance(b, (int, float)):
        return g * 2 * a if b == 2 else g * b * a ** (b - 1) if b else g * 0
    return g * b * a ** np.where(b == 0, 1, b - 1)  # the slope of a constant is 0, at a = 0 too


def _exponent(g: Array, y: Array, a: Any, b: Array) -> Array:
    if isinstance(a, (int, float)):
        return g * y * (math.log(a) if a > 0 else math.nan if a < 0 else 0)
    return g * y * np.log(np.where(a == 0, 1, a))


def _share(g: Array, a: Any, b: Any) -> Array:
    """Return g where a is above b, half of it where they are equal."""
    return np.where(a > b, g, np.where(a == b, g * 0.5, 0))


def _over(a: Any, y: Array) -> Array:
    """Return a / y, and 0 where both are."""
    return a / np.where(y == 0, 1, y)


def _weight(a: Any, y: Array) -> Array:
    """Return the logarithm of the share exp(a) has in exp(y), where both may be infinite."""
    with np.errstate(invalid="ignore"):
        return np.where(a == y, 0, a - y)


TWO: dict[Any, tuple[Rule | None, Rule | None]] = {
    np.add: (lambda g, y, a, b: g, lambda g, y, a, b: g),
    np.arctan2: (
        lambda g, y, a, b: g * b / (a * a + b * b),
        lambda g, y, a, b: -g * a / (a * a + b * b),
    ),
    np.copysign: (lambda g, y, a, b: g * np.sign(a) * np.sign(y), None),
    np.divide: (lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b),
    np.float_power: (_base, _exponent),
    np.fmax: (lambda g, y, a, b: _share(g, a, b), lambda g, y, a, b: _share(g, b, a)),
    np.fmin: (lambda g, y, a, b: _share(g, b, a), lambda g, y, a, b: _share(g, a, b)),
    np.fmod: (lambda g, y, a, b: g, lambda g, y, a, b: -g * np.trunc(a / b)),
    np.hypot: (lambda g, y, a, b: g * _over(a, y), lambda g, y, a, b: g * _over(b, y)),
    np.logaddexp: (
        lambda g, y, a, b: g * np.exp(_weight(a, y)),
        lambda g, y, a, b: g * np.exp(_weight(b, y)),
    ),
    np.logaddexp2: (
        lambda g, y, a, b: g * np.exp2(_weight(a, y)),
        lambda g, y, a, b: g * np.exp2(_weight(b, y)),
    ),
    np.maximum: (lambda g, y, a, b: _share(g, a, b), lambda g, y, a, b: _share(g, b, a)),
    np.minimum: (lambda g, y, a, b: _share(g, b, a), lambda g, y, a, b: _share(g, a, b)),
    np.multiply: (lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
    np.power: (_base, _exponent),
    np.remainder: (lambda g, y, a, b: g, lambda g, y, a, b: -g * np.floor(a / b)),
    np.subtract: (lambda g, y, a, b: g, lambda g, y, a, b: -g),
}

UFUNCS.update({ufunc: Elementwise(ufunc, rule) for ufunc, rule in ONE.items()})
UFUNCS.update({ufunc: Elementwise(ufunc, *rules) for ufunc, rules in TWO.items()})

INSTEAD["divmod"] = "use x // y and x % y"
INSTEAD["modf"] = "use x - np.trunc(x) and np.trunc(x)"
INSTEAD["ldexp"] = "use x * 2.0**n"
