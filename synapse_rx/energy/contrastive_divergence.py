"""How restricted Boltzmann machines learn."""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import field, frozen

from ..errors import OptionError
from ..options import count, flag
from .energy_loss import EnergyLoss


def _level(instance: Any, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise OptionError(f"level of contrastive_divergence must be a whole number >= 0, not {value!r}")


@frozen
class ContrastiveDivergence(EnergyLoss):
    """
    Contrastive divergence (Hinton, 2002): the data are made more likely than what ``k`` steps of Gibbs sampling make.

    The gradient is ``<dE/dtheta> of the data - <dE/dtheta> behind k steps``, with probabilities in place of the hidden
    states of both ends (Hinton, 2012, "A practical guide", section 3). Chains begin at the data, or, where the machine
    keeps ``chains``, where they stood after the batch before: persistent contrastive divergence (Tieleman, 2008).

    Args:
        k: Steps of Gibbs sampling, each down and up again.
        sample_visible: Draw visible states on the way; otherwise their means are taken, which is less noisy and less
            exact.
        level: Which machine of a stack learns, 0 for the first; those below it hand their hidden probabilities on.

    Raises:
        OptionError: If a number is out of range.
    """

    aliases: ClassVar[tuple[str, ...]] = ("cd",)
    learners: ClassVar[str] = "restricted Boltzmann machines"

    k: int = field(default=1, validator=count)
    sample_visible: bool = field(default=True, kw_only=True, validator=flag)
    level: int = field(default=0, kw_only=True, validator=_level)
