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
from ..layers.subnormal_kernel import flush_subnormals, restore
from .meeting_kernel import meet
from .plain_kernel import HALF, ONE, ZERO, activate, exponentials

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
def at(array: Any) -> Any:
    """Return the address of the first number of an array."""
    return np.intp(array.ctypes.data)


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
    if loss == 0:  # softmax and cross-entropy
        for i in range(n):
            top, linear = z[i, 0], ZERO
            for j in range(1, k):
                top = max(top, z[i, j])
            for j in range(k):
                z[i, j] -= top
                linear += t[i, j] * z[i, j]
            values[i] = linear
        exponentials(z.reshape(-1), n * k)
        for i in range(n):
            total, counted = ZERO, ZERO
            for j in range(k):
                total += z[i, j]
                counted += t[i, j]
            for j in range(k):
                z[i, j] /= total
                d[i, j] = (z[i, j] * counted - t[i, j]) * scale
            values[i] = np.log(total) * counted - values[i]
    elif loss == 1:  # sigmoid and binary cross-entropy
        for i in range(n):
            value = ZERO
            for j in range(k):
                x = z[i, j]
                e = np.exp(-abs(x))
                value += max(x, ZERO) + np.log1p(e) - x * t[i, j]
                z[i, j] = ONE / (ONE + e) if x >= ZERO else e / (ONE + e)
                d[i, j] = (z[i, j] - t[i, j]) * scale
            values[i] = value
    else:  # half the sum of squares, behind any activation
        for i in range(n):
            value = ZERO
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
    """Take an algorithm's step from the gradient; p is what it needs in this batch."""
    u, v, w = slots
    if move == 0:
        _descend(theta, grad, p[0])
    elif move == 1:
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
    memory: Any,
    rows: Any,
    hands: Any,
) -> None:
    """
    Learn batches, as one of the threads that share each of them.

    A thread takes some samples through all layers and back, waits for the others, and sums up over all samples the
    gradients of some rows of each W. This is done with a part of the batch at a time, so that what one layer writes the
    next finds in the cache; behind the last part each thread takes the steps of what it has summed up.

    Args:
        x: Samples (N, inputs), uint8 or float32; scale: What they are multiplied by.
        t: Targets (N, outputs); order: (N,) the order of the epoch, empty for their own.
        span: The first batch, the one behind the last, samples in a batch, and the most that a thread takes at a time.
        layers: For each layer inputs, outputs, where W starts in theta, where b does, the activation.
        codes: Loss, move, whether misclassifications are counted, whether gradients are sums, whose products are taken
            (`product_kernel.tiled_products`).
        theta, grad: The parameters, and where their gradients are summed up if a batch has more than one part.
        slots: (k, size) the vectors of the algorithm.
        scalars: (batches, k) what the move needs in each batch.
        memory: What lies between the layers, for the samples of a part (see `chunk.Chunk`); a thread's own room for
            gradients; its own 0, 1 and room for another, where products find them.
        rows: (kinds, N) the loss of each sample, and whether it was misclassified.
        hands: Which thread this is, how many there are, and where they meet.
    """
    first, last, batch, most = span
    hand, many, meeting = hands
    move, sums = codes[1], codes[3]
    between, _, numbers = memory
    usual = flush_subnormals()
    samples = order.size if order.size else len(x)  # of several processes each has some
    size, arrivals = len(theta), 0
    for index in range(first, last):
        start = index * batch
        n = min(batch, samples - start)
        step = scalars[index - first]
        if move == 2:
            low, high = size * hand // many, size * (hand + 1) // many
            _look_ahead(theta[low:high], slots[0][low:high], step[0])
            arrivals += many
            meet(meeting, arrivals)
        numbers[2] = -step[0]
        share = ONE if sums else ONE / np.float32(n)
        for begin in range(0, n, most * many):
            length = min(most * many, n - begin)
            low, high = length * hand // many, length * (hand + 1) // many
            part = (start + begin, low, high - low, share)
            go_through(x, scale, t, order, part, layers, codes, theta, between, rows, numbers)
            arrivals += many
            meet(meeting, arrivals)
            part = (start + begin, length, begin > 0, begin + length == n)
            take_step(
                x,
                part,
                lies_ready(x, scale, order),
                layers,
                codes,
                theta,
                grad,
                slots,
                step,
                memory,
                (hand, many),
            )
            arrivals += many
            meet(meeting, arrivals)
    restore(usual)


@jit
def lies_ready(x: Any, scale: Any, order: Any) -> int:
    """Return whether batches need not be gathered."""
    return int(x.itemsize == WORD and scale == ONE and not order.size)


@jit
def go_through(
    x: Any,
    scale: Any,
    t: Any,
    order: Any,
    part: Any,
    layers: Any,
    codes: Any,
    theta: Any,
    between: Any,
    rows: Any,
    numbers: Any,
) -> None:
    """
    Take samples through all layers and back: samples, outputs of layers and their gradients lie `between`.

    Args:
        part: Where the part begins; the first sample in it, and how many; what gradients are multiplied by.
        x, scale, t, order, layers, codes, theta, between, rows, numbers: As in `learn`.
    """
    start, begin, n, share = part
    inputs, depth, k = x.shape[1], len(layers), t.shape[1]
    loss, _, counts, _, tiled = codes
    zero = at(numbers)
    one, vector = zero + WORD, at(theta)
    width = 0
    for layer in range(depth):
        width += layers[layer, 1]
    batch = len(between) // (inputs + k + 2 * width)
    a = between[begin * inputs : (begin + n) * inputs]
    targets = between[batch * inputs + begin * k : batch * inputs + (begin + n) * k]
    place = batch * (inputs + k)
    start += begin
    ready = lies_ready(x, scale, order)
    for i in range(n):
        source = order[start + i] if order.size else start + i
        if not ready:
            for j in range(inputs):
                a[i * inputs + j] = np.float32(x[source, j]) * scale
        for j in range(k):
            targets[i * k + j] = t[source, j]
    # forward
    below = a
    given = at(x) + start * inputs * WORD if ready else at(a)
    for layer in range(depth):
        fan_in, fan_out, w, b, code = layers[layer]
        z = between[place + begin * fan_out : place + (begin + n) * fan_out]
        weights, into = (vector + w * WORD, fan_out), (at(z), fan_out)
        multiply_any(tiled, AS_THEY_ARE, (n, fan_out, fan_in), one, (given, fan_in), weights, 0, into, zero)
        linked = layer == depth - 1 and loss != 2
        activate(0 if linked else code, z, theta[b : b + fan_out], n)
        below, given = z, at(z)
        place += batch * fan_out
    place += batch * (width - k)
    d = between[place + begin * k : place + (begin + n) * k]
    y, wanted = below.reshape(n, k), targets.reshape(n, k)
    judge(loss, y, wanted, d.reshape(n, k), rows[0, start : start + n], n, k, share)
    if loss == 2:
        derive(layers[depth - 1, 4], below, d, n * k)
    if counts:
        miss(y, wanted, rows[1, start : start + n], n, k)
    # backward
    for layer in range(depth - 1, 0, -1):
        fan_in, fan_out, w, b, code = layers[layer]
        place -= batch * fan_in
        ahead = between[place + begin * fan_in : place + (begin + n) * fan_in]
        weights, into = (vector + w * WORD, fan_out), (at(ahead), fan_in)
        above = (at(d), fan_out)
        multiply_any(tiled, RIGHT_TURNED, (n, fan_in, fan_out), one, above, weights, 0, into, zero)
        below = between[place - batch * width + begin * fan_in : place - batch * width + (begin + n) * fan_in]
        derive(layers[layer - 1, 4], below, ahead, n * fan_in)
        d = ahead


@jit
def take_step(
    x: Any,
    part: Any,
    ready: int,
    layers: Any,
    codes: Any,
    theta: Any,
    grad: Any,
    slots: Any,
    step: Any,
    memory: Any,
    hands: Any,
) -> None:
    """
    Sum up the gradients of some rows of each W and of some biases, and behind the last part take the steps of these.

    Where there is but one part, plain descent needs no gradient but to subtract it: the products do that as they go.
    For other moves gradients of a few rows at a time are left in a room that stays in the cache, where the step finds
    them.

    Args:
        part: Where the part begins, and how many samples it has; whether there were others before it, and whether it is
            the last of the batch.
        ready: Whether samples lie in x, and not `between`.
        step: What the move needs in this batch.
        hands: Which thread this is, and how many there are.
        x, layers, codes, theta, grad, slots, memory: As in `learn`.
    """
    start, n, adds, ends = part
    hand, many = hands
    between, room, numbers = memory
    depth, inputs, k = len(layers), x.shape[1], layers[-1, 1]
    move, tiled = codes[1], codes[4]
    zero = at(numbers)
    one, factor = zero + WORD, zero + 2 * WORD
    alone = ends and not adds
    width = 0
    for layer in range(depth):
        width += layers[layer, 1]
    batch = len(between) // (inputs + k + 2 * width)
    source = at(x) + start * inputs * WORD if ready else at(between)
    place = batch * (inputs + k)
    for layer in range(depth):
        fan_in, fan_out, w, b, _ = layers[layer]
        d = between[place + batch * width :][: n * fan_out]
        low, high = fan_in * hand // many, fan_in * (hand + 1) // many
        fitting = len(room) // fan_out
        pieces = (high - low + fitting - 1) // fitting
        of_biases = int(layer % many == hand)
        for piece in range(pieces + of_biases):
            if piece < pieces:
                top, bottom = low + (high - low) * piece // pieces, low + (high - low) * (piece + 1) // pieces
                begin, end = w + top * fan_out, w + bottom * fan_out
                shape = (bottom - top, fan_out, n)
                given, above = (source + top * WORD, fan_in), (at(d), fan_out)
                descends = alone and move == 0
                sums = theta[begin:end] if descends else room if alone else grad[begin:end]
                times, more = factor if descends else one, int(adds or descends)
                into = (at(sums), fan_out)
                multiply_any(tiled, LEFT_TURNED, shape, times, given, above, more, into, zero)
                if descends:
                    continue
            else:
                begin, end = b, b + fan_out
                sums = room if alone else grad[begin:end]
                if not adds:
                    for j in range(fan_out):
                        sums[j] = ZERO
                for i in range(n):
                    row = d[i * fan_out : (i + 1) * fan_out]
                    for j in range(fan_out):
                        sums[j] += row[j]
            if ends and move >= 0:
                own = (slots[0][begin:end], slots[1][begin:end], slots[2][begin:end])
                update(move, theta[begin:end], sums[: end - begin], own, step)
        source = at(between[place:])
        place += batch * fan_out
