"""Losses: what training minimises."""

from .base import Loss as Loss
from .binary_cross_entropy import BinaryCrossEntropy as BinaryCrossEntropy
from .categorical_cross_entropy import CategoricalCrossEntropy as CategoricalCrossEntropy
from .censored import Censored as Censored
from .centre_loss import CentreLoss as CentreLoss
from .cross_entropy import CrossEntropy as CrossEntropy
from .custom_loss import CustomLoss as CustomLoss
from .hinge import Hinge as Hinge
from .huber import Huber as Huber
from .mean_absolute_error import MeanAbsoluteError as MeanAbsoluteError
from .mean_squared_error import MeanSquaredError as MeanSquaredError
from .multi_class_hinge import MultiClassHinge as MultiClassHinge
from .negative_log_likelihood import NegativeLogLikelihood as NegativeLogLikelihood
from .per_output import PerOutput as PerOutput
from .per_output import per_output as per_output
from .perceptron_error import PerceptronError as PerceptronError
from .separable import Separable as Separable
from .squared_error import SquaredError as SquaredError
from .weighted_sum import WeightedSum as WeightedSum
