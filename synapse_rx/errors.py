"""
Every error the library raises by name.

Each also derives from the builtin a caller would expect (``ValueError``, ``RuntimeError``, ...), so
code that catches the builtin keeps working. A message says what was wanted, what came, and the repair.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class SynapseError(Exception):
    """The root of all errors of this library."""


class ShapeError(SynapseError, ValueError):
    """An array or a layer has a shape that does not fit its place."""


class DataError(SynapseError, ValueError):
    """Samples that cannot be learnt from: empty, not numeric, not finite, of different lengths."""


class LabelError(DataError):
    """Labels or targets that do not fit the samples or the network."""


class FormatError(SynapseError, ValueError):
    """A file is not what its name or header says: wrong magic, truncated, damaged, unknown version."""


class OptionError(SynapseError, ValueError):
    """An option is unknown, out of range or contradicts another."""


class UnknownNameError(OptionError, LookupError):
    """A name that nothing answers to; the message suggests the nearest ones."""

    @classmethod
    def of(cls, what: str, name: object, known: Iterable[str]) -> UnknownNameError:
        """
        Build the error for an unknown ``what`` (such as "activation"), with the nearest known names.
        """
        names = sorted(known)
        near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(names)}"
        return cls(f"unknown {what} {name!r}; {hint}")


class LossError(OptionError):
    """A loss that has no value or no gradient for the outputs it is asked to judge."""


class GradientError(SynapseError, TypeError):
    """A function cannot be differentiated: it uses something without a rule, or loses its gradient on the way."""


class MissingExtraError(SynapseError, ImportError):
    """An optional package is needed; the message names the ``pip install`` that brings it."""


class BackendError(SynapseError, RuntimeError):
    """A compute backend was asked for and cannot serve; the message says why."""


class DeviceMemoryError(BackendError, MemoryError):
    """A device has too little memory; the message says what was asked, what is free and what to reduce."""


class DeviceLostError(BackendError):
    """
    A device stopped computing: it was reset, unplugged or ran into an error that ends all work on it.

    What was published last stays in the cell. Usually only a new process can use the device again.
    """


class ValidationError(SynapseError, ValueError):
    """A validator refused a new value of an `Atom`; the atom is unchanged."""


class WatchError(SynapseError, ExceptionGroup[Exception]):
    """
    One or more watches raised while being told of a change.

    The change itself stands and every other watch was told. ``exceptions`` holds what was raised.
    """

    def derive(self, excs: Any) -> WatchError:
        return WatchError(self.message, excs)


class PopulationError(SynapseError, ExceptionGroup[Exception]):
    """
    Some networks of a population could not be trained to the end.

    The others were, and every cell keeps what it published last. ``exceptions`` holds what was raised, each with a note
    that names the network.
    """

    def derive(self, excs: Any) -> PopulationError:
        return PopulationError(self.message, excs)


class FleetError(SynapseError, RuntimeError):
    """A fleet cannot do what it was asked: its engine does not start, or refuses; the message says why."""


class WorkerLost(FleetError):
    """A worker of a fleet ended, or did not answer; what it trained goes on elsewhere as long as that helps."""


class RemoteError(FleetError):
    """Something went wrong in a worker that has no name here; the message holds what was said there."""


class CollectiveError(SynapseError, RuntimeError):
    """Processes that train together cannot go on together: one is gone, hangs, or does something else."""


class AlreadyTraining(SynapseError, RuntimeError):
    """The network is being trained already; ``run`` is the live run."""

    def __init__(self, message: str, run: Any = None) -> None:
        super().__init__(message)
        self.run = run


class Diverged(SynapseError, ArithmeticError):
    """
    The loss stopped being a finite number.

    ``epoch`` (complete epochs before it), ``batch`` (in that epoch, from 0) and ``loss`` say where; the network keeps
    the last snapshot published before.
    """

    def __init__(self, message: str, *, epoch: int, batch: int, loss: float) -> None:
        super().__init__(message)
        self.epoch = epoch
        self.batch = batch
        self.loss = loss
