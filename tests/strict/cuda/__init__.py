"""Kernels in CUDA C++ on a machine without a GPU: run on the CPU, and compiled for GPUs without one."""

from .compiler import Failed as Failed
from .compiler import build as build
from .cublas import StandInCublas as StandInCublas
from .emulated import EmulatedKernel as EmulatedKernel
from .emulated import cannot as cannot
from .nvrtc import Nvrtc as Nvrtc
