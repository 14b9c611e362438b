"""Make energy models: restricted Boltzmann machines, deep belief nets, Hopfield networks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from attrs import evolve

from ..algorithms import Algorithm
from ..atoms import Atom
from ..data import test_set
from ..data.options import check_choice
from ..errors import OptionError
from ..losses import Loss
from ..network.build import DTYPES
from ..snapshot import Net, Training, only_nets
from .contrastive_divergence import ContrastiveDivergence
from .deep_belief import DeepBelief
from .energy_arch import EnergyArch
from .hopfield_network import Hopfield
from .modern_network import ModernHopfield
from .restricted import RBM


def rbm(
    visible: int,
    hidden: int,
    training: Training | Algorithm | str = "backprop",
    *,
    units: str = "binary",
    chains: int = 0,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a restricted Boltzmann machine: an `Atom` holding a `Net`, to be trained, watched and saved like any other.

    Args:
        visible: Visible units, the numbers of a sample.
        hidden: Hidden units.
        training: How to train it: what `synapse_rx.training` returns, or an algorithm or its name; the loss is
            `ContrastiveDivergence`.
        units: "binary" for samples in [0, 1], "gaussian" for standardised ones.
        chains: Fantasy particles for persistent contrastive divergence; 0 for chains that begin at the data.
        dtype: "float32" or "float64".

    Raises:
        OptionError: If a number is out of range.
        LossError: If the loss asked for is for other models.
    """
    return energy_model(RBM(visible, hidden, units, chains=chains), training, dtype=dtype)


def deep_belief_net(
    units: Sequence[int],
    training: Training | Algorithm | str = "backprop",
    *,
    visible: str = "binary",
    chains: int = 0,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a deep belief net: ``deep_belief_net([784, 500, 250])`` has two levels.

    `train_levels` says how to train one level after the other.

    Args:
        units: Numbers of visible units, then of hidden units of each level.
        training: As for `rbm`.
        visible: "binary" or "gaussian" units at the bottom.
        chains: As for `rbm`, of every level.
        dtype: As for `rbm`.

    Raises:
        OptionError: If there are fewer than two sizes, or a number is out of range.
        LossError: If the loss asked for is for other models.
    """
    sizes = list(units)
    if len(sizes) < 2:
        raise OptionError(f"a deep belief net needs the sizes of two layers at least, not {sizes}")
    levels = [
        RBM(below, above, visible if position == 0 else "binary", chains=chains)
        for position, (below, above) in enumerate(pairwise(sizes))
    ]
    return energy_model(DeepBelief(levels), training, dtype=dtype)


def hopfield(
    units: int,
    rule: str | Loss = "hebbian",
    training: Training | Algorithm | str = "backprop",
    *,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a Hopfield network: an `Atom` holding a `Net`.

    One epoch of `synapse_rx.train` stores the patterns by Hebb's rule or the projection rule; `ProbabilityFlow` is
    gone down for as many epochs as it takes.

    Args:
        units: How many there are, the numbers of a pattern.
        rule: How it stores patterns: "hebbian", "pseudo_inverse" or "probability_flow", or a description.
        training: As for `rbm`, for rules that follow a gradient.
        dtype: "float32" or "float64".

    Raises:
        OptionError: If a number is out of range.
        LossError: If the rule is for other models.
    """
    return energy_model(Hopfield(units), evolve(_training(training), loss=Loss.of(rule)), dtype=dtype)


def modern_hopfield(patterns: Any, beta: float = 1.0, *, dtype: str = "float32") -> Atom[Net]:
    """
    Make a modern Hopfield network that holds patterns: an `Atom` holding a `Net`.

    Args:
        patterns: Numbers (memories, units).
        beta: The inverse temperature (`ModernHopfield`).
        dtype: "float32" or "float64".

    Raises:
        DataError: If the patterns are no finite numbers.
        OptionError: If ``beta`` is not above 0.
    """
    x = test_set(patterns, dtype=dtype).x
    memories = x.reshape(len(x), -1)
    cell = energy_model(ModernHopfield(memories.shape[1], len(memories), beta), dtype=dtype)
    return Atom(evolve(cell.value, params=cell.value.params.replace({"0.X": memories})), validator=only_nets)


def energy_model(
    arch: EnergyArch, training: Training | Algorithm | str = "backprop", *, dtype: str = "float32"
) -> Atom[Net]:
    """
    Make an energy model of a description: an `Atom` holding a `Net`.

    Args:
        arch: Such as ``RBM(64, 32)``.
        training: As for `rbm`.
        dtype: "float32" or "float64".

    Raises:
        OptionError: If ``arch`` is no description of an energy model, or the type neither of the two.
        LossError: If the loss asked for is for other models.
    """
    if not isinstance(arch, EnergyArch):
        raise OptionError(f"an energy model is made of a description such as RBM(64, 32), not {arch!r}")
    check_choice("dtype", dtype, DTYPES)
    how = _training(training)
    loss = arch.fitted(how.loss or arch.default_loss())
    net = Net(arch, arch.fresh_params(how.seed, dtype), evolve(how, loss=loss))
    return Atom(net, validator=only_nets)


def train_levels(
    levels: int | Net | Atom[Net], epochs: int, **options: Any
) -> list[tuple[int, dict[str, Any]]]:
    """
    Return the phases that train a deep belief net level by level: ``sx.train(net, data, train_levels(net, 10))``.

    Args:
        levels: The net, or how many levels it has.
        epochs: Epochs for each level.
        **options: What `ContrastiveDivergence` takes, such as k=5.
    """
    snapshot = getattr(levels, "value", levels)
    count = len(snapshot.arch.levels) if isinstance(snapshot, Net) else int(levels)  # type: ignore[arg-type]
    return [(epochs, {"loss": ContrastiveDivergence(level=level, **options)}) for level in range(count)]


def _training(training: Training | Algorithm | str) -> Training:
    return training if isinstance(training, Training) else Training(Algorithm.of(training))
