"""
An array module that refuses what cupy refuses, computed by numpy.

Whatever passes here uses nothing but what cupy documents, and never lets an array slip from the device to the host or
back unasked. What it cannot show: that cupy's kernels compute the same numbers, and how fast.
"""

from .array import StrictArray as StrictArray
from .backend import KernelBackend as KernelBackend
from .backend import StrictBackend as StrictBackend
from .module import xp as xp
