"""
Matrix products in machine code, float32, that add to what is there and multiply on the way.

Imported only where kernels are compiled (`synapse_rx.fast`). ``np.dot`` in compiled code ends in the same routine of
BLAS (sgemm), but can neither add nor scale. Here are its arguments in full; arrays are given by the addresses of their
first numbers, rows of C order, and nothing is checked.
"""

from __future__ import annotations

from ..fast import jit
from ..layers.product_kernel import FLOAT, PLAIN, TURNED
from ..layers.product_kernel import sgemm as _sgemm


@jit
def forward(x: int, w: int, z: int, n: int, fan_in: int, fan_out: int, one: int, zero: int) -> None:
    """Write ``x W``, (n, fan_in) (fan_in, fan_out), into z; the last two point to these numbers."""
    _sgemm(FLOAT, PLAIN, PLAIN, fan_out, n, fan_in, one, w, fan_out, x, fan_in, zero, z, fan_out)


@jit
def gradient(x: int, d: int, w: int, n: int, fan_in: int, fan_out: int, factor: int, keep: int) -> None:
    """Put ``factor x^T d + keep W`` into W (fan_in, fan_out); the last two point to numbers."""
    _sgemm(FLOAT, PLAIN, TURNED, fan_out, fan_in, n, factor, d, fan_out, x, fan_in, keep, w, fan_out)


@jit
def backward(d: int, w: int, dx: int, n: int, fan_in: int, fan_out: int, one: int, zero: int) -> None:
    """Write ``d W^T``, (n, fan_out) (fan_out, fan_in), into dx; the last two point to these numbers."""
    _sgemm(FLOAT, TURNED, PLAIN, fan_in, n, fan_out, one, w, fan_out, d, fan_out, zero, dx, fan_in)
