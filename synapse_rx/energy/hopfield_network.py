"""The Hopfield network as a value."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ..initializers import Zeros
from ..options import count
from ..params import ParameterSpec
from ..typing import Shape
from .energy_arch import EnergyArch
from .energy_loss import EnergyLoss
from .hebbian import Hebbian
from .machine import Machine, Workplace
from .probability_flow import ProbabilityFlow
from .pseudo_inverse import PseudoInverse


@frozen(repr=False)
class Hopfield(EnergyArch):
    """
    A Hopfield network: units of -1 and 1, each coupled with each (Hopfield, 1982).

    ``E(x) = -1/2 sum_{i != j} W_ij x_i x_j - b x``. What is above 0 in a sample counts as 1, all else as -1. Outputs
    are what the network recalls: one unit after the other is set by ``sign(sum_{j != i} W_ij x_j + b_i)``, which never
    raises the energy, until none changes any more. Couplings of units with themselves, which the projection rule
    leaves in W, take no part in it.

    Args:
        units: How many there are, the numbers of a sample.

    Shapes:
        W (units, units), symmetric; b (units,)

    Raises:
        OptionError: If the number is no whole number >= 1.
    """

    units: int = field(validator=count)

    @property
    def in_shape(self) -> Shape:
        return (self.units,)

    @property
    def out_shape(self) -> Shape:
        return (self.units,)

    def specs(self) -> Mapping[int, tuple[ParameterSpec, ...]]:
        n = self.units
        return {
            0: (
                ParameterSpec("W", (n, n), Zeros(), n, n),
                ParameterSpec("b", (n,), Zeros(), n, n, regularized=False),
            )
        }

    def default_loss(self) -> EnergyLoss:
        return Hebbian()

    def fits(self, loss: EnergyLoss) -> bool:
        return isinstance(loss, (Hebbian, PseudoInverse, ProbabilityFlow))

    def machine(self, place: Workplace) -> Machine:
        from .hopfield_machine import HopfieldMachine

        return HopfieldMachine(self, place)
