"""Regularisers: penalties on weights whose value and derivative agree."""

from .base import Regularizer as Regularizer
from .custom_regularizer import CustomRegularizer as CustomRegularizer
from .elastic import Elastic as Elastic
from .l1 import L1 as L1
from .l2 import L2 as L2
