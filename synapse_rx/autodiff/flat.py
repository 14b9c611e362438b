"""Functions without a gradient: what they return for traced arrays is plain."""

from __future__ import annotations

import numpy as np

from .tables import FLAT, named

# Steps and signs are flat wherever they have a slope at all.
UFUNCS = """
    ceil equal floor floor_divide greater greater_equal heaviside invert isfinite isinf isnan less less_equal
    logical_and logical_not logical_or logical_xor not_equal rint sign signbit spacing trunc
"""

FUNCTIONS = """
    all allclose any argmax argmin argpartition argsort argwhere around array2string array_equal array_equiv array_repr
    array_str can_cast common_type count_nonzero digitize empty_like fix flatnonzero imag isclose iscomplex iscomplexobj
    isin isneginf isposinf isreal isrealobj lexsort may_share_memory min_scalar_type nanargmax nanargmin ndim nonzero
    ones_like result_type round searchsorted shape shares_memory size unique zeros_like
"""

FLAT.update(getattr(np, name) for name in UFUNCS.split())
FLAT.update(named(*FUNCTIONS.split()))
