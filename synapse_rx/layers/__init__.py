"""Layers: frozen descriptions that do their own forward and backward pass."""

from .activation import Activation as Activation
from .base import Layer as Layer
from .batch_norm import BatchNorm as BatchNorm
from .dense import Dense as Dense
from .dropout import Dropout as Dropout
from .gaussian_dropout import GaussianDropout as GaussianDropout
from .input import Input as Input
from .layer_norm import LayerNorm as LayerNorm
from .prelu import PReLU as PReLU
from .spatial_dropout import SpatialDropout as SpatialDropout
