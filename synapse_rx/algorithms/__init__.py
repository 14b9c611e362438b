"""Training algorithms: frozen descriptions with one update rule each."""

from .backprop import Backprop as Backprop
from .base import Algorithm as Algorithm
from .base import FullBatchAlgorithm as FullBatchAlgorithm
from .base import Problem as Problem
