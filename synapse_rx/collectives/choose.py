"""Groups by name."""

from __future__ import annotations

from typing import Any

from ..errors import OptionError, UnknownNameError
from .base import Collective


def collective(name: str = "mpi", *, timeout: float = 300.0, comm: Any = None) -> Collective:
    """
    Return the group of processes that this one was started in, for `train`.

    Every process of the group calls this, and only one that `mpiexec` started is in a group of more than one:

        mpiexec -n 4 python train.py

    Args:
        name: "mpi", or "nccl" for processes with a GPU each, which MPI brings together (`NcclCollective`).
        timeout: Seconds that one process waits for the others before it gives up: longer than the slowest watch, or
            whatever else one of them may be at between two steps.
        comm: A communicator of mpi4py; None for all processes that were started together.

    Raises:
        UnknownNameError: If there is no group of that name.
        OptionError: If the timeout is no number > 0.
        MissingExtraError: If mpi4py is not installed, or finds no MPI; the message says what brings them.
        CollectiveError: If this MPI cannot be called from threads.
    """
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise OptionError(f"timeout must be a number of seconds > 0, not {timeout!r}")
    if name == "mpi":
        from .mpi import MpiCollective

        return MpiCollective(comm, timeout=timeout)
    if name == "nccl":
        from .nccl import NcclCollective

        return NcclCollective(comm, timeout=timeout)
    raise UnknownNameError.of("collective", name, ("mpi", "nccl"))
