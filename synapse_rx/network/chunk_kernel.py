"""
Many batches of a plain dense network in one piece of machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). What the numbers of layers, losses and moves stand for is
in `plain` and `chunk`. Scalars and constants are float32 throughout, so that nothing is computed in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..algorithms.adadelta import adadelta_kernel
from ..algorithms.adagrad import adagrad_kernel
from ..algorithms.backprop import gain_kernel
from ..algorithms.lion import lion_kernel
from ..algorithms.moments import adam_kernel, amsgrad_kernel
from ..algorithms.momentum import correct_kernel, descend_kernel, look_ahead_kernel, roll_kernel
from ..algorithms.nadam import nadam_kernel
from ..algorithms.rmsprop import divide_centered_kernel, divide_exactly_kernel, divide_kernel
from ..algorithms.rprop import turn_kernel, wait_kernel
from ..fast import jit
from ..layers.product_kernel import AS_THEY_ARE, LEFT_TURNED, RIGHT_TURNED, multiply_any
from .plain_kernel import HALF, ONE, ZERO, activate

WORD = 4
"""Bytes of a number."""

_descend, _roll, _look_ahead, _correct = map(
    jit, (descend_kernel, roll_kernel, look_ahead_kernel, correct_kernel)
)
_adam, _amsgrad, _nadam = map(jit, (adam_kernel, amsgrad_kernel, nadam_kernel))
_adagrad, _adadelta, _lion, _gain = map(jit, (adagrad_kernel, adadelta_kernel, lion_kernel, gain_kernel))
_divide, _divide_centered, _divide_exactly = map(
    jit, (divide_kernel, divide_centered_kernel, divide_exactly_kernel)
)
_wait, _turn = map(jit, (wait_kernel, turn_kernel))


@jit
def derive(code: int, y: Any, d: Any, n: int) -> None:
    """Multiply d by f'(z), given y = f(z)."""
    if code == 1:
        for i in range(n):
            d[i] *= y[i] * (ONE - y[i])
    elif code == 2:
        for i in range(n):
            d[i] *= ONE - y[i] * y[i]
    elif code == 3:
        for i in range(n):
            d[i] = d[i] if y[i] > ZERO else ZERO


@jit
def judge(loss: int, z: Any, t: Any, d: Any, values: Any, n: int, k: int, scale: Any) -> None:
    """Turn outputs' logits z into outputs, write losses into values and scaled gradients into d."""
    for i in range(n):
        value = ZERO
        if loss == 0:  # softmax and cross-entropy
            top = z[i, 0]
            for j in range(1, k):
                top = max(top, z[i, j])
            total, counted, linear = ZERO, ZERO, ZERO
            for j in range(k):
                z[i, j] -= top
                linear += t[i, j] * z[i, j]
                counted += t[i, j]
                z[i, j] = np.exp(z[i, j])
                total += z[i, j]
            for j in range(k):
                z[i, j] /= total
                d[i, j] = (z[i, j] * counted - t[i, j]) * scale
            value = np.log(total) * counted - linear
        elif loss == 1:  # sigmoid and binary cross-entropy
            for j in range(k):
                x = z[i, j]
                e = np.exp(-abs(x))
                value += max(x, ZERO) + np.log1p(e) - x * t[i, j]
                z[i, j] = ONE / (ONE + e) if x >= ZERO else e / (ONE + e)
                d[i, j] = (z[i, j] - t[i, j]) * scale
        else:  # half the sum of squares, behind any activation
            for j in range(k):
                away = z[i, j] - t[i, j]
                value += HALF * away * away
                d[i, j] = away * scale
        values[i] = value


@jit
def miss(y: Any, t: Any, values: Any, n: int, k: int) -> None:
    """Write 1 where the largest output is not that of the largest target, or an output is not a number."""
    for i in range(n):
        given, wanted, lost = 0, 0, y[i, 0] != y[i, 0]
        for j in range(1, k):
            if y[i, j] > y[i, given]:
                given = j
            if t[i, j] > t[i, wanted]:
                wanted = j
            lost = lost or y[i, j] != y[i, j]
        values[i] = ONE if given != wanted or lost else ZERO


@jit
def update(move: int, theta: Any, grad: Any, slots: Any, p: Any) -> None:
    """Take an algorithm's step, other than plain descent, from the gradient; p is what it needs in this batch."""
    u, v, w = slots
    if move == 1:
        _roll(theta, grad, u, p[0], p[1])
    elif move == 2:
        _correct(theta, grad, u, p[1])
    elif move == 3:
        _adam(theta, grad, u, v, p[0], p[1], p[2], p[3], p[4], p[5], p[6])
    elif move == 4:
        _divide(grad, u, p[1], p[2], p[3])
        _descend(theta, grad, p[0])
    elif move == 5:
        _amsgrad(theta, grad, u, v, w, p[0], p[1], p[2], p[3], p[4], p[5], p[6])
    elif move == 6:
        _nadam(theta, grad, u, v, p[0], p[1], p[2], p[3], p[4], p[5], p[6])
    elif move == 7:
        _adagrad(theta, grad, u, p[0], p[1])
    elif move == 8:
        _adadelta(theta, grad, u, v, p[0], p[1], p[2], p[3])
    elif move == 9:
        _lion(theta, grad, u, p[0], p[1], p[2], p[3], p[4], p[5])
    elif move == 10:
        if p[2] > ZERO:
            v[:] = ONE
        else:
            _gain(grad, u, v, p[3], p[4], p[5], p[6], p[7])
        _roll(theta, grad, u, p[0], p[1])
    elif move == 11:
        _divide_centered(grad, u, v, p[1], p[2], p[3], p[4])
        _descend(theta, grad, p[0])
    elif move == 12:
        _divide_exactly(grad, u, p[3] > ZERO, p[1], p[2], p[4])
        _descend(theta, grad, p[0])
    else:
        if p[0] > ZERO:
            u[:] = p[1]
        if move == 13:
            _wait(theta, grad, u, v, p[6] > ZERO, p[2], p[3], p[4], p[5], p[7], p[8])
        else:
            _turn(theta, grad, u, v, p[0] > ZERO, p[2], p[3], p[4], p[5], p[6])


@jit
def learn(
    x: Any,
    scale: Any,
    t: Any,
    order: Any,
    span: Any,
    layers: Any,
    codes: Any,
    theta: Any,
    grad: Any,
    slots: Any,
    scalars: Any,
    arena: Any,
    bits: Any,
    rows: Any,
    numbers: Any,
) -> None:
    """
    Learn batches.

    Args:
        x: Samples (N, inputs), uint8 or float32; scale: What they are multiplied by.
        t: Targets (N, outputs); order: The order of the epoch, of all or some, empty for their own.
        span: The first batch, the one behind the last, samples in a batch, and the most of them that go through all
            layers at a time.
        layers: For each layer inputs, outputs, where W starts in theta, where b does, the activation.
        codes: Loss, move, whether misclassifications are counted, whether gradients are sums, whose products are taken
            (`product_kernel.tiled_products`).
        theta, grad: The vectors; slots: (k, size) those of the algorithm.
        scalars: (batches, k) what the move needs in each batch.
        arena: Working memory (see `chunk.Chunk`); bits: int32 scratch.
        rows: (kinds, N) the loss of each sample, and whether it was misclassified.
        numbers: 0, 1 and room for another, where products find them.
    """
    first, last, batch, most = span
    move, sums = codes[1], codes[3]
    samples = order.size if order.size else len(x)
    for index in range(first, last):
        start = index * batch
        n = min(batch, samples - start)
        step = scalars[index - first]
        if move == 2:
            _look_ahead(theta, slots[0], step[0])
        # Plain descent needs no gradient but to subtract it: the products do that as they go, unless there are others.
        descends = int(move == 0 and n <= most)
        numbers[2] = -step[0]
        share = ONE if sums else ONE / np.float32(n)
        for begin in range(0, n, most):
            part = (start + begin, min(most, n - begin), share, begin > 0, descends)
            learn_part(x, scale, t, order, part, layers, codes, theta, grad, arena, bits, rows, numbers)
        if move:
            update(move, theta, grad, slots, step)
        elif not descends:
            _descend(theta, grad, step[0])


@jit
def learn_part(
    x: Any,
    scale: Any,
    t: Any,
    order: Any,
    part: Any,
    layers: Any,
    codes: Any,
    theta: Any,
    grad: Any,
    arena: Any,
    bits: Any,
    rows: Any,
    numbers: Any,
) -> None:
    """
    Take samples of a batch through all layers and back.

    Args:
        part: The first sample and how many; what gradients are multiplied by; whether they are added to those that are
            there; whether, times ``numbers[2]``, they are added to theta and need not be kept.
        x, scale, t, order, layers, codes, theta, grad, arena, bits, rows, numbers: As in `learn`.
    """
    start, n, share, adds, descends = part
    inputs, depth, k = x.shape[1], len(layers), t.shape[1]
    loss, _, counts, _, tiled = codes
    a = arena[: n * inputs]
    place = n * inputs
    zero = numbers.ctypes.data
    one, factor = zero + WORD, zero + 2 * WORD
    vector, slope = theta.ctypes.data, grad.ctypes.data
    lies_ready = x.itemsize == WORD and scale == ONE and not order.size
    targets = arena[place : place + n * k]
    place += n * k
    width = k
    for layer in range(depth):
        width = max(width, layers[layer, 1])
    e = arena[place : place + n * width]
    place += n * width
    d = arena[place : place + n * width]
    place += n * width
    free = arena[place : place + n * width]
    place += n * width
    for i in range(n):
        source = order[start + i] if order.size else start + i
        if not lies_ready:
            for j in range(inputs):
                a[i * inputs + j] = np.float32(x[source, j]) * scale
        for j in range(k):
            targets[i * k + j] = t[source, j]
    # forward
    first_x = x.ctypes.data + start * inputs * WORD if lies_ready else a.ctypes.data
    below = a
    for layer in range(depth):
        fan_in, fan_out, w, b, code = layers[layer]
        z = arena[place : place + n * fan_out]
        given = (below.ctypes.data if layer else first_x, fan_in)
        weights, into = (vector + w * WORD, fan_out), (z.ctypes.data, fan_out)
        multiply_any(tiled, AS_THEY_ARE, (n, fan_out, fan_in), one, given, weights, 0, into, zero)
        for i in range(n):
            for j in range(fan_out):
                z[i * fan_out + j] += theta[b + j]
        if layer < depth - 1 or loss == 2:
            activate(code, z, z, e, bits, n * fan_out)
        below = z
        place += n * fan_out
    y, wanted, ahead = below.reshape(n, k), targets.reshape(n, k), d[: n * k]
    judge(loss, y, wanted, ahead.reshape(n, k), rows[0, start : start + n], n, k, share)
    if loss == 2:
        derive(layers[depth - 1, 4], below, ahead, n * k)
    if counts:
        miss(y, wanted, rows[1, start : start + n], n, k)
    # backward
    for layer in range(depth - 1, -1, -1):
        fan_in, fan_out, w, b, code = layers[layer]
        place -= n * fan_out
        source_of, given = a, (first_x, fan_in)
        above = (d.ctypes.data, fan_out)
        if layer:
            source_of = arena[place - n * fan_in : place]
            given = (source_of.ctypes.data, fan_in)
            weights, into = (vector + w * WORD, fan_out), (free.ctypes.data, fan_in)
            multiply_any(tiled, RIGHT_TURNED, (n, fan_in, fan_out), one, above, weights, 0, into, zero)
        gradient = ((vector if descends else slope) + w * WORD, fan_out)
        times = factor if descends else one
        added = int(adds or descends)
        multiply_any(tiled, LEFT_TURNED, (fan_in, fan_out, n), times, given, above, added, gradient, zero)
        biases = grad[b : b + fan_out]
        if not adds:
            for j in range(fan_out):
                biases[j] = ZERO
        for i in range(n):
            for j in range(fan_out):
                biases[j] += d[i * fan_out + j]
        if descends:
            for j in range(fan_out):
                theta[b + j] += biases[j] * numbers[2]
        if layer:
            derive(layers[layer - 1, 4], source_of, free, n * fan_in)
            d, free = free, d
