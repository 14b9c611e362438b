"""What `train` is told of the processes that train together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from zlib import crc32

import numpy as np
from attrs import frozen

from ..algorithms import FullBatchAlgorithm
from ..atoms import Atom
from ..backends import Backend
from ..collectives import Collective
from ..crew import default_threads
from ..data import TrainingSet
from ..data.options import check_count
from ..errors import OptionError
from ..layers import BatchNorm
from ..learner import Learner
from ..network.arch import Arch
from ..network.joint import Joint
from ..snapshot import Net
from ..stopping import Condition
from ..typing import Array
from .follower import Follower
from .leader import Leader
from .orders import Orders
from .trainer import Trainer
from .workers import cores


@frozen
class Group:
    """
    The processes, and what they do together.

    Attributes:
        collective: What carries numbers between them.
        every: None to learn each batch together; so many steps between two averages of the parameters otherwise.
    """

    collective: Collective
    every: int | None = None

    @classmethod
    def of(cls, reduce: Any, average: Any) -> Group | None:
        """
        Return the group that `train` is given as ``reduce=`` or ``average=``; None for this process alone.

        Raises:
            OptionError: If it is none, or both are given.
        """
        if reduce is not None and average is not None:
            raise OptionError(
                "give reduce= to learn batches together or average= to average parameters, not both"
            )
        every = None
        if average is not None:
            pair = cast(tuple[Any, ...], average) if isinstance(average, tuple) else ()
            if len(pair) != 2:
                raise OptionError(
                    f"average= takes a collective and a number of steps, such as (comm, 50), not {average!r}"
                )
            reduce, every = pair[0], check_count("the steps of average=", pair[1], 1)
        if reduce is None:
            return None
        if not isinstance(reduce, Collective):
            raise OptionError(f"reduce= takes what sx.collective(...) returns, not {reduce!r}")
        return cls(reduce, every) if reduce.size > 1 else None

    @property
    def leads(self) -> bool:
        """Whether this process is the one to watch and to steer."""
        return self.collective.rank == 0

    def check(self, net: Net, data: Any, executor: str) -> None:
        """
        Check that a network can be trained so.

        Raises:
            OptionError: If it cannot.
        """
        if type(net.arch) is not Arch:
            raise OptionError(
                f"networks of layers can be trained by several processes, but this is {net.arch!r}; train it without "
                "reduce= and average="
            )
        for place in (place for root in net.arch.places for place in root.walk()):
            if place.keeps and not isinstance(place.layer, BatchNorm):
                raise OptionError(
                    f"{place.layer.kind} keeps values from batch to batch, which several processes cannot share; "
                    "train it without reduce= and average="
                )
        if not isinstance(data, TrainingSet):
            raise OptionError(
                "several processes share the batches of a TrainingSet, but this is a stream, which each would read for "
                "itself; train with reduce=None, or put the samples into a training_set"
            )
        if min(data.batch, len(data)) < self.collective.size:
            raise OptionError(
                f"batches of {min(data.batch, len(data))} cannot be shared by {self.collective.size} processes; batch= "
                "must be as many at least"
            )
        if self.every is not None and isinstance(net.training.algorithm, FullBatchAlgorithm):
            raise OptionError(
                f"average= is for algorithms that learn batch by batch, and {net.training.algorithm.kind} takes all; "
                "use reduce="
            )
        if executor != "thread":
            raise OptionError(
                "processes wait for each other, so executor= must be 'thread' with reduce= or average="
            )

    def joint(self, backend: Backend) -> Joint:
        """Return what engines know of the others."""
        return Joint(self.collective, backend, self.every)

    def learner(self, learner: Learner, net: Net, data: Any, trainer: Trainer) -> Learner:
        """Return a learner of ``net`` as the process that drives it by ``trainer`` needs it."""
        if not self.leads:
            return learner
        return Leader(
            learner,
            net,
            self._mark(data),
            Orders(self.collective),
            ending=lambda: (trainer.status, trainer.error),
            obey=lambda cancel: trainer.cancel() if cancel else trainer.stop(),
            abort=self.collective.abort,
        )

    def follower(
        self, net: Atom[Net], make: Callable[[Net], Learner], goal: Condition, data: Any, *, strict: bool
    ) -> Trainer:
        """Return the trainer of a process that does what process 0 does."""
        return Follower(
            net,
            make,
            goal,
            mark=self._mark(data),
            orders=Orders(self.collective),
            abort=self.collective.abort,
            rank=self.collective.rank,
            strict=strict,
        )

    def _mark(self, data: TrainingSet) -> int:
        """Return a number that must be the same everywhere."""
        parts = [data.data] if data.valid is None else [data.data, data.valid]
        seen = [
            (part.scale, *(_glance(values) for values in (part.x, part.y, part.weights))) for part in parts
        ]
        how = data.augment is None, self.every, self.collective.size
        return crc32(repr((data.fingerprint(), seen, how)).encode())

    def blas_threads(self, parameters: int) -> int:
        """Return how many threads there are for the matrix products of one process, of those that share a machine."""
        share = max(1, cores() // self.collective.neighbours)
        return min(share, default_threads(parameters) or share)


def _glance(values: Array | None) -> tuple[int, int] | None:
    """Return what tells numbers from others, as a rule, at no cost that grows with them."""
    if values is None:
        return None
    return len(values), crc32(np.ascontiguousarray(values[:: max(1, len(values) // 16)]).data)
