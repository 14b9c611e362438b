"""What all recurrent layers have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal

from attrs import evolve, field, frozen
from attrs.converters import optional as optionally
from attrs.validators import optional

from ...errors import OptionError, ShapeError
from ...initializers import Glorot, Initializer, Orthogonal, Zeros
from ...options import count, finite, flag, fraction, number, one_of
from ...params import ParameterSpec
from ...scratch import Scratch
from ...typing import Array, Shape
from ..base import Layer, Takes
from ..dropout.noise import draw_kept
from .ends import Ends, padded_lengths
from .gates import PerBlock
from .level import Level, named
from .strand import Strand
from .time import over_time

MOST_LAYERS = 1000
"""More are not meant: parameters are listed one by one, so that a damaged file could keep its reader busy for ever."""


def _stacked(instance: Any, attribute: Any, value: Any) -> None:
    count(instance, attribute, value)
    if value > MOST_LAYERS:
        raise OptionError(f"layers of {instance.kind} must be at most {MOST_LAYERS}, not {value!r}")


@frozen
class Recurrent(Layer):
    """
    A layer that reads a sequence step by step and remembers a state; its members say what happens in a step.

    Inputs are sequences (steps, features), or pairs of a sequence and its length, ``((steps, features), (1,))``: the
    steps numbered below the length, from 0, count. With ``padding`` trailing steps that have this value in every
    feature do not count either. Steps that do not count change nothing, whatever is in them; their outputs are zeros.

    Args:
        units: Numbers in the state, and so in an output.
        layers: Recurrent layers stacked in this one, each reading the outputs of the one before.
        bidirectional: Whether a second set of weights reads from the end to the start; outputs are those of both, one
            behind the other.
        returns: "last" for the state after the last step that counts (of the reverse direction: after the first),
            "sequence" for that after every step.
        padding: The value of steps that only fill sequences up; None if all steps count.
        truncate: Cut the gradient every so many steps, from the start of the sequence (in reverse: from its end);
            the state is carried on. None for gradients back to the start.
        carry: Whether a batch goes on with the states the batch before ended in, sample by sample, so that a sequence
            may be cut over batches; no gradient goes back there. The order of samples must then be kept: ``shuffle``
            off. States are zeros again at the start of every epoch.
        dropout: The probability with which outputs between stacked layers are 0 in training.
        initializer: How weights of inputs are drawn, for each gate alone; Glorot's by default.
        recurrent_initializer: How weights of states are drawn, for each gate alone; orthogonal by default.

    Shapes:
        x (N, T, features) or (x, lengths (N, 1)); y (N, directions units) or (N, T, directions units)

        W (features, directions gates units), U (units, directions gates units), b (directions gates units,); of
        stacked layers behind the first W1, U1, b1, W2 and so on. Their columns are ordered by direction (forward,
        reverse), gate (in the order the member says) and unit.

    Raises:
        OptionError: If an option is out of range, ``carry`` stands beside ``bidirectional``, or ``dropout`` without
            stacked layers.
    """

    takes: ClassVar[Takes] = "either"

    units: int = field(validator=count)
    layers: int = field(default=1, kw_only=True, validator=_stacked)
    bidirectional: bool = field(default=False, kw_only=True, validator=flag)
    returns: str = field(default="last", kw_only=True, validator=one_of("last", "sequence"))
    padding: float | None = field(
        default=None, kw_only=True, converter=optionally(number), validator=optional(finite)
    )
    truncate: int | None = field(default=None, kw_only=True, validator=optional(count))
    carry: bool = field(default=False, kw_only=True, validator=flag)
    dropout: float = field(default=0.0, kw_only=True, converter=number, validator=fraction)
    initializer: Initializer = field(default=Glorot(), kw_only=True, converter=Initializer.of)
    recurrent_initializer: Initializer = field(default=Orthogonal(), kw_only=True, converter=Initializer.of)

    takes: ClassVar[Literal["one", "several", "either"]] = "either"

    gates: ClassVar[int]
    """Gates a step computes, those of the candidate included."""

    uses_up_z: ClassVar[bool] = True
    """Whether `SteppedStrand.step_back` needs z no more, so that dz may take its place."""

    def __attrs_post_init__(self) -> None:
        if self.carry and self.bidirectional:
            raise OptionError(
                "carry=True goes on where the batch before ended; a bidirectional layer would need the next"
            )
        if self.dropout and self.layers == 1:
            raise OptionError("dropout= acts between stacked layers, and layers=1 stacks none")

    @property
    def directions(self) -> int:
        """1, or 2 where it is bidirectional."""
        return 1 + self.bidirectional

    @abstractmethod
    def strand(self, level: Level, direction: int) -> Strand:
        """Return what does the steps of ``level`` in one direction."""

    def gate_biases(self) -> tuple[Initializer, ...]:
        """Return how the bias of each gate is drawn."""
        return (Zeros(),) * self.gates

    def own_specs(self) -> tuple[ParameterSpec, ...]:
        """Return what each level needs besides W, U and b."""
        return ()

    def out_shape(self, in_shape: Shape) -> Shape:
        steps, _ = self._sequence(in_shape)
        width = self.directions * self.units
        return (width,) if self.returns == "last" else (steps, width)

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        features = self._sequence(in_shape)[1]
        found: list[ParameterSpec] = []
        for index in range(self.layers):
            found += self._level_specs(index, features if index == 0 else self.directions * self.units)
        return tuple(found)

    def multiply_adds(self, in_shape: Shape) -> int:
        steps, _ = self._sequence(in_shape)
        matrices = sum(spec.shape[0] * spec.shape[1] for spec in self.specs(in_shape) if len(spec.shape) == 2)
        return steps * matrices

    def forward(self, x: Array, s: Scratch) -> Array:
        sequence, lengths = _parted(x)
        if self.padding is not None:
            lengths = padded_lengths(sequence, self.padding, s)
        ends = self._ends(x, s)
        if ends is not None:
            ends.find(lengths, s)
        stack = self._stack(sequence, s, ends)
        steps = self._steps(sequence, stack, s)
        if not stack[0].strands_read:
            s.xp.copyto(steps, sequence.transpose(1, 0, 2))
            if ends is not None:
                ends.clear(steps, s)
        for level in stack:
            level.forward(steps, ends)
            steps = self._passed_on(level, s, draw=True)
        if self.returns == "last":
            return stack[-1].last(ends)
        y = s.array("y", (len(steps), steps.shape[2]))
        s.xp.copyto(y, steps.transpose(1, 0, 2))
        return y

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        sequence, lengths = _parted(x)
        ends = self._ends(x, s)
        stack = self._stack(sequence, s, ends)
        if self.returns == "last":
            stack[-1].last_backward(dy, ends)
        else:
            stack[-1].backward(dy.transpose(1, 0, 2), ends)
        for below, level in zip(stack[-2::-1], stack[:0:-1], strict=True):
            steps = level.finish(self._passed_on(below, s))
            if self._drops(s):
                s.xp.multiply(steps, self._noise(below, s), out=steps)
            below.backward(steps, ends)
        steps = stack[0].finish(self._steps(sequence, stack, s))
        if steps is None:
            return None
        dx = s.array("dx", sequence.shape[1:])
        s.xp.copyto(dx, steps.transpose(1, 0, 2))
        return dx if lengths is None else (dx, _zeros_like(lengths, s))

    def _level_specs(self, index: int, features: int) -> tuple[ParameterSpec, ...]:
        units, width = self.units, self.directions * self.gates * self.units
        blocks = self.directions * self.gates
        own = (
            ParameterSpec("W", (features, width), PerBlock((self.initializer,) * blocks), features, units),
            ParameterSpec(
                "U", (units, width), PerBlock((self.recurrent_initializer,) * blocks), units, units
            ),
            ParameterSpec(
                "b",
                (width,),
                PerBlock(self.gate_biases() * self.directions),
                features,
                units,
                regularized=False,
            ),
            *self.own_specs(),
        )
        return tuple(evolve(spec, name=named(spec.name, index)) for spec in own)

    def _sequence(self, in_shape: Any) -> Shape:
        """Return (steps, features) of what comes in."""
        lengths = None
        shape = in_shape
        if in_shape and isinstance(in_shape[0], tuple):
            shape, lengths = in_shape[0], in_shape[1:]
        if len(shape) != 2 or isinstance(shape[0], tuple) or lengths not in (None, ((1,),)):
            raise ShapeError(
                f"{type(self).__name__} takes samples (steps, features), such as (28, 28), "
                f"or with their lengths ((steps, features), (1,)), not {in_shape}"
            )
        if lengths is not None and self.padding is not None:
            raise ShapeError(
                f"{type(self).__name__} is given lengths and padding={self.padding}; which should it go by? "
                "Take one of the two away"
            )
        return shape

    def _ends(self, x: Any, s: Scratch) -> Ends | None:
        sequence, lengths = _parted(x)
        return None if lengths is None and self.padding is None else Ends(sequence.shape[1], s)

    def _stack(self, sequence: Array, s: Scratch, ends: Ends | None) -> list[Level]:
        steps, ended = sequence.shape[1], ends is not None
        return s.once("stack", lambda: [Level(self, index, steps, s, ended) for index in range(self.layers)])

    def _steps(self, sequence: Array, stack: list[Level], s: Scratch) -> Array:
        """Return what the lowest level reads, (T, N, features): memory for it, or ``sequence`` seen so."""
        if stack[0].strands_read:
            return sequence.transpose(1, 0, 2)
        return over_time(s, "x", *sequence.shape[1:])

    def _drops(self, s: Scratch) -> bool:
        return self.dropout > 0 and s.training and not s.frozen

    def _noise(self, level: Level, s: Scratch) -> Array:
        return over_time(s, f"noise{level.index}", *level.outputs.shape[::2])

    def _passed_on(self, level: Level, s: Scratch, draw: bool = False) -> Array:
        """Return what the level above reads, (T, N, directions units): the outputs, some of them dropped."""
        if not self._drops(s) or level.index == self.layers - 1:
            return level.outputs
        noise = self._noise(level, s)
        passed = over_time(s, f"passed{level.index}", *level.outputs.shape[::2])
        if draw:
            draw_kept(noise, self.dropout, s.rng, s.xp)
            s.xp.multiply(level.outputs, noise, out=passed)
        return passed


def _parted(x: Any) -> tuple[Array, Array | None]:
    return x if isinstance(x, tuple) else (x, None)


def _zeros_like(lengths: Array, s: Scratch) -> Array:
    zeros = s.array("dlengths", lengths.shape[1:])
    zeros.fill(0)
    return zeros
