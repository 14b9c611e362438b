"""The architecture of a network that is one neuron graph."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from attrs import evolve, field, frozen

from ..backends import Backend, NumpyBackend
from ..data import StreamSet, TrainingSet
from ..errors import DataError, OptionError
from ..learner import Learner
from ..network.arch import Arch
from ..network.checks import check_fit
from ..snapshot import Net
from ..typing import Shape
from .neuron_graph import NeuronGraph

log = logging.getLogger("synapse_rx")


@frozen(repr=False)
class GraphArch(Arch):
    """
    A network of one neuron graph, for steps (features,): sequences may be of any length.

    Where it learns one sample after the other, in batches of one or as the steps of one sequence, it does so on numpy,
    whatever the backend; that is logged once.

    Samples (steps, features) are sequences of their own. Samples (features,) of a graph in which nothing recurs are on
    their own as well; of a recurrent one they are the steps of one sequence in their order.

    Raises:
        OptionError: If it is made of something else than one `NeuronGraph`.
    """

    _by_steps: dict[int, Arch] = field(init=False, eq=False, repr=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        if len(self.layers) != 1 or not isinstance(self.layers[0], NeuronGraph):
            raise OptionError(f"a graph_arch is made of one NeuronGraph, not of {self.layers!r}")
        super().__attrs_post_init__()

    @classmethod
    def of_graph(cls, graph: NeuronGraph) -> GraphArch:
        """Return the architecture of ``graph``."""
        return cls((graph.features,), (evolve(graph, stream=graph.recurrent, states=False),))

    @property
    def graph(self) -> NeuronGraph:
        """The graph."""
        layer = self.layers[0]
        assert isinstance(layer, NeuronGraph)
        return layer

    def over(self, steps: int) -> Arch:
        """Return the architecture for sequences of so many steps, with the same parameters."""
        found = self._by_steps.get(steps)
        if found is None:
            if len(self._by_steps) >= 64:
                self._by_steps.clear()
            layer = evolve(self.graph, stream=False)
            found = self._by_steps[steps] = Arch((steps, self.graph.features), (layer,))
        return found

    def suited(self, net: Net, sample_shape: Shape | None) -> Net:
        """Return ``net`` as it takes samples of a shape: in an architecture of as many steps, or as it is."""
        if sample_shape is None or len(sample_shape) != 2 or sample_shape[1] != self.graph.features:
            return net
        return evolve(net, arch=self.over(sample_shape[0]), kept=None)

    def check(self, net: Net, data: Any) -> None:
        if isinstance(data, (TrainingSet, StreamSet)):
            self._check_order(data)
            net = self.suited(net, data.sample_shape)
        check_fit(net, data)

    def learner(
        self, net: Net, data: Any, backend: Backend, *, ignore_divergence: bool = False, joint: None = None
    ) -> Learner:
        from .learner import GraphLearner

        if backend.remote and self._takes_one_by_one(data):
            _tell(backend.name)
            backend = NumpyBackend()
        return GraphLearner(net, data, backend, ignore_divergence=ignore_divergence)

    def _takes_one_by_one(self, data: TrainingSet | StreamSet) -> bool:
        """Return whether there is nothing that a device could do at a time: one sample after the other is learnt."""
        shape = data.sample_shape
        return data.batch == 1 or (self.graph.stream and (shape is None or len(shape) == 1))

    def _check_order(self, data: TrainingSet | StreamSet) -> None:
        shape = data.sample_shape
        if shape is not None and len(shape) == 2 and data.normalization is not None:
            raise DataError(
                "the samples are normalised as whole sequences, but this network takes steps; normalise the steps "
                "before they become sequences"
            )
        if not self.graph.stream or shape is None or len(shape) != 1 or isinstance(data, StreamSet):
            return
        if data.shuffle:
            raise DataError(
                f"this graph is recurrent, so samples of {shape[0]} numbers are the steps of one sequence, but they "
                f"are shuffled (shuffle={data.shuffle!r}); keep their order with shuffle=False, or give sequences "
                f"(N, steps, {shape[0]})"
            )

    def __repr__(self) -> str:
        return self.graph.words


@cache
def _tell(backend: str) -> None:
    log.info(
        "networks of neurons that learn one sample after the other compute on numpy, also with backend %r; batches of "
        "sequences are learnt there",
        backend,
    )
