"""
Many batches of a plain dense network in one piece of machine code, float32.

Imported only where kernels are compiled (`synapse_rx.fast`). What depends on the network and its training alone, its
activations, its loss and the step of its algorithm, is called by its address, and so compiled only where it is needed.
Scalars and constants are float32 throughout, so that nothing is computed in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...fast import jit
from ...instructions.addresses import WORD, address_of, call
from ...instructions.subnormals import flush_subnormals, restore
from ...products.product_kernel import AS_THEY_ARE, LEFT_TURNED, RIGHT_TURNED
from ..step_kernels import take
from .elementwise_kernel import ONE, ZERO
from .meeting_kernel import meet

MOVE, SUMS, TILED, PRODUCT, STEP, AHEAD, LOSS, MISS, OF_OUTPUT, FUNCTIONS = range(10)
"""Where in the codes stands what `learn` says of them."""


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
        codes: The move; whether gradients are sums; whose products are taken (`product_kernel.tiled_products`). Then
            addresses, 0 for what is not to be called: of products, the step of the move and what comes before its
            gradient, the loss, what counts misclassifications, the derivative of the output if the loss does not take
            its logits; and from `FUNCTIONS` on, for each layer, of its activation and of the derivative of that below.
        theta, grad: The parameters, and where their gradients are summed up if a batch has more than one part.
        slots: (k, size) the vectors of the algorithm.
        scalars: (batches, k) what the move needs in each batch.
        memory: What lies between the layers, for the samples of a part (see `chunk.Chunk`); a thread's own room for
            gradients; its own 0, 1, and room for what steps and gradients are multiplied by.
        rows: (kinds, N) the loss of each sample, and whether it was misclassified.
        hands: Which thread this is, how many there are, and where they meet.
    """
    first, last, batch, most = span
    hand, many, meeting = hands
    ahead, sums = codes[AHEAD], codes[SUMS]
    between, _, numbers = memory
    ready = lies_ready(x, scale, order)
    usual = flush_subnormals()
    samples = order.size if order.size else len(x)  # of several processes each has some
    size, arrivals = len(theta), 0
    for index in range(first, last):
        start = index * batch
        n = min(batch, samples - start)
        step = scalars[index - first]
        if ahead:
            low, high = size * hand // many, size * (hand + 1) // many
            take(ahead, theta, numbers, slots, low, high, step)
            arrivals += many
            meet(meeting, arrivals)
        numbers[2] = -step[0]
        numbers[3] = ONE if sums else ONE / np.float32(n)
        for begin in range(0, n, most * many):
            length = min(most * many, n - begin)
            low, high = length * hand // many, length * (hand + 1) // many
            part = (start + begin, low, high - low, ready)
            go_through(x, scale, t, order, part, layers, codes, theta, between, rows, numbers)
            arrivals += many
            meet(meeting, arrivals)
            part = (start + begin, length, begin > 0, begin + length == n)
            take_step(x, part, ready, layers, codes, theta, grad, slots, step, memory, (hand, many))
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
        part: Where the part begins; the first sample in it, and how many; whether they lie ready in x.
        x, scale, t, order, layers, codes, theta, between, rows, numbers: As in `learn`.
    """
    start, begin, n, ready = part
    inputs, depth, k = x.shape[1], len(layers), t.shape[1]
    tiled, product = codes[TILED], codes[PRODUCT]
    zero, vector = address_of(numbers), address_of(theta)
    one, share = zero + WORD, zero + 3 * WORD
    width = 0
    for layer in range(depth):
        width += layers[layer, 1]
    batch = len(between) // (inputs + k + 2 * width)
    a = between[begin * inputs : (begin + n) * inputs]
    targets = between[batch * inputs + begin * k : batch * inputs + (begin + n) * k]
    place = batch * (inputs + k)
    start += begin
    for i in range(n):
        source = order[start + i] if order.size else start + i
        if not ready:
            for j in range(inputs):
                a[i * inputs + j] = np.float32(x[source, j]) * scale
        for j in range(k):
            targets[i * k + j] = t[source, j]
    room, wanted, values = address_of(between), address_of(targets), address_of(rows) + start * WORD
    # forward
    given = address_of(x) + start * inputs * WORD if ready else address_of(a)
    for layer in range(depth):
        fan_in, fan_out, w, b, _ = layers[layer]
        z = room + (place + begin * fan_out) * WORD
        weights, bias = vector + w * WORD, vector + b * WORD
        sizes = (tiled, AS_THEY_ARE, n, fan_out, fan_in, one)
        call(product, (*sizes, given, fan_in, weights, fan_out, 0, z, fan_out, zero))
        call(codes[FUNCTIONS + 2 * layer], (z, bias, n, fan_out))
        given = z
        place += batch * fan_out
    place += batch * (width - k)
    d = room + (place + begin * k) * WORD
    call(codes[LOSS], (given, wanted, d, values, n, k, share))
    if codes[OF_OUTPUT]:
        call(codes[OF_OUTPUT], (given, d, n * k))
    if codes[MISS]:
        call(codes[MISS], (given, wanted, values + rows.shape[1] * WORD, n, k))
    # backward
    for layer in range(depth - 1, 0, -1):
        fan_in, fan_out, w, _, _ = layers[layer]
        place -= batch * fan_in
        into = room + (place + begin * fan_in) * WORD
        sizes = (tiled, RIGHT_TURNED, n, fan_in, fan_out, one)
        call(product, (*sizes, d, fan_out, vector + w * WORD, fan_out, 0, into, fan_in, zero))
        derivative = codes[FUNCTIONS + 2 * layer + 1]
        if derivative:
            call(derivative, (into - batch * width * WORD, into, n * fan_in))
        d = into


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
    move, tiled, product = codes[MOVE], codes[TILED], codes[PRODUCT]
    zero, vector = address_of(numbers), address_of(between)
    one, factor = zero + WORD, zero + 2 * WORD
    alone = ends and not adds
    width = 0
    for layer in range(depth):
        width += layers[layer, 1]
    batch = len(between) // (inputs + k + 2 * width)
    source = address_of(x) + start * inputs * WORD if ready else vector
    place = batch * (inputs + k)
    for layer in range(depth):
        fan_in, fan_out, w, b, _ = layers[layer]
        d = between[place + batch * width :][: n * fan_out]
        low, high = fan_in * hand // many, fan_in * (hand + 1) // many
        fitting = max(1, fan_in) if alone and move == 0 else len(room) // fan_out
        pieces = (high - low + fitting - 1) // fitting
        of_biases = int(layer % many == hand)
        for piece in range(pieces + of_biases):
            if piece < pieces:
                top, bottom = low + (high - low) * piece // pieces, low + (high - low) * (piece + 1) // pieces
                begin, end = w + top * fan_out, w + bottom * fan_out
                descends = alone and move == 0
                sums = theta[begin:end] if descends else room if alone else grad[begin:end]
                sizes = (tiled, LEFT_TURNED, bottom - top, fan_out, n, factor if descends else one)
                more, into = int(adds or descends), address_of(sums)
                above = address_of(d)
                given = source + top * WORD
                call(product, (*sizes, given, fan_in, above, fan_out, more, into, fan_out, zero))
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
                take(codes[STEP], theta, sums, slots, begin, end, step)
        source = vector + place * WORD
        place += batch * fan_out
