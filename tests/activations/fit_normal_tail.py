"""
Print the coefficients of `synapse_rx.activations.normal_tail`; needs mpmath.

For each type a Chebyshev interpolation of (1 + 2a) exp(a^2) erfc(a) in q = (a - k) / (a + k) for a in [0, 10],
written out in powers of q, with the largest relative error over 1 000 points.
"""

from __future__ import annotations

from typing import Any

import mpmath as mp

LARGEST = 10


def main() -> None:
    mp.mp.dps = 60
    for k, degree in ((2, 9), (3, 20)):
        coefficients = fit(k, degree)
        print(f"k = {k}, relative error {mp.nstr(error(k, coefficients), 3)}")
        print(*(repr(float(c)) for c in coefficients), sep="\n")


def scaled_erfc(k: int, q: Any) -> Any:
    a = k * (1 + q) / (1 - q)
    return (1 + 2 * a) * mp.exp(a * a) * mp.erfc(a)


def fit(k: int, degree: int) -> list[Any]:
    """
    Return the coefficients of the powers of q, the constant first.
    """
    high = mp.mpf(LARGEST - k) / (LARGEST + k)
    half, middle = (high + 1) / 2, (high - 1) / 2
    n = 4 * (degree + 1)
    angles = [mp.pi * (j + mp.mpf(1) / 2) / n for j in range(n)]
    values = [scaled_erfc(k, half * mp.cos(angle) + middle) for angle in angles]
    series = [
        2 / mp.mpf(n) * sum(value * mp.cos(i * angle) for value, angle in zip(values, angles, strict=True))
        for i in range(degree + 1)
    ]
    series[0] /= 2
    return in_powers(series, scale=1 / half, shift=-middle / half)


def in_powers(series: list[Any], scale: Any, shift: Any) -> list[Any]:
    """
    Write sum_i series[i] T_i(scale q + shift) in powers of q.
    """
    size = len(series)
    before, now = [mp.mpf(0)] * size, [mp.mpf(1)] + [mp.mpf(0)] * (size - 1)
    result = [series[0] * c for c in now]
    for i, c in enumerate(series[1:], 1):
        moved = [shift * x + scale * y for x, y in zip(now, [mp.mpf(0), *now[:-1]], strict=True)]
        before, now = now, moved if i == 1 else [2 * x - y for x, y in zip(moved, before, strict=True)]
        result = [r + c * x for r, x in zip(result, now, strict=True)]
    return result


def error(k: int, coefficients: list[Any]) -> Any:
    high = mp.mpf(LARGEST - k) / (LARGEST + k)
    points = [-1 + (high + 1) * mp.mpf(j) / 1000 for j in range(1001)]
    return max(abs(mp.polyval(coefficients[::-1], q) / scaled_erfc(k, q) - 1) for q in points)


if __name__ == "__main__":
    main()
