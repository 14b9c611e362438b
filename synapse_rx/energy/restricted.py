"""The restricted Boltzmann machine as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..activations import Activation, Sigmoid
from ..data import TrainingSet
from ..errors import DataError, OptionError
from ..initializers import Zeros
from ..options import count, number, one_of, positive
from ..params import Layout, ParameterSpec, Params
from ..typing import Array, Shape
from .contrastive_divergence import ContrastiveDivergence
from .energy_arch import EnergyArch
from .energy_loss import EnergyLoss
from .machine import Machine, Workplace

MOST_CHAINS = 100_000
"""More are not meant: what they begin as is drawn when a file does not say, so that a damaged one could ask for any."""


def _chains(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_CHAINS:
        raise OptionError(f"chains of rbm must be a whole number from 0 to {MOST_CHAINS}, not {value!r}")


@frozen(repr=False)
class RBM(EnergyArch):
    """
    A restricted Boltzmann machine: visible and hidden units, with weights between the two kinds alone.

    Binary visible units: ``E(v, h) = -v b - h c - v W h`` (Smolensky, 1986; Hinton, 2002). Gaussian ones of variance
    1, for standardised numbers: ``E(v, h) = |v - b|^2 / 2 - h c - v W h`` (Welling et al., 2004). Hidden units are
    binary. Numbers between 0 and 1 in binary samples, such as grey pixels, are taken as probabilities.

    Args:
        visible: Visible units, the numbers of a sample.
        hidden: Hidden units.
        units: "binary" or "gaussian" visible units.
        chains: Fantasy particles that persist from batch to batch (`ContrastiveDivergence`); 0 to begin at the data.
        deviation: The standard deviation of the first weights (Hinton, 2012, section 8).

    Shapes:
        W (visible, hidden), b (visible,), c (hidden,); kept: chains (chains, visible)

    Raises:
        OptionError: If a number is out of range.
    """

    output: ClassVar[Activation] = Sigmoid()

    visible: int = field(validator=count)
    hidden: int = field(validator=count)
    units: str = field(default="binary", validator=one_of("binary", "gaussian"))
    chains: int = field(default=0, kw_only=True, validator=_chains)
    deviation: float = field(default=0.01, kw_only=True, converter=number, validator=positive)

    @property
    def levels(self) -> tuple[RBM, ...]:
        """The machines it is a stack of: itself alone."""
        return (self,)

    @property
    def in_shape(self) -> Shape:
        return (self.visible,)

    @property
    def out_shape(self) -> Shape:
        return (self.hidden,)

    def own_specs(self) -> tuple[ParameterSpec, ...]:
        """Return its parameters, wherever it stands in a stack."""
        fans = (self.visible, self.hidden)
        return (
            ParameterSpec("W", fans, _Normal(self.deviation), *fans),
            ParameterSpec("b", (self.visible,), Zeros(), *fans, regularized=False),
            ParameterSpec("c", (self.hidden,), Zeros(), *fans, regularized=False),
        )

    def specs(self) -> Mapping[int, tuple[ParameterSpec, ...]]:
        return {0: self.own_specs()}

    @property
    def keeps(self) -> Layout:
        return kept_layout(self.levels)

    def fresh_kept(self, dtype: str = "float32") -> Params:
        return fresh_chains(self.levels, dtype)

    def default_loss(self) -> EnergyLoss:
        return ContrastiveDivergence()

    def fits(self, loss: EnergyLoss) -> bool:
        return isinstance(loss, ContrastiveDivergence) and loss.level == 0

    def check_data(self, data: TrainingSet) -> None:
        check_range(self, data)

    def machine(self, place: Workplace) -> Machine:
        from .stack_machine import StackMachine

        return StackMachine(self, place)


@frozen
class _Normal:
    """Draws normally with a given standard deviation, whatever the fans."""

    deviation: float

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return rng.standard_normal(shape) * self.deviation


def check_range(first: RBM, data: TrainingSet) -> None:
    """
    Check that samples hold what the visible units of ``first`` can be.

    Raises:
        DataError: If the units are binary, and a number is not in [0, 1].
    """
    if first.units == "gaussian":
        return
    for part in (data.data, data.valid):
        if part is None:
            continue
        scaled = [float(part.x.min()) * part.scale, float(part.x.max()) * part.scale]
        if part.pending is not None or min(scaled) < 0 or max(scaled) > 1:
            raise DataError(
                f"binary units hold numbers in [0, 1], but these samples go from {min(scaled):g} to {max(scaled):g}; "
                "scale them, or take units='gaussian' for standardised ones"
            )


def kept_layout(levels: tuple[RBM, ...]) -> Layout:
    """Return the layout of the chains of a stack."""
    return Layout.of(
        {
            (position,): (ParameterSpec("chains", (rbm.chains, rbm.visible), Zeros(), regularized=False),)
            for position, rbm in enumerate(levels)
            if rbm.chains
        }
    )


def fresh_chains(levels: tuple[RBM, ...], dtype: str) -> Params:
    """Return chains before their first step: noise."""
    layout = kept_layout(levels)
    flat = np.empty(layout.size, dtype)
    rng = np.random.default_rng(0)
    for entry in layout.entries:
        position = entry.path[0]
        assert isinstance(position, int)
        gaussian = levels[position].units == "gaussian"
        entry.view(flat)[...] = (
            rng.standard_normal(entry.shape) if gaussian else rng.integers(2, size=entry.shape)
        )
    flat.setflags(write=False)
    return Params(layout, flat)
