"""Neuron graphs: any network at all, neuron by neuron, with gates and recurrence of every kind."""

from .arch import GraphArch as GraphArch
from .build import clear as clear
from .build import graph_net as graph_net
from .hard_limiter import HardLimiter as HardLimiter
from .neuron_graph import NeuronGraph as NeuronGraph
from .parts import Group as Group
from .parts import Projection as Projection
from .values import GivenValues as GivenValues
