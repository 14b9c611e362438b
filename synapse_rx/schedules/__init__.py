"""Schedules: hyper-parameters that change in the course of training, as values."""

from .base import Schedule as Schedule
from .callable import Callable as Callable
from .constant import Constant as Constant
from .convert import number_or_schedule as number_or_schedule
from .cosine import Cosine as Cosine
from .exponential import Exponential as Exponential
from .linear import Linear as Linear
from .one_cycle import OneCycle as OneCycle
from .piecewise import Piecewise as Piecewise
from .ramp import Ramp as Ramp
from .reduce_on_plateau import ReduceOnPlateau as ReduceOnPlateau
from .step import Step as Step
