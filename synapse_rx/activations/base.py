"""The contract of an activation function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from ..described import Described
from ..scratch import Scratch
from ..typing import Array, Shape


class Activation(Described, ABC):
    """
    A function from logits z to outputs y, applied to a batch: elementwise, or along an axis (softmax).

    Implementations are frozen attrs classes. They write into the arrays they are given and never allocate: temporaries
    come from ``s.array(name, shape)``. ``z``, ``y``, ``dy`` and ``dz`` never share memory. Passes run with numpy's
    overflow and underflow warnings off, so ``exp`` may run to 0 or infinity where the result is right.
    """

    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    """The open or closed interval outputs lie in."""

    differentiable: ClassVar[bool] = True
    """False where no gradient can be passed back (thresholds, samples)."""

    exact: ClassVar[bool] = True
    """False where `backward` passes on something else than the derivative, such as the gradient straight through."""

    stochastic: ClassVar[bool] = False
    """True where outputs are drawn from ``s.rng``."""

    initializer: ClassVar[str] = "glorot"
    """The initialiser of the weights before this activation, unless another is asked for."""

    def check(self, shape: Shape) -> None:
        """
        Check that it applies to samples of ``shape``; by default to all.

        Raises:
            ShapeError: If not.
        """

    @abstractmethod
    def forward(self, z: Array, y: Array, s: Scratch) -> None:
        """Write f(z) into y."""

    def backward(self, z: Array, y: Array, dy: Array, dz: Array, s: Scratch) -> None:
        """
        Write dL/dz into dz, given dL/dy in dy; z and y are those of the forward pass.

        Only called where `differentiable` is true.
        """
        raise AssertionError(f"{self.kind} has no gradient")
