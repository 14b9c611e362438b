"""The deep belief net as a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from attrs import field, frozen

from ..activations import Activation, Sigmoid
from ..data import TrainingSet
from ..errors import OptionError, ShapeError
from ..params import Layout, ParameterSpec, Params
from ..typing import Shape
from .contrastive_divergence import ContrastiveDivergence
from .energy_arch import EnergyArch
from .energy_loss import EnergyLoss
from .machine import Machine, Workplace
from .restricted import RBM, check_range, fresh_chains, kept_layout


def _levels(value: Any) -> tuple[RBM, ...]:
    if isinstance(value, (str, Mapping, EnergyArch)) or not isinstance(value, Iterable):
        raise OptionError(
            f"levels are a sequence of machines, such as [RBM(64, 32), RBM(32, 16)], not {value!r}"
        )
    levels = tuple(EnergyArch.of(each) for each in value)
    machines = tuple(level for level in levels if isinstance(level, RBM))
    if len(machines) < len(levels):
        raise OptionError(f"levels are restricted Boltzmann machines, such as RBM(64, 32), not {levels}")
    return machines


@frozen(repr=False)
class DeepBelief(EnergyArch):
    """
    Restricted Boltzmann machines one above the other: a deep belief net (Hinton, Osindero & Teh, 2006).

    It learns level by level, each from the hidden probabilities of the one below: ``ContrastiveDivergence(level=1)``
    says that the second does, and all others stand still. Its outputs are the hidden probabilities of the highest
    level.

    Args:
        levels: The machines, from the first to the highest.

    Raises:
        OptionError: If there are none, or others than `RBM`s.
        ShapeError: If a machine has not as many visible units as the one below it has hidden ones.
    """

    output: ClassVar[Activation] = Sigmoid()

    levels: tuple[RBM, ...] = field(converter=_levels)

    def __attrs_post_init__(self) -> None:
        if not self.levels:
            raise OptionError("a deep belief net needs one machine at least, such as RBM(64, 32)")
        for below, above in zip(self.levels, self.levels[1:], strict=False):
            if below.hidden != above.visible:
                raise ShapeError(
                    f"a machine of {above.visible} visible units stands on one of {below.hidden} hidden ones"
                )
            if above.units != "binary":
                raise OptionError(
                    "only the first machine may be gaussian: the others see binary hidden units"
                )

    @property
    def in_shape(self) -> Shape:
        return (self.levels[0].visible,)

    @property
    def out_shape(self) -> Shape:
        return (self.levels[-1].hidden,)

    def specs(self) -> Mapping[int, tuple[ParameterSpec, ...]]:
        return {position: rbm.own_specs() for position, rbm in enumerate(self.levels)}

    @property
    def keeps(self) -> Layout:
        return kept_layout(self.levels)

    def fresh_kept(self, dtype: str = "float32") -> Params:
        return fresh_chains(self.levels, dtype)

    def default_loss(self) -> EnergyLoss:
        return ContrastiveDivergence()

    def fits(self, loss: EnergyLoss) -> bool:
        return isinstance(loss, ContrastiveDivergence) and loss.level < len(self.levels)

    def check_data(self, data: TrainingSet) -> None:
        check_range(self.levels[0], data)

    def machine(self, place: Workplace) -> Machine:
        from .stack_machine import StackMachine

        return StackMachine(self, place)
