"""Activation functions: from logits to outputs and back."""

from .base import Activation as Activation
from .binary_probability import BinaryProbability as BinaryProbability
from .binary_stochastic import BinaryStochastic as BinaryStochastic
from .binary_threshold import BinaryThreshold as BinaryThreshold
from .bipolar_threshold import BipolarThreshold as BipolarThreshold
from .clipped_relu import ClippedReLU as ClippedReLU
from .custom_activation import CustomActivation as CustomActivation
from .elu import ELU as ELU
from .gelu import GELU as GELU
from .hard_swish import HardSwish as HardSwish
from .leaky_relu import LeakyReLU as LeakyReLU
from .linear import Linear as Linear
from .log_softmax import LogSoftmax as LogSoftmax
from .mish import Mish as Mish
from .relu import ReLU as ReLU
from .selu import SELU as SELU
from .sigmoid import Sigmoid as Sigmoid
from .softmax import Softmax as Softmax
from .softplus import Softplus as Softplus
from .swish import Swish as Swish
from .tanh import Tanh as Tanh
