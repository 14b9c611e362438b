"""Whose matrix products chunks of dense networks take: our own, or those of the library that numba links to."""

from __future__ import annotations

import os

from .. import fast
from ..instructions.machine import machine

VARIABLE = "SYNAPSE_RX_PRODUCTS"
"""The environment variable that is "library" for the library's."""


def why_not_our_own() -> str | None:
    """Return None if our own are taken, else the reason in one line."""
    if (reason := fast.why_not()) is not None:
        return reason
    if os.environ.get(VARIABLE) == "library":
        return f"{VARIABLE}=library"
    return None if machine() == (64, 32) else "this processor has no AVX-512"
