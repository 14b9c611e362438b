"""Processes that MPI started."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter, sleep
from types import TracebackType
from typing import Any

from ..errors import CollectiveError, MissingExtraError
from ..typing import Array
from .overdue import Overdue

BRISK = 0.02
"""Seconds for which a process that waits for others looks again and again, giving up its turn in between."""

LAZY = 0.001
"""Seconds between two looks afterwards."""


class MpiCollective:
    """
    The processes of an MPI job (`Collective`): ``mpiexec -n 4 python train.py``.

    Only buffers of numbers are sent (mpi4py's methods in upper case): nothing that is received is unpickled.

    MPI knows no process that is gone: its launcher ends all when one is killed. A process that fails, with an error
    that nobody handles or in a training, ends the others when it ends itself, for they would wait for it for ever. One
    whose call of MPI does not come back in time, since another process was stopped or lost on the way, ends at once.

    Args:
        comm: The communicator; None for all processes. It is duplicated, so that nothing else gets mixed up.
        timeout: Seconds to wait for the others.

    Raises:
        MissingExtraError: If mpi4py is not installed, or finds no MPI.
        CollectiveError: If this MPI cannot be called from threads.
    """

    on_device = False

    def __init__(self, comm: Any = None, *, timeout: float = 300.0) -> None:
        mpi = library()
        if mpi.Query_thread() < mpi.THREAD_SERIALIZED:
            raise CollectiveError(
                "this MPI may be called by one thread alone, but a training has its own; do not lower "
                "mpi4py.rc.thread_level"
            )
        self._mpi = mpi
        self._comm: Any = (comm or mpi.COMM_WORLD).Dup()
        self._timeout = timeout
        self.rank: int = self._comm.Get_rank()
        self.size: int = self._comm.Get_size()
        self.neighbours: int = self._here()
        self._overdue: Overdue | None = None
        if self.size > 1:
            ENDING.watch(mpi)
            self._overdue = Overdue(timeout, self._waited("in the middle of a sum"))

    def all_reduce(self, array: Array, *, patient: bool = False) -> None:
        """Replace numbers by their sums over all processes (`Collective`)."""
        self._meet(patient)
        with self._blaming(), self._watched():
            self._comm.Allreduce(self._mpi.IN_PLACE, array, self._mpi.SUM)

    def broadcast(self, array: Array, root: int = 0) -> None:
        """Replace numbers by those of process ``root`` (`Collective`)."""
        self._meet(patient=False)
        with self._blaming(), self._watched():
            self._comm.Bcast(array, root)

    def abort(self) -> None:
        """End all processes when this one ends, which it is about to."""
        ENDING.failed = True

    def close(self) -> None:
        """Leave."""
        comm, self._comm = self._comm, None
        if comm is not None:
            comm.Free()
        if self._overdue is not None:
            self._overdue.close()

    def _meet(self, patient: bool) -> None:
        """
        Wait until everyone is here.

        A call that sums or sends would wait for ever, and keep a core busy with it. Once all are here it takes no more
        than the numbers do.
        """
        if self._comm is None:
            raise CollectiveError("this group was closed")
        request = self._comm.Ibarrier()
        start = perf_counter()
        while not request.Test():
            passed = perf_counter() - start
            if passed > self._timeout and not patient:
                self.abort()
                raise CollectiveError(self._waited("for the others"))
            sleep(0 if passed < BRISK else LAZY)

    def _watched(self) -> AbstractContextManager[None]:
        return nullcontext() if self._overdue is None else self._overdue.watched()

    def _waited(self, what: str) -> str:
        return (
            f"process {self.rank} of {self.size} waited {what} for {self._timeout:g} s: one of them hangs, or is busy "
            "with something else; collective(timeout=...) sets how long"
        )

    @contextmanager
    def _blaming(self) -> Iterator[None]:
        """Turn errors of MPI, behind which nobody can go on, into one of ours."""
        try:
            yield
        except self._mpi.Exception as error:
            self.abort()
            raise CollectiveError(f"process {self.rank} of {self.size} lost the others: {error}") from error

    def _here(self) -> int:
        local = self._comm.Split_type(self._mpi.COMM_TYPE_SHARED)
        size = local.Get_size()
        local.Free()
        return size


class _Ending:
    """
    Ends all processes of the job when this one ends for a reason of its own.

    Attributes:
        failed: Whether it does.
    """

    def __init__(self) -> None:
        self.failed = False
        self._mpi: Any = None
        self._before: Callable[..., Any] | None = None

    def watch(self, mpi: Any) -> None:
        """Begin, once for a process."""
        if self._mpi is None:
            self._mpi = mpi
            self._before, sys.excepthook = sys.excepthook, self._unhandled
            atexit.register(self._at_exit)

    def _unhandled(
        self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        assert self._before is not None
        self.failed = True
        self._before(kind, error, traceback)

    def _at_exit(self) -> None:
        if not self.failed:
            return
        rank = self._mpi.COMM_WORLD.Get_rank()
        print(f"synapse_rx: process {rank} failed, and ends the others", file=sys.stderr, flush=True)
        sys.stdout.flush()
        self._mpi.COMM_WORLD.Abort(1)


ENDING = _Ending()
"""That of this process."""


def library() -> Any:
    """
    Return mpi4py's MPI, which is set up with that.

    Where Open MPI has started all processes on one machine they talk through its memory alone, unless something else
    was asked for: by itself each would listen on all addresses of the machine.

    Raises:
        MissingExtraError: If it is not installed, or finds no MPI.
    """
    size = os.environ.get("OMPI_COMM_WORLD_SIZE")
    if size is not None and size == os.environ.get("OMPI_COMM_WORLD_LOCAL_SIZE"):
        os.environ.setdefault("OMPI_MCA_btl", "self,sm")
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise MissingExtraError(
            f"processes are brought together by mpi4py and an MPI: pip install 'synapse-rx[mpi]' ({error})"
        ) from error
    return MPI
