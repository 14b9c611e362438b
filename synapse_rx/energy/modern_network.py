"""The modern Hopfield network as a value."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ..data import TrainingSet
from ..errors import DataError
from ..initializers import Zeros
from ..options import count, number, positive
from ..params import ParameterSpec
from ..typing import Shape
from .energy_arch import EnergyArch
from .energy_loss import EnergyLoss
from .machine import Machine, Workplace
from .memorize import Memorize


@frozen(repr=False)
class ModernHopfield(EnergyArch):
    """
    A continuous Hopfield network that can store exponentially many patterns (Ramsauer et al., 2020).

    ``E(x) = -lse(beta X x) / beta + |x|^2 / 2 + ln(memories) / beta + M^2 / 2``, with M the length of the longest
    memory (equation 2). A state moves to ``softmax(beta x X') X`` (equation 3), attention over the memories, which
    never raises the energy. Outputs are states after one such step, which all but always is as far as it goes.

    Args:
        units: The numbers of a sample.
        memories: How many patterns it holds: as many as there are samples in the training set.
        beta: The inverse temperature: large to recall one memory, small for a mean of those alike.

    Shapes:
        X (memories, units)

    Raises:
        OptionError: If a number is out of range.
    """

    units: int = field(validator=count)
    memories: int = field(validator=count)
    beta: float = field(default=1.0, converter=number, validator=positive)

    @property
    def in_shape(self) -> Shape:
        return (self.units,)

    @property
    def out_shape(self) -> Shape:
        return (self.units,)

    def specs(self) -> Mapping[int, tuple[ParameterSpec, ...]]:
        shape = (self.memories, self.units)
        return {0: (ParameterSpec("X", shape, Zeros(), self.units, self.memories, unit_axis=0),)}

    def default_loss(self) -> EnergyLoss:
        return Memorize()

    def check_data(self, data: TrainingSet) -> None:
        if len(data) != self.memories:
            raise DataError(
                f"this network has {self.memories} memories, but there are {len(data)} samples to store"
            )

    def machine(self, place: Workplace) -> Machine:
        from .modern_machine import ModernMachine

        return ModernMachine(self, place)
