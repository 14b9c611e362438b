"""
Many batches of a neuron graph in one piece of machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). What the numbers of losses and moves stand for is in
`chunk` and in `synapse_rx.network.chunk`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..algorithms.momentum import look_ahead_kernel
from ..fast import jit
from ..network.chunk_kernel import update
from .kernels import activated, slope, sweep, through_time, truncated

_look_ahead = jit(look_ahead_kernel)

ZERO, HALF, ONE = map(np.float32, (0, 0.5, 1))


@jit
def clear(row: Any) -> None:
    """Write 0 everywhere; a loop takes less time for few numbers than an assignment to all."""
    for i in range(len(row)):
        row[i] = ZERO


@jit
def judge(
    loss: int,
    output: int,
    S: Any,
    row: int,
    first: int,
    t: Any,
    at: int,
    place: int,
    y: Any,
    D: Any,
    d: int,
    scale: Any,
) -> Any:
    """
    Turn logits ``z = S[row, first:]`` into outputs y and, with targets ``t[at, place:]``, gradients ``D[d]``.

    Returns:
        The loss.
    """
    k, value = len(y), ZERO
    if loss == 0:  # softmax and cross-entropy
        top, total, counted, linear = S[row, first], ZERO, ZERO, ZERO
        for j in range(1, k):
            top = max(top, S[row, first + j])
        for j in range(k):
            linear += t[at, place + j] * (S[row, first + j] - top)
            counted += t[at, place + j]
            y[j] = np.exp(S[row, first + j] - top)
            total += y[j]
        for j in range(k):
            y[j] /= total
            D[d, j] = (y[j] * counted - t[at, place + j]) * scale
        return np.log(total) * counted - linear
    if loss == 1:  # sigmoid and binary cross-entropy
        for j in range(k):
            x = S[row, first + j]
            e = np.exp(-abs(x))
            value += max(x, ZERO) + np.log1p(e) - x * t[at, place + j]
            y[j] = ONE / (ONE + e) if x >= ZERO else e / (ONE + e)
            D[d, j] = (y[j] - t[at, place + j]) * scale
        return value
    for j in range(k):  # half the sum of squares
        y[j] = activated(output, S[row, first + j], ONE)
        away = y[j] - t[at, place + j]
        value += HALF * away * away
        D[d, j] = away * slope(output, y[j], ONE) * scale
    return value


@jit
def missed(y: Any, t: Any, at: int, place: int) -> Any:
    """Return 1 if the largest output is not that of the largest target, or an output is not a number."""
    given, wanted, lost = 0, 0, y[0] != y[0]
    for j in range(1, len(y)):
        if y[j] > y[given]:
            given = j
        if t[at, place + j] > t[at, place + wanted]:
            wanted = j
        lost = lost or y[j] != y[j]
    return ONE if given != wanted or lost else ZERO


@jit
def learn(
    graph: Any,
    x: Any,
    scale: Any,
    t: Any,
    order: Any,
    span: Any,
    codes: Any,
    theta: Any,
    fixed: Any,
    grad: Any,
    slots: Any,
    scalars: Any,
    kept: Any,
    memory: Any,
    rows: Any,
) -> None:
    """
    Learn batches.

    Args:
        graph: What `runs` makes of it.
        x: Samples (N, steps inputs), uint8 or float32; scale: What they are multiplied by.
        t: Targets (N, steps outputs) or (N, outputs); order: (N,) the order of the epoch, empty for their own.
        span: The first batch, the one behind the last, samples in a batch.
        codes: Loss, move, whether misclassifications are counted, whether gradients are sums, whether they go through
            time, whether samples are steps of one sequence, whether the last step counts alone, the output activation.
        theta, grad: The vectors; fixed: The weights that do not learn; slots: those of the algorithm.
        scalars: (batches, k) what the move needs in each batch.
        kept: Activations, states and traces, to go on from in a stream.
        memory: Working memory (see `GraphChunk`).
        rows: (kinds, N) the loss of each sample, and whether it was misclassified.
    """
    first, last, batch = span
    loss, move, counts, sums, bptt, streams, last_only, output = codes
    units, inputs, outputs = graph[0], graph[1], graph[2]
    Y, S, D, work, raw, influence, no_dx, y = memory
    activation, state, eps, ext = kept
    samples, k = len(x), units - outputs
    steps = 1 if streams else len(Y) - 1
    for index in range(first, last):
        start = index * batch
        n = min(batch, samples - start)
        if move == 2:
            _look_ahead(theta, slots[0], scalars[index - first, 0])
        clear(grad)
        share = ONE if sums else ONE / np.float32(n)
        if not last_only:
            share /= np.float32(steps)
        if streams:
            for j in range(units):
                Y[0, j] = activation[j]
                S[0, j] = state[j]
        for i in range(n):
            source = order[start + i] if order.size else start + i
            base = i if streams else 0
            for s in range(steps):
                for j in range(inputs):
                    Y[base + s + 1, j] = np.float32(x[source, s * inputs + j]) * scale
            if streams and i < n - 1:
                continue
            if not streams:
                for j in range(units):
                    Y[0, j] = S[0, j] = ZERO
                clear(eps)
                clear(ext)
            length = n if streams else steps
            sweep(graph, theta, fixed, Y, S, length)
            value, wrong = ZERO, ZERO
            for s in range(length):
                if last_only and s < length - 1:
                    continue
                row = start + s if streams else start + i
                target = (order[row] if order.size else row) if streams else source
                place = 0 if streams or last_only else s * k
                one = judge(loss, output, S, s + 1, outputs, t, target, place, y, D, s, share)
                miss = missed(y, t, target, place) if counts else ZERO
                if streams:
                    rows[0, row] = one
                    if counts:
                        rows[1, row] = miss
                else:
                    value += one
                    wrong += miss
            if not streams:
                over = ONE if last_only else np.float32(steps)
                rows[0, start + i] = value / over
                if counts:
                    rows[1, start + i] = wrong / over
            if bptt:
                through_time(graph, theta, fixed, Y, S, D, length, grad, no_dx, work)
            else:
                truncated(graph, theta, fixed, Y, S, D, length, grad, eps, ext, no_dx, work, raw, influence)
            if streams:
                for j in range(units):
                    activation[j] = Y[length, j]
                    state[j] = S[length, j]
        if move == 0:
            rate = scalars[index - first, 0]
            for j in range(len(theta)):
                theta[j] -= rate * grad[j]
        else:
            update(move, theta, grad, slots, scalars[index - first])
