"""What descriptions of energy models have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ..activations import Activation, Linear
from ..algorithms import FullBatchAlgorithm
from ..backends import Backend
from ..data import StreamSet, TrainingSet
from ..data.options import check_count
from ..described import Described, brief
from ..errors import DataError, LossError, OptionError
from ..learner import Learner
from ..losses import Loss
from ..network.checks import check_samples
from ..network.estimate import Evaluation
from ..network.feeds.normalizing import pending
from ..network.learner import NetworkLearner
from ..network.summary import Summary
from ..params import Layout, ParameterSpec, Params, path_of
from ..snapshot import Net
from ..typing import Array, Shape
from .energy_loss import EnergyLoss
from .machine import Machine, Workplace


class EnergyArch(Described, ABC):
    """
    An energy model as a value: what a `Net` of it is made of, in the place where networks have an `Arch`.

    Members are frozen attrs classes that say what parameters there are and make the `Machine` that computes with
    them; training, snapshots, files and subscribers are those of networks.
    """

    output: ClassVar[Activation] = Linear()
    """What range outputs lie in."""

    @property
    @abstractmethod
    def in_shape(self) -> Shape:
        """The shape of one sample."""

    @property
    @abstractmethod
    def out_shape(self) -> Shape:
        """The shape of one output."""

    @abstractmethod
    def specs(self) -> Mapping[int, tuple[ParameterSpec, ...]]:
        """Return the parameters by position."""

    @abstractmethod
    def default_loss(self) -> EnergyLoss:
        """Return what it learns by unless something else is asked for."""

    @abstractmethod
    def machine(self, place: Workplace) -> Machine:
        """Return what computes with parameters at this place."""

    def check_data(self, data: TrainingSet) -> None:
        """
        Check that samples hold what this model can be made of; by default anything will do.

        Raises:
            DataError: If not.
        """
        return

    def fits(self, loss: EnergyLoss) -> bool:
        """Return whether it can learn by ``loss``."""
        return isinstance(loss, type(self.default_loss()))

    @property
    def layout(self) -> Layout:
        """The parameters in the flat vector."""
        return Layout.of({(position,): specs for position, specs in self.specs().items()})

    @property
    def keeps(self) -> Layout:
        """What is kept from batch to batch beside parameters; nothing, unless a member says so."""
        return Layout(())

    @property
    def inputs(self) -> tuple[Shape, ...]:
        """The shape of its one input."""
        return (self.in_shape,)

    @property
    def outputs(self) -> tuple[Shape, ...]:
        """The shape of its one output."""
        return (self.out_shape,)

    def fresh_params(self, seed: int = 0, dtype: str = "float32") -> Params:
        """Draw the first parameters; one seed gives one result, whatever the backend."""
        rng = np.random.default_rng(check_count("seed", seed, 0))
        layout, asked = self.layout, [spec for specs in self.specs().values() for spec in specs]
        flat = np.empty(layout.size, dtype)
        for entry, spec in zip(layout.entries, asked, strict=True):
            entry.view(flat)[...] = spec.initializer.draw(rng, spec.shape, spec.fan_in, spec.fan_out)
        flat.setflags(write=False)
        return Params(layout, flat)

    def fresh_kept(self, dtype: str = "float32") -> Params:
        """Return what is kept from batch to batch, as it is before the first."""
        return Params(self.keeps, np.zeros(self.keeps.size, dtype))

    def fitted(self, loss: Loss) -> EnergyLoss:
        """
        Return ``loss`` if this model can learn by it.

        Raises:
            LossError: If it cannot.
        """
        if not isinstance(loss, EnergyLoss) or not self.fits(loss):
            raise LossError(
                f"{brief(self)} learns by {self.default_loss().kind}, not by {loss.kind}; leave loss= out"
            )
        return loss

    def suited(self, net: Net, sample_shape: Shape | None) -> Net:
        """Return ``net``: it takes samples of one shape alone."""
        return net

    def check_layer(self, layer: int | str) -> None:
        """
        Check that there are parameters at a position.

        Raises:
            OptionError: If there are none.
        """
        if path_of(layer) not in {(position,) for position in self.specs()}:
            raise OptionError(f"there is no layer {layer!r} in {brief(self)}; there are {len(self.specs())}")

    def check(self, net: Net, data: Any) -> None:
        """
        Check that ``net``, a model of this description, can be trained on ``data``.

        Raises:
            SynapseError: If it cannot, saying what does not fit.
        """
        if not isinstance(data, TrainingSet):
            stream = " A stream has targets, which it does not." if isinstance(data, StreamSet) else ""
            raise DataError(
                f"{brief(self)} learns from a TrainingSet, not from {type(data).__name__}.{stream}"
            )
        check_samples(net, data.data)
        if data.data.weights is not None:
            raise DataError(f"{brief(self)} counts every sample once; leave weights= and class_weights= out")
        pending(net, data.data)
        self.check_data(data)
        self.check_training(net)

    def check_training(self, net: Net) -> None:
        """
        Check that ``net``, a model of this description, can be trained as it says, whatever the data.

        Raises:
            OptionError: If the algorithm cannot train it, or not with these options.
            LossError: If it cannot learn by its loss.
        """
        self.fitted(net.training.loss or self.default_loss())
        algorithm, stats = net.training.algorithm, net.training.stats
        if isinstance(algorithm, FullBatchAlgorithm) or algorithm.loss_for(Linear()) is not None:
            raise OptionError(
                f"{brief(self)} has no loss that {algorithm.kind} could go by, only gradients; take backprop or adam"
            )
        algorithm.at(float(stats.epochs), stats.steps, stats)
        for layer, _ in net.training.update.factors:
            self.check_layer(layer)
        if net.training.recorded is not None or net.training.evaluation != "running":
            raise OptionError(
                "stats= and evaluation= are for networks; energy models record their own errors"
            )

    def learner(self, net: Net, data: Any, backend: Backend, *, ignore_divergence: bool = False) -> Learner:
        """
        Return what trains ``net``, a model of this description, on ``data``.

        Raises:
            SynapseError: If it cannot be trained so.
        """
        from .engine import EnergyEngine  # which knows this class

        return NetworkLearner(net, data, backend, ignore_divergence=ignore_divergence, engine=EnergyEngine)

    def program(
        self, backend: Backend, capacity: int, theta: Array, *, rng: Any = None, kept: Any = None
    ) -> Machine:
        """Return what answers batches: the machine without a gradient."""
        return self.machine(Workplace(backend, capacity, theta, self.default_loss(), rng=rng, kept=kept))

    def evaluation(self, net: Net, data: Any) -> Evaluation:
        """Return the errors of ``net`` on samples, which need no targets."""
        from .evaluating import evaluation

        return evaluation(net, data)

    def summary(self, net: Net, batch: int) -> Summary:
        """Return what ``net`` is made of, and what it costs to train on batches of a size."""
        from .summing_up import summary

        return summary(net, batch)

    def __repr__(self) -> str:
        return brief(self)
