"""Gradients of ufuncs of scipy.special, found by their names: scipy need not be there."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from .primitive import Elementwise, Rule
from .tables import NAMED_UFUNCS

RULES: dict[str, tuple[Rule | None, ...]] = {
    "erf": (lambda g, y, x: g * np.exp(-x * x) * (2 / math.sqrt(math.pi)),),
    "erfc": (lambda g, y, x: -g * np.exp(-x * x) * (2 / math.sqrt(math.pi)),),
    "expit": (lambda g, y, x: g * y * (1 - y),),
    "log_expit": (lambda g, y, x: -g * np.expm1(y),),
    "logit": (lambda g, y, x: g / (x * (1 - x)),),
    "xlogy": (
        lambda g, y, a, b: g * np.log(np.where(b == 0, 1, b)),
        lambda g, y, a, b: g * a / np.where(b == 0, 1, b),
    ),
}


def _call(rules: tuple[Rule | None, ...], ufunc: Any, *arrays: Any) -> Any:
    return Elementwise(ufunc, *rules)(*arrays)


NAMED_UFUNCS.update({name: partial(_call, rules) for name, rules in RULES.items()})
