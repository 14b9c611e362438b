"""Choose the backend by name, by environment, or the best that is there."""

from __future__ import annotations

import os

from ..errors import UnknownNameError
from .base import Backend
from .numpy import NumpyBackend

BACKENDS: tuple[type[Backend], ...] = (NumpyBackend,)
"""Every backend, the best first."""


def backend(name: str | Backend | None = None) -> Backend:
    """
    Return the backend called ``name``.

    Args:
        name: "numpy", "auto" (the best one that can serve here), a `Backend` (returned as it is), or None for the
            environment variable ``SYNAPSE_RX_BACKEND`` if set, else "auto".

    Raises:
        UnknownNameError: If there is no such backend.
        BackendError: If it cannot serve here.
    """
    if isinstance(name, Backend):
        return name
    name = name or os.environ.get("SYNAPSE_RX_BACKEND") or "auto"
    for candidate in BACKENDS:
        if name == candidate.name or (name == "auto" and candidate.why_not() is None):
            return candidate()
    raise UnknownNameError.of("backend", name, ["auto", *(candidate.name for candidate in BACKENDS)])


def available_backends() -> dict[str, str | None]:
    """Return every backend's name with None, or the reason why it cannot serve here."""
    return {candidate.name: candidate.why_not() for candidate in BACKENDS}
