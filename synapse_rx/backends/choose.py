"""Choose the backend by name, by environment, or the best that is there."""

from __future__ import annotations

import logging
import os
from functools import cache

from ..errors import OptionError, UnknownNameError
from .base import Backend
from .cupy import CupyBackend
from .numpy import NumpyBackend

BACKENDS: tuple[type[Backend], ...] = (CupyBackend, NumpyBackend)
"""Every backend of this library, the best first."""

DEFAULT = "numpy"
"""Which is taken where nothing is said."""

log = logging.getLogger("synapse_rx")


def backend(name: str | Backend | None = None, *, device: int | None = None) -> Backend:
    """
    Return the backend called ``name``.

    Args:
        name: "numpy", "cupy", "auto" (the best one that can serve here; why it is not a GPU is logged once), a
            `Backend` (returned as it is), or None for the environment variable ``SYNAPSE_RX_BACKEND`` if set, else
            "numpy": small networks are quicker there, and a GPU is shared with others. "cupy:1" means the second GPU.
            A class of your own that derives from `Backend` is known by its ``name`` as soon as it is defined.
        device: Which GPU, counted from 0; by default the one in the name, else the first.

    Raises:
        UnknownNameError: If there is no such backend.
        OptionError: If device is no whole number >= 0, or is given where there is none to choose.
        BackendError: If it cannot serve here.
    """
    if isinstance(name, Backend):
        if device is not None and getattr(name, "device", None) != device:
            raise OptionError(
                f"device={device!r} beside a backend that is made already; make it for that device"
            )
        return name
    asked = name or os.environ.get("SYNAPSE_RX_BACKEND") or DEFAULT
    kind, number = _parted(asked, device)
    if kind == "numpy":
        if number is not None:
            raise OptionError(f"device={number} is for GPUs, and backend 'numpy' computes on the CPU")
        return NumpyBackend()
    if (own := _of_ones_own(kind)) is not None:
        if number is not None:
            raise OptionError(
                f"backend {kind!r} knows no device={number}; give a backend that is made for it"
            )
        return own()
    if kind not in ("cupy", "auto"):
        raise UnknownNameError.of("backend", asked, ["auto", *(candidate.name for candidate in BACKENDS)])
    reason = CupyBackend.why_not(number or 0) if kind == "auto" else None
    if reason is None:
        return CupyBackend(number or 0)
    _tell(reason)
    return NumpyBackend()


def available_backends() -> dict[str, str | None]:
    """Return every backend's name with None, or the reason why it cannot serve here."""
    return {candidate.name: candidate.why_not() for candidate in BACKENDS}


def chosen_and_why() -> str:
    """
    Return in one line which backend is taken where nothing is said, and why.

    Raises:
        UnknownNameError: If ``SYNAPSE_RX_BACKEND`` names none.
        OptionError: If it names a device that cannot be.
        BackendError: If it names one that cannot serve here.
    """
    asked, taken = os.environ.get("SYNAPSE_RX_BACKEND"), backend()
    if asked and asked.partition(":")[0] != "auto":
        return f"{taken.name} (SYNAPSE_RX_BACKEND={asked})"
    if not asked:
        reason = CupyBackend.why_not()
        gpu = "a GPU can serve if asked for" if reason is None else f"a GPU cannot serve: {reason}"
        return f"{taken.name} (the default; {gpu})"
    reason = None if taken.remote else CupyBackend.why_not(_parted(asked, None)[1] or 0)
    return f"{taken.name} ({'the best one available' if reason is None else reason})"


def _of_ones_own(name: str) -> type[Backend] | None:
    """Return the class of that name which is none of this library's; None if nobody has defined one."""
    kinds = list(Backend.__subclasses__())
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return next((kind for kind in kinds if vars(kind).get("name") == name and kind not in BACKENDS), None)


def _parted(asked: str, device: int | None) -> tuple[str, int | None]:
    """Return the name and the number of the device of "cupy:1"; one that is given goes before."""
    kind, colon, number = asked.partition(":")
    if colon and not number.isdecimal():
        raise OptionError(f"backend {asked!r} names no device; write 'cupy:0' for the first GPU")
    if device is not None and (isinstance(device, bool) or not isinstance(device, int) or device < 0):
        raise OptionError(f"device must be a whole number >= 0, or None, not {device!r}")
    return kind, (int(number) if colon else None) if device is None else device


@cache
def _tell(reason: str) -> None:
    log.info("computing on numpy: %s", reason)
