"""
Passes of a neuron graph over one sequence, neuron by neuron, as machine code.

Imported only where kernels are compiled (`synapse_rx.fast`). What they compute is what `Reference` does, equation by
equation; what the columns of runs stand for is in `runs`. Scalars are of the arrays' type throughout: ``one`` is a 1 of
that type.

Shapes:
    Y (T + 1, units + 1), S (T + 1, units), D (T, outputs), dx (T, inputs) or (0, 0) where nobody wants it; work (6,
    units + 1); raw: one number for each run
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast import jit

LONG = 16
"""From this length on, sums of products are taken in eight parts, side by side."""

U = np.uintp
"""Makes indices that cannot be negative, which spares asking whether they are."""


@jit
def dot(weights: Any, place: int, values: Any, row: int, source: int, n: int) -> Any:
    """Return the sum over n neighbours of weights times values."""
    total = weights[U(place)] * values[U(row), U(source)]
    if n < LONG:
        for i in range(1, n):
            total += weights[U(place + i)] * values[U(row), U(source + i)]
        return total
    a = b = c = d = e = f = g = h = weights.dtype.type(0)
    last = n - n % 8
    for i in range(0, last, 8):
        at, to = place + i, source + i
        a += weights[U(at)] * values[U(row), U(to)]
        b += weights[U(at + 1)] * values[U(row), U(to + 1)]
        c += weights[U(at + 2)] * values[U(row), U(to + 2)]
        d += weights[U(at + 3)] * values[U(row), U(to + 3)]
        e += weights[U(at + 4)] * values[U(row), U(to + 4)]
        f += weights[U(at + 5)] * values[U(row), U(to + 5)]
        g += weights[U(at + 6)] * values[U(row), U(to + 6)]
        h += weights[U(at + 7)] * values[U(row), U(to + 7)]
    for i in range(last, n):
        a += weights[U(place + i)] * values[U(row), U(source + i)]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@jit
def push(to: Any, row: int, source: int, weights: Any, place: int, n: int, share: Any) -> None:
    """Add a share of n weights to where they come from."""
    for i in range(n):
        to[U(row), U(source + i)] += share * weights[U(place + i)]


@jit
def collect(grad: Any, place: int, values: Any, row: int, source: int, n: int, share: Any) -> None:
    """Add a share of n values to the gradient."""
    for i in range(n):
        grad[U(place + i)] += share * values[U(row), U(source + i)]


@jit
def add(to: Any, first: int, terms: Any, second: int, n: int, share: Any) -> None:
    """Add a share of n traces."""
    for i in range(n):
        to[U(first + i)] += share * terms[U(second + i)]


@jit
def activated(code: int, z: Any, one: Any) -> Any:
    """Return f(z)."""
    if code == 1:
        return one / (one + np.exp(-z))
    if code == 2:
        return np.tanh(z)
    if code == 3:
        return z if not z <= one - one else one - one
    if code == 4:
        if z != z:
            return z
        return one if z > one - one else one - one
    return z


@jit
def slope(code: int, y: Any, one: Any) -> Any:
    """Return f'(z), given y = f(z)."""
    if code == 1:
        return y * (one - y)
    if code == 2:
        return one - y * y
    if code == 3:
        return one if y > one - one else one - one
    return one


@jit
def sweep(g: Any, theta: Any, fixed: Any, Y: Any, S: Any, steps: int) -> None:
    """Activate all neurons in every step; inputs and what is before the first step are given."""
    units, inputs = g[0], g[1]
    R, F, C, B, Z = g[4], g[5], g[6], g[7], g[9]
    one = Y[0, units]
    for t in range(steps):
        for j in range(inputs, units):
            z = one - one
            if g[U(B + j)] >= 0:
                z = theta[g[U(B + j)]]
            own = g[U(Z + 6 * j + 0)]
            if own >= 0:
                held = S[t, j] * (fixed[own] if g[U(Z + 6 * j + 1)] else theta[own])
                if g[U(Z + 6 * j + 2)] >= 0:
                    held *= Y[t + 1 - g[U(Z + 6 * j + 3)], g[U(Z + 6 * j + 2)]]
                z += held
            for q in range(g[U(F + j)], g[U(F + j + 1)]):
                r = 10 * q
                source, n, place, row = (
                    g[U(R + r + 0)],
                    g[U(R + r + 1)],
                    g[U(R + r + 2)],
                    t + 1 - g[U(R + r + 6)],
                )
                if g[U(R + r + 4)]:
                    term = dot(fixed, place, Y, row, source, n)
                else:
                    term = dot(theta, place, Y, row, source, n)
                if g[U(R + r + 3)] >= 0:
                    term *= Y[t + 1 - g[U(R + r + 7)], g[U(R + r + 3)]]
                z += term
            S[t + 1, j] = z
            Y[t + 1, j] = activated(g[U(C + j)], z, one)


@jit
def truncated(
    g: Any,
    theta: Any,
    fixed: Any,
    Y: Any,
    S: Any,
    D: Any,
    steps: int,
    grad: Any,
    eps: Any,
    ext: Any,
    dx: Any,
    work: Any,
    raw: Any,
    influence: Any,
) -> None:
    """Add to grad by the generalised LSTM rule, step by step; eps and ext go on from where they stand."""
    units, inputs, outputs, states = g[0], g[1], g[2], g[3]
    R, F, C, B, T, Z, Q = g[4], g[5], g[6], g[7], g[8], g[9], g[10]
    M = g[11]
    wants_dx = len(dx) > 0
    one = Y[0, units]
    zero = one - one
    # Rows of work: what comes back from later neurons; through gates of neurons that keep nothing, and of those that
    # do; slopes; gradients of states; shares of states that stay.
    for t in range(steps):
        for j in range(units):
            work[0, j] = work[1, j] = work[2, j] = zero
        for p in range(len(influence)):
            influence[p] = zero
        # Traces (17), and what gated neurons are influenced by.
        for j in range(inputs, units):
            work[3, j] = slope(g[U(C + j)], Y[t + 1, j], one)
            own, stay = g[U(Z + 6 * j + 0)], zero
            if own >= 0:
                kept = fixed[own] if g[U(Z + 6 * j + 1)] else theta[own]
                gain = one
                if g[U(Z + 6 * j + 2)] >= 0:
                    gain = Y[t + 1 - g[U(Z + 6 * j + 3)], g[U(Z + 6 * j + 2)]]
                    if g[U(Z + 6 * j + 5)] >= 0:
                        influence[g[U(Z + 6 * j + 5)]] += kept * S[t, j]
                stay = gain * kept
                if g[U(T + j)] >= 0:
                    eps[g[U(T + j)]] = stay * eps[g[U(T + j)]] + one
                if g[U(Z + 6 * j + 4)] >= 0:
                    eps[g[U(Z + 6 * j + 4)]] = stay * eps[g[U(Z + 6 * j + 4)]] + gain * S[t, j]
            work[5, j] = stay
            if g[U(M + j)] == 0:
                continue
            for q in range(g[U(F + j)], g[U(F + j + 1)]):
                r = 10 * q
                gater, trace = g[U(R + r + 3)], g[U(R + r + 5)]
                if gater < 0 and trace < 0:
                    continue
                source, n, row = g[U(R + r + 0)], g[U(R + r + 1)], t + 1 - g[U(R + r + 6)]
                gain = one
                if gater >= 0:
                    gain = Y[t + 1 - g[U(R + r + 7)], gater]
                    if g[U(R + r + 4)]:
                        raw[q] = dot(fixed, g[U(R + r + 2)], Y, row, source, n)
                    else:
                        raw[q] = dot(theta, g[U(R + r + 2)], Y, row, source, n)
                    if g[U(R + r + 8)] >= 0:
                        influence[g[U(R + r + 8)]] += raw[q]
                if trace >= 0:
                    for i in range(n):
                        eps[U(trace + i)] = stay * eps[U(trace + i)] + gain * Y[U(row), U(source + i)]
        # Extended traces (18) through neurons that keep something.
        for p in range(len(influence)):
            place, j = g[U(Q + 3 * p + 2)], g[U(Q + 3 * p + 0)]
            if place < 0 or j < inputs:
                continue
            stay, share = work[5, g[U(Q + 3 * p + 1)]], work[3, j] * influence[p]
            for q in range(g[U(F + j)], g[U(F + j + 1)]):
                r = 10 * q
                if g[U(R + r + 4)]:
                    continue
                n, trace = g[U(R + r + 1)], g[U(R + r + 5)]
                if trace >= 0:
                    for i in range(n):
                        ext[U(place + i)] = stay * ext[U(place + i)] + share * eps[U(trace + i)]
                else:
                    source, row, gain = g[U(R + r + 0)], t + 1 - g[U(R + r + 6)], share
                    if g[U(R + r + 3)] >= 0:
                        gain *= Y[t + 1 - g[U(R + r + 7)], g[U(R + r + 3)]]
                    for i in range(n):
                        ext[U(place + i)] = stay * ext[U(place + i)] + gain * Y[U(row), U(source + i)]
                place += n
            if g[U(Z + 6 * j + 4)] >= 0:
                ext[U(place)] = stay * ext[U(place)] + share * eps[g[U(Z + 6 * j + 4)]]
                place += 1
            if g[U(B + j)] >= 0:
                ext[U(place)] = stay * ext[U(place)] + share * (eps[g[U(T + j)]] if g[U(T + j)] >= 0 else one)
        # Gradients (21) to (23) of the states, and (24) without extended traces.
        for j in range(units - 1, inputs - 1, -1):
            direct = work[3, j] * (work[0, j] + work[1, j])
            if j >= outputs:
                direct += D[t, j - outputs] if states else D[t, j - outputs] * work[3, j]
            delta = direct + work[3, j] * work[2, j]
            work[4, j] = delta
            own = g[U(Z + 6 * j + 0)]
            if own >= 0:
                if g[U(Z + 6 * j + 2)] >= 0 and not g[U(Z + 6 * j + 3)]:
                    kept = fixed[own] if g[U(Z + 6 * j + 1)] else theta[own]
                    work[2, g[U(Z + 6 * j + 2)]] += delta * kept * S[t, j]
                if g[U(Z + 6 * j + 4)] >= 0:
                    grad[own] += direct * eps[g[U(Z + 6 * j + 4)]]
            if g[U(B + j)] >= 0:
                grad[g[U(B + j)]] += direct * (eps[g[U(T + j)]] if own >= 0 else one)
            for q in range(g[U(F + j)], g[U(F + j + 1)]):
                r = 10 * q
                source, n, place, gater = g[U(R + r + 0)], g[U(R + r + 1)], g[U(R + r + 2)], g[U(R + r + 3)]
                gain, row = one, t + 1 - g[U(R + r + 6)]
                if gater >= 0:
                    gain = Y[t + 1 - g[U(R + r + 7)], gater]
                    if not g[U(R + r + 7)]:
                        work[2 if own >= 0 else 1, gater] += delta * raw[q]
                if not g[U(R + r + 6)] and (wants_dx or not g[U(R + r + 9)]):
                    if g[U(R + r + 4)]:
                        push(work, 0, source, fixed, place, n, delta * gain)
                    else:
                        push(work, 0, source, theta, place, n, delta * gain)
                if not g[U(R + r + 4)]:
                    if g[U(R + r + 5)] >= 0:
                        add(grad, place, eps, g[U(R + r + 5)], n, direct)
                    else:
                        collect(grad, place, Y, row, source, n, direct * gain)
        # (24) through neurons that keep something
        for p in range(len(influence)):
            place, j = g[U(Q + 3 * p + 2)], g[U(Q + 3 * p + 0)]
            if place < 0 or j < inputs:
                continue
            delta = work[4, g[U(Q + 3 * p + 1)]]
            for q in range(g[U(F + j)], g[U(F + j + 1)]):
                r = 10 * q
                if not g[U(R + r + 4)]:
                    add(grad, g[U(R + r + 2)], ext, place, g[U(R + r + 1)], delta)
                    place += g[U(R + r + 1)]
            if g[U(Z + 6 * j + 4)] >= 0:
                grad[g[U(Z + 6 * j + 0)]] += delta * ext[U(place)]
                place += 1
            if g[U(B + j)] >= 0:
                grad[g[U(B + j)]] += delta * ext[U(place)]
        if wants_dx:
            for i in range(inputs):
                dx[t, i] = work[0, i] + work[1, i] + work[2, i]


@jit
def through_time(
    g: Any,
    theta: Any,
    fixed: Any,
    Y: Any,
    S: Any,
    D: Any,
    steps: int,
    grad: Any,
    dx: Any,
    work: Any,
) -> None:
    """Add to grad by back-propagation through time."""
    zero = Y[0, g[0]] - Y[0, g[0]]
    for j in range(g[0]):
        work[0, j] = work[2, j] = zero
    here = 0
    for t in range(steps - 1, -1, -1):
        back(g, theta, fixed, Y, S, D, t, grad, dx, work, here)
        here = 1 - here


@jit
def back(
    g: Any,
    theta: Any,
    fixed: Any,
    Y: Any,
    S: Any,
    D: Any,
    t: int,
    grad: Any,
    dx: Any,
    work: Any,
    here: int,
) -> None:
    """Go back through one step; rows of work: gradients of activations of this step and of that before, of states."""
    units, inputs, outputs, states = g[0], g[1], g[2], g[3]
    R, F, C, B, Z = g[4], g[5], g[6], g[7], g[9]
    wants_dx = len(dx) > 0
    one = Y[t, units]
    zero = one - one
    for j in range(units):
        work[1 - here, j] = zero
    for j in range(units - 1, inputs - 1, -1):
        s = slope(g[U(C + j)], Y[t + 1, j], one)
        delta = s * work[here, j] + work[2, j]
        if j >= outputs:
            delta += D[t, j - outputs] if states else D[t, j - outputs] * s
        own = g[U(Z + 6 * j + 0)]
        if own >= 0:
            kept = fixed[own] if g[U(Z + 6 * j + 1)] else theta[own]
            gater, gain = g[U(Z + 6 * j + 2)], one
            if gater >= 0:
                gain = Y[t + 1 - g[U(Z + 6 * j + 3)], gater]
                work[1 - here if g[U(Z + 6 * j + 3)] else here, gater] += delta * kept * S[t, j]
            if not g[U(Z + 6 * j + 1)]:
                grad[own] += delta * gain * S[t, j]
            work[2, j] = delta * gain * kept
        if g[U(B + j)] >= 0:
            grad[g[U(B + j)]] += delta
        for q in range(g[U(F + j)], g[U(F + j + 1)]):
            r = 10 * q
            source, n, place, gater = g[U(R + r + 0)], g[U(R + r + 1)], g[U(R + r + 2)], g[U(R + r + 3)]
            row, share = t + 1 - g[U(R + r + 6)], delta
            if gater >= 0:
                if g[U(R + r + 4)]:
                    carried = dot(fixed, place, Y, row, source, n)
                else:
                    carried = dot(theta, place, Y, row, source, n)
                work[1 - here if g[U(R + r + 7)] else here, gater] += delta * carried
                share *= Y[t + 1 - g[U(R + r + 7)], gater]
            if wants_dx or not g[U(R + r + 9)]:
                to = 1 - here if g[U(R + r + 6)] else here
                if g[U(R + r + 4)]:
                    push(work, to, source, fixed, place, n, share)
                else:
                    push(work, to, source, theta, place, n, share)
            if not g[U(R + r + 4)]:
                collect(grad, place, Y, row, source, n, share)
    if wants_dx:
        for i in range(inputs):
            dx[t, i] = work[here, i]


@jit
def forward(g: Any, theta: Any, fixed: Any, Y: Any, S: Any) -> None:
    """Activate a batch of sequences; every array has one row more in front."""
    for n in range(len(Y)):
        sweep(g, theta, fixed, Y[n], S[n], Y.shape[1] - 1)


@jit
def backward(
    g: Any,
    bptt: int,
    theta: Any,
    fixed: Any,
    Y: Any,
    S: Any,
    D: Any,
    grad: Any,
    eps: Any,
    ext: Any,
    dx: Any,
    work: Any,
    raw: Any,
    influence: Any,
) -> None:
    """Add up the gradients of a batch of sequences."""
    steps = Y.shape[1] - 1
    for n in range(len(Y)):
        each = dx[n] if len(dx) else dx[:0].reshape(0, dx.shape[2])
        y, s, d = Y[n], S[n], D[n]
        if bptt:
            through_time(g, theta, fixed, y, s, d, steps, grad, each, work)
        else:
            truncated(g, theta, fixed, y, s, d, steps, grad, eps[n], ext[n], each, work, raw, influence)
