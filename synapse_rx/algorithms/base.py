"""The contract of a training algorithm."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Protocol, Self

import attrs

from ..activations.base import Activation
from ..described import Described
from ..errors import OptionError
from ..fast import Kernel
from ..losses.base import Loss
from ..schedules.base import Schedule
from ..typing import Array

State = dict[str, Any]
"""An algorithm's working memory by name: arrays where it computes, and plain numbers."""

Move = tuple[str, tuple[str, ...], tuple[float, ...]]
"""A step in terms of what compiled chunks know: its name there, the state's vectors it goes by, and its numbers."""

HINTS: Mapping[str, str] = {
    "nesterov": "Nesterov momentum is defined for backprop and rmsprop, and nadam builds it into Adam",
    "momentum": "backprop and rmsprop have one; in adam, nadam and lion beta1 takes its part",
    "betas": "they are two options, beta1 and beta2",
    "weight_decay": "adamw and lion have one; a penalty on the weights goes with every algorithm",
    "lr": "it is called learning_rate",
    "eps": "it is called epsilon",
}
"""Where to find what an algorithm does not have, by the name people ask for it by."""


class Problem(Protocol):
    """What an algorithm works on: one flat vector of parameters and the gradient of the batch at hand."""

    xp: Any
    """The array module."""

    theta: Array
    """The parameters, (n,); written in place."""

    grad: Array
    """The gradient of the batch's loss at the theta of the last `evaluate`, (n,); free to be overwritten."""

    @property
    def loss(self) -> float:
        """The loss at the theta of the last evaluation; worked out when asked for."""
        ...

    remote: bool
    """Whether theta lies on a device, so that whoever asks for a number of it waits for all that is computed there."""

    def told(self, *numbers: Array) -> list[float]:
        """Return the loss and some numbers that lie where theta does, asked for together."""
        ...

    def evaluate(self) -> None:
        """Compute loss and gradient of the batch at hand at the present theta."""
        ...

    def zeros(self) -> Array:
        """Return a new vector of zeros like theta."""
        ...

    def blocks(self, *vectors: Array) -> Iterator[tuple[Array, ...]]:
        """
        Yield the vectors cut into the same cache-sized blocks.

        An update made of several elementwise operations is one pass over memory when done block by block.
        """
        ...

    def compiled(self, kernel: Kernel) -> Kernel | None:
        """
        Return ``kernel`` as machine code that works on whole vectors; None where there is no compiler for them.

        It must give, bit for bit, what the algorithm does in terms of `xp`.
        """
        ...

    def temporary(self, k: int) -> Array:
        """
        Return scratch vector number ``k``, as long as the longest block; what was in it is lost.

        The same number always means the same memory, so an update that asks for 0 and 1 never allocates.
        """
        ...


class Algorithm(Described, ABC):
    """
    One update of all parameters from one batch.

    Implementations are frozen attrs classes: their fields are the hyper-parameters, which may be exchanged between
    any two steps. All memory is in the state, so that a snapshot of it resumes bit for bit.

    A field that takes a `Schedule` holds it as it is; `at` gives the algorithm of one moment, with numbers in it.
    """

    # Not fields: what `at` found out last.
    __slots__ = ("_last", "_pairs")

    reduction: ClassVar[str | None] = None
    """How gradients must be reduced over the batch, "mean" or "sum", for algorithms that prescribe it."""

    hints: ClassVar[Mapping[str, str]] = {}
    """Where to find options that this algorithm does not have; goes before `HINTS`."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__ and "move" not in cls.__dict__:
            cls.move = (
                Algorithm.move
            )  # another step than that of the class above is not the move of that class

    @abstractmethod
    def init(self, problem: Problem) -> State:
        """Return the state before the first step. Every value is an array, an int or a float."""

    @abstractmethod
    def step(self, problem: Problem, state: State) -> None:
        """Evaluate the batch at hand (once or more) and change theta and ``state`` in place."""

    def move(self, state: State) -> Move | None:
        """
        Return the next step as one that a chunk of batches can be learnt by in one compiled call.

        The numbers in ``state`` are advanced as by `step`; its arrays are left to the compiled call. None means that
        the step has to be taken batch by batch.
        """
        return None

    def loss_for(self, output: Activation) -> Loss | None:
        """
        Return the loss this algorithm goes by behind the activation ``output``; None if it minimises any.

        Raises:
            LossError: If it cannot train such outputs.
        """
        return None

    def check(self, arch: Any) -> None:
        """
        Check that this algorithm can train networks of the architecture ``arch``.

        Raises:
            OptionError: If it cannot, saying what it needs.
        """
        return

    def at(self, epoch: float, step: int, stats: Any = None) -> Self:
        """
        Return this algorithm as it is at one moment of training, each schedule replaced by its value.

        Without schedules that is the algorithm itself, and as long as the values stay, the same object every time.

        Args:
            epoch: Epochs learnt, with the fraction of the one under way.
            step: Updates made.
            stats: What happened so far.

        Raises:
            OptionError: If a schedule gives a value that the field refuses.
        """
        pairs = getattr(self, "_pairs", None)
        if pairs is None:
            pairs = self._scheduled()
        if not pairs:
            return self
        values = [schedule.at(epoch, step, stats) for _, schedule in pairs]
        last = getattr(self, "_last", None)
        if last is None or last[0] != values:
            last = values, self._with(values, epoch)
            object.__setattr__(self, "_last", last)
        return last[1]

    def _scheduled(self) -> list[tuple[attrs.Attribute[Any], Schedule]]:
        present = [(field, getattr(self, field.name)) for field in attrs.fields(type(self))]
        pairs = [(field, value) for field, value in present if isinstance(value, Schedule)]
        object.__setattr__(self, "_pairs", pairs)
        return pairs

    def _with(self, values: list[float], epoch: float) -> Self:
        # Not attrs.evolve: only what a schedule gave is new and must be checked.
        moment = object.__new__(type(self))
        for field in attrs.fields(type(self)):
            object.__setattr__(moment, field.name, getattr(self, field.name))
        for (field, schedule), value in zip(self._scheduled(), values, strict=True):
            try:
                if field.validator is not None:
                    field.validator(moment, field, value)
            except OptionError as error:
                raise OptionError(f"{error}; that is what {schedule!r} gives at epoch {epoch:g}") from None
            object.__setattr__(moment, field.name, value)
        return moment

    @classmethod
    def hint(cls, option: str) -> str | None:
        """Return where to find ``option``, if this algorithm does not have it and people may look for it here."""
        if option in (field.alias for field in attrs.fields(cls)):
            return None
        return cls.hints.get(option, HINTS.get(option))

    @classmethod
    def checked(cls, **options: Any) -> Self:
        """Construct from ``options``, turning an unknown or missing one into an error that teaches."""
        for option in options:
            hint = cls.hint(option)
            if hint is not None:
                raise OptionError(f"{cls.kind} has no option {option!r}: {hint}")
        return super().checked(**options)


class FullBatchAlgorithm(Algorithm):
    """
    An algorithm that sees all samples before it decides, such as one with a line search.

    The roles are reversed: it does not ask for evaluations but is told of each one, and says where the next shall be.
    So a trainer can stop, publish or resume between any two evaluations, and between the batches of one.

    Between iterations, and in every snapshot, the parameters are the *iterate*: the best the algorithm stands by, not
    the point it happens to try. `iterate` gives it, `begin` goes from it to where the next evaluation is wanted.
    """

    __slots__ = ()

    def step(self, problem: Problem, state: State) -> None:
        raise AssertionError(f"{self.kind} is driven by advance")

    def begin(self, problem: Problem, state: State) -> None:
        """
        Theta is the iterate: move it to where the next evaluation is wanted.

        Called before the first evaluation of every iteration, after resuming from a snapshot (which may have been
        taken in the middle of one), and after theta was set from outside: if it is not the iterate that ``state``
        belongs to, the search starts over from there.
        """
        return

    def iterate(self, problem: Problem, state: State) -> Array:
        """Return the parameters to publish, a vector that must not be changed."""
        return problem.theta

    @abstractmethod
    def advance(self, problem: Problem, state: State) -> bool:
        """
        Take note of loss and gradient at theta, move theta to where they are wanted next, and ``state`` with it.

        A loss that is not finite is no error in the middle of a search: it is tried elsewhere.

        Returns:
            Whether this completed an iteration: one epoch, worth publishing. Theta is then the iterate, and the loss
            told last is the one there; training has diverged if it is not finite.
        """
