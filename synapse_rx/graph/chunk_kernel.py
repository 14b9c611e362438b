"""
Many batches of a neuron graph in one piece of machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). What the numbers of losses and moves stand for is in
`chunk` and in `synapse_rx.network.plain.chunk`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..fast import jit
from ..network.step_kernels import take
from .judge_kernel import ONE, ZERO, judge, missed
from .kernels import sweep, through_time, truncated
from .straight_code import call, sweep_straight, through_time_straight, truncated_straight


@jit
def clear(row: Any) -> None:
    """Write 0 everywhere; a loop takes less time for few numbers than an assignment to all."""
    for i in range(len(row)):
        row[i] = ZERO


@jit
def learn_online(
    address: int,
    x: Any,
    t: Any,
    order: Any,
    span: Any,
    theta: Any,
    scalars: Any,
    kept: Any,
    rows: Any,
) -> None:
    """
    Learn samples one by one, each by a call of machine code that does everything.

    Args:
        address: Where it begins (`Straight`).
        x: Samples (N, inputs), of which machine code is given only the places; t: Targets (N, outputs), likewise.
        order: (N,) the order of the epoch, empty for their own.
        span: The first sample, the one behind the last.
        theta: The parameters.
        scalars: (samples, k) the learning rate of each in front.
        kept: What a stream goes on from.
        rows: (kinds, N) the loss of each sample.
    """
    first, last = span
    activation, state, eps, ext = kept
    vector, rate, loss = theta.ctypes.data, scalars.ctypes.data, rows.ctypes.data
    given, wanted = x.ctypes.data, t.ctypes.data
    y, s, e, f = activation.ctypes.data, state.ctypes.data, eps.ctypes.data, ext.ctypes.data
    for index in range(first, last):
        source = order[index] if order.size else index
        one, to = given + source * x.strides[0], wanted + source * t.strides[0]
        now = rate + (index - first) * scalars.strides[0]
        call(address, vector, y, s, e, f, one, to, now, loss + index * rows.strides[1])


@jit
def learn(
    graph: Any,
    x: Any,
    scale: Any,
    t: Any,
    order: Any,
    span: Any,
    codes: Any,
    straight: Any,
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
            time, whether samples are steps of one sequence, whether the last step counts alone, the output activation;
            the addresses of the step of the move and of what comes before its gradient, 0 for nothing.
        straight: Where machine code of this very graph begins, 0 for none: a sweep, the gradient's way back, or all
            that is done to learn a sample (`Straight`).
        theta, grad: The vectors; fixed: The weights that do not learn; slots: those of the algorithm.
        scalars: (batches, k) what the move needs in each batch.
        kept: Activations, states and traces, to go on from in a stream.
        memory: Working memory (see `GraphChunk`).
        rows: (kinds, N) the loss of each sample, and whether it was misclassified.
    """
    first, last, batch = span
    loss, move, counts, sums, bptt, streams, last_only, output, step, ahead = codes
    units, inputs, outputs = graph[0], graph[1], graph[2]
    Y, S, D, work, raw, influence, no_dx, y = memory
    activation, state, eps, ext = kept
    if straight[2]:
        learn_online(straight[2], x, t, order, (first, last), theta, scalars, kept, rows)
        return
    samples, k = len(x), units - outputs
    steps = 1 if streams else len(Y) - 1
    if streams:
        for j in range(units):
            Y[0, j] = activation[j]
            S[0, j] = state[j]
    for index in range(first, last):
        start = index * batch
        n = min(batch, samples - start)
        if ahead:
            take(ahead, theta, grad, slots, 0, len(theta), scalars[index - first])
        clear(grad)
        share = ONE if sums else ONE / np.float32(n)
        if not last_only:
            share /= np.float32(steps)
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
            if straight[0]:
                sweep_straight(straight[0], theta, Y, S, length)
            else:
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
            if bptt and straight[1]:
                through_time_straight(straight[1], theta, Y, S, D, length, grad, work)
            elif bptt:
                through_time(graph, theta, fixed, Y, S, D, length, grad, no_dx, work)
            elif straight[1]:
                truncated_straight(straight[1], theta, Y, S, D, length, grad, eps, ext)
            else:
                truncated(graph, theta, fixed, Y, S, D, length, grad, eps, ext, no_dx, work, raw, influence)
            if streams:
                for j in range(units):
                    Y[0, j] = Y[length, j]
                    S[0, j] = S[length, j]
        if move == 0:
            rate = scalars[index - first, 0]
            for j in range(len(theta)):
                theta[j] -= rate * grad[j]
        else:
            take(step, theta, grad, slots, 0, len(theta), scalars[index - first])
    if streams:
        for j in range(units):
            activation[j] = Y[0, j]
            state[j] = S[0, j]
