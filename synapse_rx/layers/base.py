"""The contract of a layer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias

from ..described import Described
from ..errors import OptionError
from ..params import ParameterSpec
from ..scratch import Scratch
from ..typing import Array, Shape

Takes: TypeAlias = Literal["one", "several", "either"]
"""How many values a layer takes."""


class Step(Protocol):
    """What computes: a layer, or what does the work of several in its place."""

    def forward(self, x: Array, s: Scratch) -> Array: ...

    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None: ...


class Layer(Described, ABC):
    """
    One step from inputs to outputs: a frozen description that is the layer itself.

    Shapes never contain the batch axis; arrays always have it first. Passes write into buffers of their scratch and
    allocate nothing. A layer checks what it is given when it is placed (`out_shape`), and trusts it afterwards.

    Neither ``x`` nor ``dy`` is ever written to. ``y`` and ``dx`` may be views of them.

    Layers may hold others (`children`) and run them as they like, through ``s.children``. Between them several values
    may travel together: a tuple of arrays, whose shape is a tuple of shapes (`takes`).
    """

    __slots__ = ()

    takes: ClassVar[Takes] = "one"
    """How many values it takes."""

    shares: ClassVar[bool] = False
    """True where it may stand in several places, which share the parameters at its path."""

    ends: ClassVar[bool] = False
    """True where it gives the output of each of its children as a value of its own."""

    sequential: ClassVar[bool] = False
    """True where it is nothing but its children one behind the other, so that a program runs them without it."""

    @classmethod
    def of(cls, value: Any, /, **options: Any) -> Self:
        """
        Return the layer meant by ``value``, as every description does; a list or tuple means the `Chain` of its layers.

        Raises:
            UnknownNameError: If no layer has that name.
            OptionError: If an option is unknown or stands beside what is no name, ``value`` is none of these, or a list
                holds itself.
        """
        if isinstance(value, (list, tuple)):
            try:
                return cls.member("chain").checked(layers=value)
            except RecursionError:
                raise OptionError("a list of layers holds itself; layers nest without cycles") from None
        return super().of(value, **options)

    @property
    def differentiable(self) -> bool:
        """False where no gradient can be passed back to its inputs."""
        return all(child.differentiable for _, child in self.children())

    @property
    def bypass(self) -> bool:
        """True where its inputs also go past its children to its outputs, as in a residual layer; for pictures."""
        return False

    @abstractmethod
    def out_shape(self, in_shape: Shape) -> Shape:
        """
        Return the shape of one output sample.

        Raises:
            ShapeError: If inputs of ``in_shape`` do not fit.
        """

    def specs(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        """Return the parameters it needs for inputs of ``in_shape``."""
        return ()

    def keeps(self, in_shape: Shape) -> tuple[ParameterSpec, ...]:
        """
        Return what it keeps from batch to batch and no gradient moves, such as running means.

        It finds them in ``s.kept``, writes to them in training passes alone, and they are part of every snapshot.
        """
        return ()

    def children(self) -> tuple[tuple[int | str | None, Layer], ...]:
        """
        Return the layers it holds, each under the key that its parameters are found by below those of this layer.

        None as the key means: in this layer's own place.
        """
        return ()

    def child_shapes(self, in_shape: Shape) -> tuple[Shape, ...]:
        """Return the shape of the inputs of each child; not asked where it is `sequential`."""
        return ()

    def child_factor(self, in_shape: Shape) -> int:
        """Return how many samples its children are given for each of its own; 1 unless it folds axes into the batch."""
        return 1

    def place(self, path: tuple[int | str, ...]) -> tuple[int | str, ...]:
        """Return the path its parameters are found by, where its position would give it ``path``."""
        return path

    def multiply_adds(self, in_shape: Shape) -> int:
        """Return the multiplications with addition that one sample costs in a forward pass, without children's."""
        return 0

    def expand(self) -> tuple[Layer, ...]:
        """Return the primitive layers it stands for, which do the work; itself if it is one."""
        return (self,)

    def joined(self, behind: Sequence[Layer], in_shape: Shape, s: Scratch) -> tuple[Step, int]:
        """
        Return what does the work of this primitive and of the first of those behind it, and how many of them.

        By default that is the layer itself, and none. What is returned works in ``s``, the memory of this layer.
        """
        return self, 0

    @abstractmethod
    def forward(self, x: Array, s: Scratch) -> Array:
        """Return the outputs for inputs ``x`` (N, *in_shape) in a buffer of ``s``."""

    @abstractmethod
    def backward(self, x: Array, y: Array, dy: Array, s: Scratch) -> Array | None:
        """
        Pass the gradient back: write every parameter's gradient into ``s.grads``, return dL/dx.

        ``x`` and ``y`` are those of the forward pass, ``dy`` is dL/dy. Where ``s.needs_dx`` is false dL/dx is not
        computed and None is returned; where ``s.learns`` is false no parameter's gradient is.
        """
