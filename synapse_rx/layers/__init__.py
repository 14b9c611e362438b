"""Layers: frozen descriptions that do their own forward and backward pass."""

from .activation import Activation as Activation
from .base import Layer as Layer
from .dense import Dense as Dense
from .input import Input as Input
