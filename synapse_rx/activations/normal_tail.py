"""The tail of the normal distribution, accurate to rounding, from elementary functions only."""

from __future__ import annotations

from ..scratch import Scratch
from ..typing import Array

# Polynomials p(q) for (1 + 2a) exp(a^2) erfc(a), q = (a - k) / (a + k), a in [0, 10]: Chebyshev interpolation
# in 60-digit arithmetic by tests/activations/fit_normal_tail.py; the form is that of Shepherd & Laframboise, 1981.
_SINGLE_K = 2.0  # relative error 1.6e-8
_SINGLE = (
    1.2769783878347882,
    -0.09276398767861997,
    -0.16603105984611866,
    0.16405548412814738,
    -0.05420797094084218,
    -0.00806145480576164,
    0.008643677639616388,
    0.0013205976826921868,
    -0.0012424589738562943,
    -0.00041006559418181387,
)
_DOUBLE_K = 3.0  # relative error 3.2e-17
_DOUBLE = (
    1.2530080582697296,
    -0.13562110612458214,
    -0.04756229435344988,
    0.12964515870289461,
    -0.11927366341529315,
    0.0683080273385783,
    -0.0237705149225666,
    0.002529391913970409,
    0.0018886904803509194,
    -0.0007798331948186642,
    -0.00010516142136655881,
    0.00012510392850206747,
    4.960807267266543e-06,
    -2.0110284815151324e-05,
    -7.741577571829327e-07,
    3.4655617930173715e-06,
    4.3637098332988704e-07,
    -5.487315565131353e-07,
    -1.877752208897839e-07,
    1.0734250187145768e-08,
    9.961539249450007e-09,
)


def normal_tail(z: Array, out: Array, s: Scratch) -> None:
    """
    Write P(Z > |z|) = erfc(|z| / sqrt(2)) / 2 of a standard normal Z into ``out``, which may not be z.

    Neither numpy nor cupy's core has erf. Accurate to rounding for |z| <= 14; beyond, where the tail is below
    1e-44, only its vanishing counts.
    """
    xp = s.xp
    k, coefficients = (_DOUBLE_K, _DOUBLE) if out.dtype.itemsize > 4 else (_SINGLE_K, _SINGLE)
    a, q = s.array("tail_a", z.shape[1:]), s.array("tail_q", z.shape[1:])
    xp.absolute(z, out=a)
    xp.multiply(a, 0.5**0.5, out=a)
    xp.add(a, k, out=out)
    xp.subtract(a, k, out=q)
    xp.divide(q, out, out=q)
    _polynomial(q, coefficients, out, s)
    xp.multiply(a, 4.0, out=q)
    xp.add(q, 2.0, out=q)
    xp.divide(out, q, out=out)
    xp.multiply(z, z, out=a)
    xp.multiply(a, -0.5, out=a)
    xp.exp(a, out=a)
    xp.multiply(out, a, out=out)


def _polynomial(x: Array, coefficients: tuple[float, ...], out: Array, s: Scratch) -> None:
    s.xp.multiply(x, coefficients[-1], out=out)
    for c in coefficients[-2:0:-1]:
        s.xp.add(out, c, out=out)
        s.xp.multiply(out, x, out=out)
    s.xp.add(out, coefficients[0], out=out)
