"""Many networks as one: trained together, heard together, ranked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from attrs import frozen

from ..atoms import Atom
from ..data.options import check_count
from ..errors import AlreadyTraining, OptionError, UnknownNameError
from ..snapshot import Net
from ..subscribers.judge import Judge
from ..trainer import train
from ..trainer.loops import made_on_a_loop
from .fleet import MemberRun, Train
from .members import Data, check_member, check_training, christen, data_of, members
from .run import PopulationRun
from .source import NewsSource
from .trainings import Trainings


class Population(NewsSource):
    """
    Networks by name, which are trained as one and tell what happens to them in one stream. Made by `population`.

    ``population["small"]`` is the cell of a member; ``len``, ``in`` and iteration are about names. Members may be added
    and removed at any time, also while all are trained. Whatever listens to many networks takes a population for its
    cells: ``sx.dashboard(population)``.

    It is a reactivex observable of `News`: where each member stands first, then what is new, on the threads that
    publish, one at a time. An observer that is busy meanwhile gets fewer and larger news, each covering all epochs
    since the last one of that member, so it holds nobody up and nothing piles up. Whoever has to decide between two
    epochs of one network watches its cell.
    """

    def __init__(self, nets: Any, *, train: Train = train) -> None:
        super().__init__(members(nets))
        self._train = train
        self._under_way: _UnderWay | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all members, in the order in which they came."""
        return tuple(self._cells)

    @property
    def nets(self) -> tuple[Atom[Net], ...]:
        """The cells of all members, in the order of their names."""
        return tuple(self._cells.values())

    @property
    def snapshots(self) -> dict[str, Net]:
        """What every cell holds now, by name."""
        return {name: cell.value for name, cell in self._cells.items()}

    @property
    def training(self) -> PopulationRun | None:
        """The run that trains it; None if none does."""
        under_way = self._under_way
        return None if under_way is None or under_way.trainings.outcome.done() else under_way.run

    def __getitem__(self, name: Any) -> Atom[Net]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """
        Return the cell of a member.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        cell = self._cells.get(name)
        if cell is None:
            raise UnknownNameError.of("member", name, self._cells)
        return cell

    def __contains__(self, name: object) -> bool:
        return name in self._cells

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self._cells)

    def add(self, name: str, net: Atom[Net]) -> Atom[Net]:
        """
        Take in one more; while all are trained it is trained as they are, and its turn comes last.

        Returns:
            The cell.

        Raises:
            OptionError: If there is one of that name, or it is no cell of a network.
            SynapseError: If it cannot be trained on what the others are trained on; it is not taken in then.
        """
        check_member(self._cells, name, net)
        under_way = self._under_way
        if under_way is not None and self.training is not None:
            check_training(name, net, under_way.data)
        self._come(name, net)
        christen(name, net)
        if under_way is not None:
            under_way.trainings.add(name)
        return net

    def remove(self, name: str) -> Atom[Net]:
        """
        Let one go: its training, if this population trains it, is stopped, and nothing of it is told any more.

        Returns:
            The cell, which keeps what it holds.

        Raises:
            UnknownNameError: If there is none of that name.
        """
        net, under_way = self[name], self._under_way
        self._go(name)
        if under_way is not None:
            under_way.trainings.remove(name)
        return net

    def ranking(self, by: str | None = None, *, mode: str = "min") -> tuple[str, ...]:
        """
        Return all names, the best first, by the newest value of a history; those without a value come last.

        Args:
            by: "loss", "training:KIND" or "validation:KIND"; by default the loss on the validation set, or where there
                is none, the training loss.
            mode: "min" where smaller is better, as for every error; "max" where larger is.

        Raises:
            OptionError: If an option is not of that form, or a network that was trained does not record that history.
        """
        judge = Judge(by, mode=mode)
        sign = 1 if mode == "min" else -1
        values = {name: sign * judge.value(net) for name, net in self.snapshots.items()}
        return tuple(sorted(values, key=lambda name: (math.isnan(values[name]), values[name])))

    def best(self, by: str | None = None, *, mode: str = "min") -> str:
        """
        Return the name of the best member; options and errors as for `ranking`.

        Raises:
            OptionError: If there are no members.
        """
        if not self._cells:
            raise OptionError("there is no best of no networks; add some first")
        return self.ranking(by, mode=mode)[0]

    def train(self, data: Data, epochs: Any, *, at_once: int | None = None, **options: Any) -> PopulationRun:
        """
        Train all members: check everything, start, return at once.

        Args:
            data: What all of them learn; or by name what each does.
            epochs: As for `train`, for each of them.
            at_once: How many are trained at once; the others wait for their turn and take no working memory till then.
                None for all, which share the processor's cores chunk by chunk.
            **options: As for `train`, for each of them: ``publish=``, ``on_diverged=`` and so on.

        Returns:
            The run, a task for all of them.

        Raises:
            AlreadyTraining: If this population, or one of its members, is in training.
            OptionError: If it is empty, or an option is out of range.
            SynapseError: If a network cannot learn these data; nothing is trained then.
        """
        if at_once is not None:
            check_count("at_once", at_once, 1)
        self._check_idle()
        cells = self._cells
        if not cells:
            raise OptionError("there are no networks in this population; add some first")
        for name, cell in cells.items():
            check_training(name, cell, data)
        trainings = Trainings(lambda name: self._begin(name, data, epochs, options), cells, at_once)
        news = partial(self.stream, self.snapshots)
        run = made_on_a_loop(lambda loop: PopulationRun(trainings, news, loop=loop))
        try:
            with self._lock:
                self._check_idle()
                self._under_way = _UnderWay(trainings, run, data)
            trainings.go(first=True)
        except BaseException:
            trainings.cancel()
            raise
        return run

    def stop(self) -> bool:
        """End the training of all gracefully with the next chunk of work; return whether there was any."""
        run = self.training
        return run is not None and run.stop()

    def __repr__(self) -> str:
        n, run = len(self), self.training
        return f"<Population of {n} network{'s' * (n != 1)}{'' if run is None else f', {run!r}'}>"

    def _check_idle(self) -> None:
        if (run := self.training) is not None:
            raise AlreadyTraining(f"this population is in training: {run!r}; stop it first", run)

    def _begin(self, name: str, data: Data, epochs: Any, options: Mapping[str, Any]) -> MemberRun:
        return self._train(self[name], data_of(name, data), epochs, **options)


@frozen
class _UnderWay:
    trainings: Trainings
    run: PopulationRun
    data: Any


def population(nets: Mapping[str, Atom[Net]] | Iterable[Atom[Net]], *, train: Train = train) -> Population:
    """
    Return a population of networks: trained together, heard together, ranked.

    Args:
        nets: Cells by name, or a list of cells; these are called by the "name" in their ``meta``, else "net 1" for the
            first one. A cell without a name in its ``meta`` is given its own.
        train: What trains a member. By default `synapse_rx.train`, here and now; anything of that form will do, such as
            one that has another machine train what the cell mirrors.

    Raises:
        OptionError: If something else than cells of networks is given, or two are called the same.
    """
    return Population(nets, train=train)
