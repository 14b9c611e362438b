"""Products of matrices that lie in rows, said to a library whose matrices lie in columns."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ...typing import Shape

MOST_CALLS = 64
"""Products in a loop, where batches lie so that no call takes them all; more are cupy's own business."""

_NO_TURN, _TURN = 0, 1  # CUBLAS_OP_N and CUBLAS_OP_T
_LARGEST = 2**31 - 1

Lie = tuple[Shape, Shape]
"""How an array lies in memory: its shape, and its strides in bytes."""


class Plan(NamedTuple):
    """
    What the library is asked for; all numbers count elements, but for those of ``offsets`` and ``spans``.

    Attributes:
        sizes: m, n and k in the terms of the library, for whom every matrix here is its own transpose.
        first: Operation, leading dimension and stride between batches of the library's first matrix.
        second: The same of its second.
        out: Leading dimension and stride of what it writes.
        batch: Products in a call.
        swapped: Whether the library's first matrix is the second of the two, which it is unless the product lies in
            columns itself.
        offsets: Bytes to go on from a, b and c for each call.
        spans: Bytes from the beginning of a, b and c to behind their last number.
    """

    sizes: tuple[int, int, int]
    first: tuple[int, int, int]
    second: tuple[int, int, int]
    out: tuple[int, int]
    batch: int
    swapped: bool
    offsets: tuple[tuple[int, int, int], ...]
    spans: tuple[int, int, int]


@lru_cache(4096)
def plan(a: Lie, b: Lie, c: Lie, itemsize: int) -> Plan | None:
    """
    Return how the library computes ``c = a @ b`` in the sense of `numpy.matmul`.

    None where it cannot: odd strides, shapes that do not fit, nothing to add up.

    Args:
        a: How the first matrix lies, (..., m, k) or (k,).
        b: The second, (..., k, n) or (k,).
        c: The product.
        itemsize: Bytes of a number.
    """
    spans = _span(*a, itemsize), _span(*b, itemsize), _span(*c, itemsize)
    found = _matrices(a, b, c, itemsize)
    if found is None:
        return None
    (m, k), (ra, ca), batch_a = _split(found[0])
    (_, n), (rb, cb), batch_b = _split(found[1])
    (rows, columns), (rc, cc), batch_c = _split(found[2])
    if (rows, columns) != (m, n) or found[1][0][-2] != k:
        return None
    batches = _batches(batch_a, batch_b, batch_c)
    if batches is None:
        return None
    if len(batches) == 1 and _folds(batches[0], m, ra, rc):
        m, batches = m * batches[0][0], []
    swapped = _in_rows(m, n, rc, cc) is not None
    if swapped:
        one, other, to = _laid(k, n, rb, cb), _laid(m, k, ra, ca), _in_rows(m, n, rc, cc)
        sizes = n, m, k
    else:
        one, other, to = _laid(k, m, ca, ra), _laid(n, k, cb, rb), _in_rows(n, m, cc, rc)
        sizes = m, n, k
    if one is None or other is None or to is None or max(*sizes, one[1], other[1], to) > _LARGEST:
        return None
    each, loop = _looped(batches)
    if len(loop) > 1 or (loop and loop[0][0] > MOST_CALLS):
        return None
    offsets = [(0, 0, 0)]
    for count, *steps in loop:
        offsets = [_times(step, steps, itemsize) for step in range(count)]
    count, step_a, step_b, step_c = each
    steps = (step_b, step_a) if swapped else (step_a, step_b)
    return Plan(
        sizes, (*one, steps[0]), (*other, steps[1]), (to, step_c), count, swapped, tuple(offsets), spans
    )


def _matrices(a: Lie, b: Lie, c: Lie, itemsize: int) -> tuple[Lie, Lie, Lie] | None:
    """Return three arrays of matrices with strides in elements; None if one of them is not in whole elements."""
    if not all(0 not in shape and shape for shape, _ in (a, b)) or 0 in c[0]:
        return None
    steps = [stride for _, strides in (a, b, c) for stride in strides]
    if any(stride < 0 or stride % itemsize for stride in steps):
        return None
    (sa, ta), (sb, tb), (sc, tc) = (
        (shape, tuple(one // itemsize for one in strides)) for shape, strides in (a, b, c)
    )
    if len(sb) == 1:  # before a: where both are vectors the product has no axis at all
        sb, tb, sc, tc = (*sb, 1), (*tb, 0), (*sc, 1), (*tc, 0)
    if len(sa) == 1:
        sa, ta, sc, tc = (1, *sa), (0, *ta), (*sc[:-1], 1, *sc[-1:]), (*tc[:-1], 0, *tc[-1:])
    return None if len(sc) < 2 else ((sa, ta), (sb, tb), (sc, tc))


def _split(lie: Lie) -> tuple[Shape, Shape, Lie]:
    shape, strides = lie
    return shape[-2:], strides[-2:], (shape[:-2], strides[:-2])


def _batches(a: Lie, b: Lie, c: Lie) -> list[tuple[int, int, int, int]] | None:
    """Return the axes before the matrices, as few as can be: entries, and the steps of a, b and c."""
    axes = len(c[0])
    if len(a[0]) > axes or len(b[0]) > axes:
        return None
    found: list[tuple[int, int, int, int]] = []
    for axis in range(axes):
        count, step_c = c[0][axis], c[1][axis]
        steps = []
        for shape, strides in (a, b):
            at = axis - axes + len(shape)
            entries = shape[at] if at >= 0 else 1
            if entries not in (1, count):
                return None
            steps.append(strides[at] if entries > 1 else 0)
        if count == 1:
            continue
        if not step_c:
            return None
        now = (count, *steps, step_c)
        if found and all(before == step * count for before, step in zip(found[-1][1:], now[1:], strict=True)):
            now = (found.pop()[0] * count, *now[1:])
        found.append(now)
    return found


def _folds(batch: tuple[int, int, int, int], m: int, ra: int, rc: int) -> bool:
    """Return whether batches are but more rows: of one matrix b, in a and c one behind the other."""
    _, step_a, step_b, step_c = batch
    return not step_b and step_a == m * ra and step_c == m * rc and ra > 0 and rc > 0


def _looped(
    batches: list[tuple[int, int, int, int]],
) -> tuple[tuple[int, int, int, int], list[tuple[int, int, int, int]]]:
    """Return the axis that a call takes together, and those that calls are made for one by one."""
    ordered = sorted(batches, key=lambda batch: batch[0])
    return (ordered[-1], ordered[:-1]) if ordered else ((1, 0, 0, 0), [])


def _times(step: int, steps: list[int], itemsize: int) -> tuple[int, int, int]:
    a, b, c = (step * one * itemsize for one in steps)
    return a, b, c


def _laid(rows: int, columns: int, row: int, column: int) -> tuple[int, int] | None:
    """Return operation and leading dimension of a matrix that the library is to see turned; None if it cannot."""
    if (ld := _in_rows(rows, columns, row, column)) is not None:
        return _NO_TURN, ld
    if (ld := _in_rows(columns, rows, column, row)) is not None:
        return _TURN, ld
    return None


def _in_rows(rows: int, columns: int, row: int, column: int) -> int | None:
    """Return the step from row to row of a matrix whose rows lie in one piece each; None for others."""
    if columns > 1 and column != 1:
        return None
    if rows == 1:
        return columns
    return row if row >= columns else None


def _span(shape: Shape, strides: Shape, itemsize: int) -> int:
    return sum((count - 1) * stride for count, stride in zip(shape, strides, strict=True)) + itemsize
