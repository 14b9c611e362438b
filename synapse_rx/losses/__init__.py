"""Losses: what training minimises."""

from .base import Loss as Loss
from .binary_cross_entropy import BinaryCrossEntropy as BinaryCrossEntropy
from .categorical_cross_entropy import CategoricalCrossEntropy as CategoricalCrossEntropy
from .cross_entropy import CrossEntropy as CrossEntropy
from .mean_squared_error import MeanSquaredError as MeanSquaredError
from .perceptron_error import PerceptronError as PerceptronError
from .squared_error import SquaredError as SquaredError
