"""Sums of products by Einstein's convention."""

from __future__ import annotations

from string import ascii_letters
from typing import Any

import numpy as np

from ..errors import GradientError
from ..typing import Array
from .primitive import Joint, unbroadcast
from .tables import implements


@implements("einsum")
def einsum(*operands: Any, out: Any = None, optimize: Any = False, **options: Any) -> Any:
    """Return a sum of products; both of numpy's spellings, repeated labels and ellipses are understood."""
    if out is not None or options:
        raise GradientError("np.einsum of traced arrays takes subscripts, arrays and optimize= alone")
    terms, output, arrays = _parsed(operands)
    # A label that a term repeats means its diagonal.
    for k, term in enumerate(terms):
        for label in sorted(set(term)):
            while terms[k].count(label) > 1:
                first = terms[k].index(label)
                second = terms[k].index(label, first + 1)
                arrays[k] = np.diagonal(arrays[k], axis1=first, axis2=second)
                terms[k] = "".join(c for at, c in enumerate(terms[k]) if at not in (first, second)) + label
    return _einsum(*arrays, terms=tuple(terms), output=output, optimize=optimize)


def _compute(*arrays: Any, terms: tuple[str, ...], output: str, optimize: Any) -> Any:
    return np.einsum(f"{','.join(terms)}->{output}", *arrays, optimize=optimize)


def _operand(
    g: Array, y: Array, *arrays: Any, position: int, terms: tuple[str, ...], output: str, optimize: Any
) -> Array:
    wanted, array = terms[position], arrays[position]
    others = [k for k in range(len(arrays)) if k != position]
    known = set(output).union(*(terms[k] for k in others))
    # What is summed over in this operand alone has the same gradient everywhere along it.
    found = "".join(label for label in wanted if label in known)
    subscripts = ",".join([output, *(terms[k] for k in others)])
    dx = np.einsum(f"{subscripts}->{found}", g, *(arrays[k] for k in others), optimize=optimize)
    if found != wanted:
        sizes = dict(zip(found, np.shape(dx), strict=True)) | {
            label: size for label, size in zip(wanted, array.shape, strict=True) if label not in known
        }
        dx = np.reshape(dx, tuple(sizes[label] if label in known else 1 for label in wanted))
        dx = np.broadcast_to(dx, tuple(sizes[label] for label in wanted))
    return unbroadcast(dx, array.shape)


_einsum = Joint(_compute, _operand)


def _parsed(operands: tuple[Any, ...]) -> tuple[list[str], str, list[Any]]:
    """Return the labels of each operand and of the output, without ellipses, and the operands."""
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0].replace(" ", ""), list(operands[1:])
    else:
        arrays = list(operands[: len(operands) // 2 * 2 : 2])
        subscripts = ",".join(map(_letters, operands[1 : len(operands) // 2 * 2 : 2]))
        if len(operands) % 2:
            subscripts += "->" + _letters(operands[-1])
    left, arrow, output = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(arrays):
        raise ValueError(f"np.einsum: {left!r} names {len(terms)} arrays, but {len(arrays)} are given")
    unused = [c for c in ascii_letters if c not in subscripts]
    widths = [
        np.ndim(array) - len(term.replace("...", "")) if "..." in term else 0
        for term, array in zip(terms, arrays, strict=True)
    ]
    spare = "".join(unused[: max(widths, default=0)])
    full = [term.replace("...", spare[len(spare) - n :]) for term, n in zip(terms, widths, strict=True)]
    if arrow:
        return full, output.replace("...", spare), arrays
    once = sorted(c for c in set(left) - {",", "."} if left.count(c) == 1)
    return full, spare + "".join(once), arrays


def _letters(labels: Any) -> str:
    return "".join("..." if label is Ellipsis else ascii_letters[label] for label in labels)
