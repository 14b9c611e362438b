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

LONG = 24
"""From this length on, a sum of products is left to BLAS."""


@jit
def dot(weights: Any, place: int, values: Any, row: int, source: int, n: int) -> Any:
    """Return the sum over n neighbours of weights times values."""
    if n >= LONG:
        return np.dot(weights[place : place + n], values[row, source : source + n])
    total = weights[place] * values[row, source]
    for i in range(1, n):
        total += weights[place + i] * values[row, source + i]
    return total


@jit
def push(to: Any, row: int, source: int, weights: Any, place: int, n: int, share: Any) -> None:
    """Add a share of n weights to where they come from."""
    for i in range(n):
        to[row, source + i] += share * weights[place + i]


@jit
def collect(grad: Any, place: int, values: Any, row: int, source: int, n: int, share: Any) -> None:
    """Add a share of n values to the gradient."""
    for i in range(n):
        grad[place + i] += share * values[row, source + i]


@jit
def add(to: Any, first: int, terms: Any, second: int, n: int, share: Any) -> None:
    """Add a share of n traces."""
    for i in range(n):
        to[first + i] += share * terms[second + i]


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
def sweep(graph: Any, theta: Any, fixed: Any, Y: Any, S: Any, steps: int) -> None:
    """Activate all neurons in every step; inputs and what is before the first step are given."""
    runs, first, codes, bias, _, selves, _, _, about = graph
    units, inputs = about[0], about[1]
    one = Y[0, units]
    for t in range(steps):
        for j in range(inputs, units):
            z = one - one
            if bias[j] >= 0:
                z = theta[bias[j]]
            own = selves[j, 0]
            if own >= 0:
                held = S[t, j] * (fixed[own] if selves[j, 1] else theta[own])
                if selves[j, 2] >= 0:
                    held *= Y[t + 1 - selves[j, 3], selves[j, 2]]
                z += held
            for r in range(first[j], first[j + 1]):
                source, n, place, row = runs[r, 0], runs[r, 1], runs[r, 2], t + 1 - runs[r, 6]
                if runs[r, 4]:
                    term = dot(fixed, place, Y, row, source, n)
                else:
                    term = dot(theta, place, Y, row, source, n)
                if runs[r, 3] >= 0:
                    term *= Y[t + 1 - runs[r, 7], runs[r, 3]]
                z += term
            S[t + 1, j] = z
            Y[t + 1, j] = activated(codes[j], z, one)


@jit
def truncated(
    graph: Any,
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
    runs, first, codes, bias, biased, selves, pairs, _, about = graph
    units, inputs, outputs, states = about[0], about[1], about[2], about[3]
    wants_dx = len(dx) > 0
    one = Y[0, units]
    zero = one - one
    # Rows of work: what comes back from later neurons; through gates of neurons that keep nothing, and of those that do;
    # slopes; gradients of states; shares of states that stay.
    for t in range(steps):
        for j in range(units):
            work[0, j] = work[1, j] = work[2, j] = zero
        for p in range(len(influence)):
            influence[p] = zero
        # Traces (17), and what gated neurons are influenced by.
        for j in range(inputs, units):
            work[3, j] = slope(codes[j], Y[t + 1, j], one)
            own, stay = selves[j, 0], zero
            if own >= 0:
                kept = fixed[own] if selves[j, 1] else theta[own]
                gain = one
                if selves[j, 2] >= 0:
                    gain = Y[t + 1 - selves[j, 3], selves[j, 2]]
                    if selves[j, 5] >= 0:
                        influence[selves[j, 5]] += kept * S[t, j]
                stay = gain * kept
                if biased[j] >= 0:
                    eps[biased[j]] = stay * eps[biased[j]] + one
                if selves[j, 4] >= 0:
                    eps[selves[j, 4]] = stay * eps[selves[j, 4]] + gain * S[t, j]
            work[5, j] = stay
            for r in range(first[j], first[j + 1]):
                gater, trace = runs[r, 3], runs[r, 5]
                if gater < 0 and trace < 0:
                    continue
                source, n, row = runs[r, 0], runs[r, 1], t + 1 - runs[r, 6]
                gain = one
                if gater >= 0:
                    gain = Y[t + 1 - runs[r, 7], gater]
                    if runs[r, 4]:
                        raw[r] = dot(fixed, runs[r, 2], Y, row, source, n)
                    else:
                        raw[r] = dot(theta, runs[r, 2], Y, row, source, n)
                    if runs[r, 8] >= 0:
                        influence[runs[r, 8]] += raw[r]
                if trace >= 0:
                    for i in range(n):
                        eps[trace + i] = stay * eps[trace + i] + gain * Y[row, source + i]
        # Extended traces (18) through neurons that keep something.
        for p in range(len(pairs)):
            place, j = pairs[p, 2], pairs[p, 0]
            if place < 0 or j < inputs:
                continue
            stay, share = work[5, pairs[p, 1]], work[3, j] * influence[p]
            for r in range(first[j], first[j + 1]):
                if runs[r, 4]:
                    continue
                n, trace = runs[r, 1], runs[r, 5]
                if trace >= 0:
                    for i in range(n):
                        ext[place + i] = stay * ext[place + i] + share * eps[trace + i]
                else:
                    source, row, gain = runs[r, 0], t + 1 - runs[r, 6], share
                    if runs[r, 3] >= 0:
                        gain *= Y[t + 1 - runs[r, 7], runs[r, 3]]
                    for i in range(n):
                        ext[place + i] = stay * ext[place + i] + gain * Y[row, source + i]
                place += n
            if selves[j, 4] >= 0:
                ext[place] = stay * ext[place] + share * eps[selves[j, 4]]
                place += 1
            if bias[j] >= 0:
                ext[place] = stay * ext[place] + share * (eps[biased[j]] if biased[j] >= 0 else one)
        # Gradients (21) to (23) of the states, and (24) without extended traces.
        for j in range(units - 1, inputs - 1, -1):
            direct = work[3, j] * (work[0, j] + work[1, j])
            if j >= outputs:
                direct += D[t, j - outputs] if states else D[t, j - outputs] * work[3, j]
            delta = direct + work[3, j] * work[2, j]
            work[4, j] = delta
            own = selves[j, 0]
            if own >= 0:
                if selves[j, 2] >= 0 and not selves[j, 3]:
                    kept = fixed[own] if selves[j, 1] else theta[own]
                    work[2, selves[j, 2]] += delta * kept * S[t, j]
                if selves[j, 4] >= 0:
                    grad[own] += direct * eps[selves[j, 4]]
            if bias[j] >= 0:
                grad[bias[j]] += direct * (eps[biased[j]] if own >= 0 else one)
            for r in range(first[j], first[j + 1]):
                source, n, place, gater = runs[r, 0], runs[r, 1], runs[r, 2], runs[r, 3]
                gain, row = one, t + 1 - runs[r, 6]
                if gater >= 0:
                    gain = Y[t + 1 - runs[r, 7], gater]
                    if not runs[r, 7]:
                        work[2 if own >= 0 else 1, gater] += delta * raw[r]
                if not runs[r, 6] and (wants_dx or not runs[r, 9]):
                    if runs[r, 4]:
                        push(work, 0, source, fixed, place, n, delta * gain)
                    else:
                        push(work, 0, source, theta, place, n, delta * gain)
                if not runs[r, 4]:
                    if runs[r, 5] >= 0:
                        add(grad, place, eps, runs[r, 5], n, direct)
                    else:
                        collect(grad, place, Y, row, source, n, direct * gain)
        # (24) through neurons that keep something
        for p in range(len(pairs)):
            place, j = pairs[p, 2], pairs[p, 0]
            if place < 0 or j < inputs:
                continue
            delta = work[4, pairs[p, 1]]
            for r in range(first[j], first[j + 1]):
                if not runs[r, 4]:
                    add(grad, runs[r, 2], ext, place, runs[r, 1], delta)
                    place += runs[r, 1]
            if selves[j, 4] >= 0:
                grad[selves[j, 0]] += delta * ext[place]
                place += 1
            if bias[j] >= 0:
                grad[bias[j]] += delta * ext[place]
        if wants_dx:
            for i in range(inputs):
                dx[t, i] = work[0, i] + work[1, i] + work[2, i]


@jit
def through_time(
    graph: Any,
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
    runs, first, codes, bias, _, selves, _, _, about = graph
    units, inputs, outputs, states = about[0], about[1], about[2], about[3]
    wants_dx = len(dx) > 0
    one = Y[0, units]
    zero = one - one
    # Rows of work: gradients of activations of this step and of that before in turns, and of states before.
    for j in range(units):
        work[0, j] = work[1, j] = work[2, j] = zero
    here = 0
    for t in range(steps - 1, -1, -1):
        for j in range(units):
            work[1 - here, j] = zero
        for j in range(units - 1, inputs - 1, -1):
            s = slope(codes[j], Y[t + 1, j], one)
            delta = s * work[here, j] + work[2, j]
            if j >= outputs:
                delta += D[t, j - outputs] if states else D[t, j - outputs] * s
            own = selves[j, 0]
            if own >= 0:
                kept = fixed[own] if selves[j, 1] else theta[own]
                gater, gain = selves[j, 2], one
                if gater >= 0:
                    gain = Y[t + 1 - selves[j, 3], gater]
                    work[1 - here if selves[j, 3] else here, gater] += delta * kept * S[t, j]
                if not selves[j, 1]:
                    grad[own] += delta * gain * S[t, j]
                work[2, j] = delta * gain * kept
            if bias[j] >= 0:
                grad[bias[j]] += delta
            for r in range(first[j], first[j + 1]):
                source, n, place, gater = runs[r, 0], runs[r, 1], runs[r, 2], runs[r, 3]
                row, share = t + 1 - runs[r, 6], delta
                if gater >= 0:
                    if runs[r, 4]:
                        carried = dot(fixed, place, Y, row, source, n)
                    else:
                        carried = dot(theta, place, Y, row, source, n)
                    work[1 - here if runs[r, 7] else here, gater] += delta * carried
                    share *= Y[t + 1 - runs[r, 7], gater]
                if wants_dx or not runs[r, 9]:
                    to = 1 - here if runs[r, 6] else here
                    if runs[r, 4]:
                        push(work, to, source, fixed, place, n, share)
                    else:
                        push(work, to, source, theta, place, n, share)
                if not runs[r, 4]:
                    collect(grad, place, Y, row, source, n, share)
        if wants_dx:
            for i in range(inputs):
                dx[t, i] = work[here, i]
        here = 1 - here


@jit
def forward(graph: Any, theta: Any, fixed: Any, Y: Any, S: Any) -> None:
    """Activate a batch of sequences; every array has one row more in front."""
    for n in range(len(Y)):
        sweep(graph, theta, fixed, Y[n], S[n], Y.shape[1] - 1)


@jit
def backward(
    graph: Any,
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
            through_time(graph, theta, fixed, y, s, d, steps, grad, each, work)
        else:
            truncated(
                graph, theta, fixed, y, s, d, steps, grad, eps[n], ext[n], each, work, raw, influence
            )
