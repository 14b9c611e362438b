"""
Write algorithms.json: updates worked out number by number, to 40 digits, from the formulas as they are published.

    python tests/golden/algorithms.py

Nothing of the library is used. The function is ``f = 1/2 sum_k k (x_k - k)²``, k = 1, 2, ...; the third number starts
at its minimum, so that its gradient is 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal, getcontext
from pathlib import Path

getcontext().prec = 40
D = Decimal
START = ["3", "-2", "3", "0.5"]
STEPS = 8
Vector = list[Decimal]


def gradient(x: Vector) -> Vector:
    return [k * (value - k) for k, value in enumerate(x, 1)]


def loss(x: Vector) -> Decimal:
    return sum((k * (value - k) ** 2 for k, value in enumerate(x, 1)), D(0)) / 2


def sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


def clip(value: Decimal, low: Decimal, high: Decimal) -> Decimal:
    return min(max(value, low), high)


def gains(
    x: Vector, rate: str, momentum: str, low: str, high: str, nesterov: bool = False
) -> Iterator[Vector]:
    """
    Synaptic's adaptive learning rates: v = -g, gain + 0.05 if v D > 0 else gain * 0.95, D' = rate gain v + momentum D.
    """
    gain, last = [D(1)] * len(x), [D(0)] * len(x)
    for step in range(STEPS):
        jump = [D(momentum) * d for d in last]
        ahead = [a + j for a, j in zip(x, jump, strict=True)] if nesterov else x
        v = [-g for g in gradient(ahead)]
        if step:
            changed = [
                g + D("0.05") if a * d > 0 else g * D("0.95") for g, a, d in zip(gain, v, last, strict=True)
            ]
            gain = [clip(g, D(low), D(high)) for g in changed]
        last = [j + D(rate) * g * a for j, g, a in zip(jump, gain, v, strict=True)]
        x = [a + d for a, d in zip(x, last, strict=True)]
        yield x


def raised_momentum(x: Vector, rate: str, start: str, step: str, end: str) -> Iterator[Vector]:
    """
    Synaptic's momentum: start at the first batch, then min(previous + step, end); D' = -rate g + momentum D.
    """
    momentum, last = D(start), [D(0)] * len(x)
    for _ in range(STEPS):
        last = [-D(rate) * g + momentum * d for g, d in zip(gradient(x), last, strict=True)]
        x = [a + d for a, d in zip(x, last, strict=True)]
        momentum = min(momentum + D(step), D(end))
        yield x


def rprop_synaptic(x: Vector, first: str, low: str, high: str, momentum: str) -> Iterator[Vector]:
    """
    Synaptic's R-prop: size * 1.2 if v D > 0 else size * 0.5, D' = size sign(v) + momentum D.
    """
    size, last = [D(first)] * len(x), [D(0)] * len(x)
    for step in range(STEPS):
        v = [-g for g in gradient(x)]
        if step:
            size = [
                clip(s * D("1.2") if a * d > 0 else s * D("0.5"), D(low), D(high))
                for s, a, d in zip(size, v, last, strict=True)
            ]
        last = [s * sign(a) + D(momentum) * d for s, a, d in zip(size, v, last, strict=True)]
        x = [a + d for a, d in zip(x, last, strict=True)]
        yield x


def rprop_backtracking(x: Vector, first: str, low: str, high: str, improved: bool) -> Iterator[Vector]:
    """
    Igel & Hüsken, 2003: algorithm 1 (Rprop+) or, improved, algorithm 3 (iRprop+).
    """
    n = len(x)
    size, moved, before, past = [D(first)] * n, [D(0)] * n, [D(0)] * n, D("inf")
    for _ in range(STEPS):
        g, now, x = gradient(x), loss(x), list(x)
        for i in range(n):
            if before[i] * g[i] > 0:
                size[i] = min(size[i] * D("1.2"), D(high))
                moved[i] = -sign(g[i]) * size[i]
                x[i] += moved[i]
                before[i] = g[i]
            elif before[i] * g[i] < 0:
                size[i] = max(size[i] * D("0.5"), D(low))
                if not improved or now > past:
                    x[i] -= moved[i]
                before[i] = D(0)
            else:
                moved[i] = -sign(g[i]) * size[i]
                x[i] += moved[i]
                before[i] = g[i]
        past = now
        yield x


def rmsprop_synaptic(x: Vector, rate: str, decay: str, momentum: str, nesterov: bool) -> Iterator[Vector]:
    """
    Synaptic's RMSprop: ms = g² at first, v = -g / sqrt(ms) or -g where that is 0, D' = rate v + momentum D.
    """
    square: Vector | None = None
    last = [D(0)] * len(x)
    for _ in range(STEPS):
        jump = [D(momentum) * d for d in last]
        g = gradient([a + j for a, j in zip(x, jump, strict=True)] if nesterov else x)
        if square is None:
            square = [a * a for a in g]
        else:
            square = [D(decay) * s + (1 - D(decay)) * a * a for s, a in zip(square, g, strict=True)]
        v = [-a / s.sqrt() if s else -a for a, s in zip(g, square, strict=True)]
        last = [j + D(rate) * a for j, a in zip(jump, v, strict=True)]
        x = [a + d for a, d in zip(x, last, strict=True)]
        yield x


def rmsprop_nesterov(x: Vector, rate: str, decay: str, epsilon: str, momentum: str) -> Iterator[Vector]:
    """
    Hinton's lecture 6e with a look ahead: the root mean square divides the correction.
    """
    square, v = [D(0)] * len(x), [D(0)] * len(x)
    for _ in range(STEPS):
        jump = [D(momentum) * a for a in v]
        g = gradient([a + j for a, j in zip(x, jump, strict=True)])
        square = [D(decay) * s + (1 - D(decay)) * a * a for s, a in zip(square, g, strict=True)]
        v = [j - D(rate) * a / (s.sqrt() + D(epsilon)) for j, a, s in zip(jump, g, square, strict=True)]
        x = [a + b for a, b in zip(x, v, strict=True)]
        yield x


def lion(x: Vector, rate: str, beta1: str, beta2: str, decay: str) -> Iterator[Vector]:
    """
    Chen et al., 2023, program 1.
    """
    m = [D(0)] * len(x)
    for _ in range(STEPS):
        g = gradient(x)
        way = [sign(D(beta1) * a + (1 - D(beta1)) * b) for a, b in zip(m, g, strict=True)]
        x = [a - D(rate) * (w + D(decay) * a) for a, w in zip(x, way, strict=True)]
        m = [D(beta2) * a + (1 - D(beta2)) * b for a, b in zip(m, g, strict=True)]
        yield x


TABLES: dict[str, Callable[[Vector], Iterator[Vector]]] = {
    "gains": lambda x: gains(x, "0.4", "0", "0.01", "10"),
    "gains, momentum": lambda x: gains(x, "0.2", "0.5", "0.01", "10"),
    "gains, nesterov": lambda x: gains(x, "0.2", "0.5", "0.01", "10", nesterov=True),
    "gains, narrow": lambda x: gains(x, "0.4", "0.1", "0.9", "1.1"),
    "raised momentum": lambda x: raised_momentum(x, "0.1", "0.5", "0.15", "0.9"),
    "rprop synaptic": lambda x: rprop_synaptic(x, "0.9", "0.000001", "50", "0"),
    "rprop synaptic, momentum": lambda x: rprop_synaptic(x, "0.5", "0.1", "0.7", "0.4"),
    "rprop+": lambda x: rprop_backtracking(x, "0.9", "0.000001", "50", False),
    "irprop+": lambda x: rprop_backtracking(x, "0.9", "0.000001", "50", True),
    "rmsprop synaptic": lambda x: rmsprop_synaptic(x, "0.01", "0.9", "0", False),
    "rmsprop synaptic, momentum": lambda x: rmsprop_synaptic(x, "0.5", "0.8", "0.6", False),
    "rmsprop synaptic, nesterov": lambda x: rmsprop_synaptic(x, "0.5", "0.8", "0.6", True),
    "rmsprop nesterov": lambda x: rmsprop_nesterov(x, "0.3", "0.9", "0.001", "0.7"),
    "lion": lambda x: lion(x, "0.3", "0.9", "0.99", "0"),
    "lion, decay": lambda x: lion(x, "0.7", "0.6", "0.8", "0.1"),
}


def main() -> None:
    start = [D(value) for value in START]
    tables = {
        name: [[f"{value:.25g}" for value in x] for x in updates(start)] for name, updates in TABLES.items()
    }
    file = Path(__file__).with_suffix(".json")
    file.write_text(json.dumps({"start": START, "tables": tables}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
