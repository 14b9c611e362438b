"""The networks of the service. It keeps a cell and a run of each: everything else is in the snapshots."""

from __future__ import annotations

import asyncio
from itertools import count
from weakref import WeakSet

from attrs import field, frozen

import synapse_rx as sx


class NoSuchNet(LookupError):
    """There is no network of that name."""


@frozen(eq=False)
class Kept:
    """A network, its trainings so far, and who listens to it."""

    net: sx.Atom[sx.Net]
    runs: list[sx.TrainingRun] = field(factory=list)
    streams: WeakSet[sx.Stream[sx.Net]] = field(factory=WeakSet)


class Registry:
    """Networks by name."""

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._numbers = count(1)
        self._kept: dict[str, Kept] = {}

    def add(self, net: sx.Atom[sx.Net]) -> str:
        """Keep a network; return what it is called from now on."""
        if len(self._kept) >= self._most:
            raise sx.errors.OptionError(f"there are {self._most} networks already; delete some first")
        name = str(next(self._numbers))
        net.reset_meta({"name": f"net {name}"})
        self._kept[name] = Kept(net)
        return name

    def __getitem__(self, name: str) -> sx.Atom[sx.Net]:
        return self._of(name).net

    def __len__(self) -> int:
        return len(self._kept)

    def snapshots(self) -> dict[str, sx.Net]:
        """Return what all networks are now, by name."""
        return {name: kept.net.value for name, kept in self._kept.items()}

    def training(self) -> int:
        """Return how many networks are in training."""
        return sum(net.training.status in sx.Training.LIVE for net in self.snapshots().values())

    def train(self, name: str, data: sx.TrainingSet, epochs: int) -> None:
        """Begin a training: what is wrong with it is raised here, and threads compute it."""
        kept = self._of(name)
        run = sx.train(kept.net, data, epochs)
        run.add_done_callback(lambda run: run.cancelled() or run.exception())  # the status tells of failures
        kept.runs[:] = [run]

    def stream(self, name: str) -> sx.Stream[sx.Net]:
        """Return the snapshots of a network; the stream ends when the network is removed."""
        kept = self._of(name)
        stream = kept.net.stream()
        kept.streams.add(stream)
        return stream

    async def cancel(self, name: str) -> bool:
        """Cancel a training; return, once nothing is computed any more, whether there was any."""
        runs = [run for run in self._of(name).runs if run.cancel()]
        if runs:
            await asyncio.wait(runs)
        return bool(runs)

    async def remove(self, name: str) -> None:
        """Forget a network: cancel its training, and end what listens to it."""
        await self.cancel(name)
        kept = self._kept.pop(name, None)
        for stream in kept.streams if kept else ():
            stream.close()

    async def close(self) -> None:
        """Forget all networks."""
        for name in list(self._kept):
            await self.remove(name)

    def _of(self, name: str) -> Kept:
        kept = self._kept.get(name)
        if kept is None:
            raise NoSuchNet(f"there is no network {name!r}")
        return kept
