"""Processes with a GPU each: their arrays go from device to device."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import MissingExtraError
from ..typing import Array
from .mpi import MpiCollective

NAME = 128
"""Bytes of what NCCL calls a group."""


class NcclCollective(MpiCollective):
    """
    The processes of an MPI job, each with a GPU of its own (`Collective`).

    MPI brings them together and carries what is on the host; NCCL, through cupy, adds up what is on the devices, in the
    order of work of each. Which device a process computes on is for `train` to be told: ``device=comm.rank``.

    Raises:
        MissingExtraError: If cupy has no NCCL here.
    """

    on_device = True

    def __init__(self, comm: Any = None, *, timeout: float = 300.0) -> None:
        try:
            import cupy  # pyright: ignore[reportMissingImports]
            from cupy.cuda import nccl  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise MissingExtraError(
                f"nccl adds up arrays on GPUs through cupy, which has none here ({error}); "
                "pip install nvidia-nccl-cu13 brings the library, collective('mpi') goes without"
            ) from error
        super().__init__(comm, timeout=timeout)
        self._cupy, self._nccl = cupy, nccl
        self._devices: Any = None

    def all_reduce(self, array: Array, *, patient: bool = False) -> None:
        """Replace numbers, on the device or on the host, by their sums over all processes (`Collective`)."""
        if isinstance(array, np.ndarray):
            super().all_reduce(array, patient=patient)
            return
        if self._devices is None:
            self._devices = self._connected()
        self._meet(patient)
        kind = {
            "float32": self._nccl.NCCL_FLOAT32,
            "float64": self._nccl.NCCL_FLOAT64,
            "int64": self._nccl.NCCL_INT64,
        }
        pointer, stream = array.data.ptr, self._cupy.cuda.get_current_stream().ptr
        self._devices.allReduce(
            pointer, pointer, array.size, kind[array.dtype.name], self._nccl.NCCL_SUM, stream
        )

    def _connected(self) -> Any:
        """Return what connects the devices, once each process computes on its own."""
        name = np.zeros(NAME, np.int8)
        if self.rank == 0:
            name[:] = self._nccl.get_unique_id()
        self.broadcast(name)
        return self._nccl.NcclCommunicator(self.size, tuple(name.tolist()), self.rank)
