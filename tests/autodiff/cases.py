"""
For each of numpy's functions with a rule: uses of it on an array of any shape, with the number of axes it has at least.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Use = Callable[[Any], Any]

CASES: dict[str, tuple[int, list[Use]]] = {
    # Reductions.
    "sum": (
        1,
        [
            np.sum,
            lambda x: np.sum(x, axis=-1),
            lambda x: np.sum(x, axis=0, keepdims=True),
            lambda x: x.sum(axis=(0, -1) if x.ndim > 1 else 0),
            lambda x: np.sum(x, where=x > 0, initial=2.0),
            lambda x: np.add.reduce(x),
            lambda x: sum(x),
        ],
    ),
    "mean": (1, [np.mean, lambda x: x.mean(0), lambda x: np.mean(x, axis=-1, keepdims=True)]),
    "var": (1, [np.var, lambda x: x.var(0), lambda x: np.var(np.stack([x, 2 * x]), ddof=1, axis=0)]),
    "std": (1, [lambda x: np.std(np.stack([x, 2 * x + 1]), axis=0, keepdims=True)]),
    "max": (
        1,
        [np.max, lambda x: x.max(-1), lambda x: np.maximum.reduce(x), lambda x: np.max(x, 0, initial=0.1)],
    ),
    "min": (1, [np.min, lambda x: x.min(0, keepdims=True), lambda x: np.minimum.reduce(x, axis=-1)]),
    "ptp": (1, [np.ptp, lambda x: np.ptp(np.stack([x, 2 * x]), axis=0)]),
    "prod": (
        1,
        [
            np.prod,
            lambda x: x.prod(-1),
            lambda x: np.prod(x, axis=0, keepdims=True),
            lambda x: np.multiply.reduce(x),
        ],
    ),
    "nansum": (1, [np.nansum, lambda x: np.nansum(np.where(x > 0, x, np.nan), axis=0)]),
    "nanmean": (1, [lambda x: np.nanmean(np.where(x > 5, np.nan, x), axis=-1)]),
    "average": (
        1,
        [
            np.average,
            lambda x: np.average(x, axis=0, weights=np.arange(1.0, len(x) + 1)),
            lambda x: np.average(np.ones(x.shape) * 3, weights=x * x + 1),
        ],
    ),
    "logaddexp.reduce": (1, [lambda x: np.logaddexp.reduce(x), lambda x: np.logaddexp.reduce(x, axis=None)]),
    "median": (1, [np.median, lambda x: np.median(x, axis=0), lambda x: np.median(x, -1, keepdims=True)]),
    # Choices.
    "where": (
        0,
        [
            lambda x: np.where(x > 0, x, 3 * x),
            lambda x: np.where(True, x, 1.0),
            lambda x: np.where(x > 0, 2.0, x * x),
        ],
    ),
    "clip": (
        0,
        [lambda x: np.clip(x, -0.5, 0.6), lambda x: x.clip(min=-0.4), lambda x: np.clip(x, None, x * 0.5)],
    ),
    "select": (0, [lambda x: np.select([x > 1, x > 0], [x, x * x], -x)]),
    "nan_to_num": (0, [lambda x: np.nan_to_num(x) * x]),
    "real": (0, [lambda x: np.real(x) * x.real]),
    "copy": (0, [lambda x: np.copy(x) * x.copy()]),
    "astype": (0, [lambda x: x * x.astype(np.float64)]),
    # Shapes.
    "reshape": (1, [lambda x: np.reshape(x, -1), lambda x: x.reshape(1, -1), lambda x: x.reshape((-1, 1))]),
    "ravel": (0, [np.ravel, lambda x: x.ravel(), lambda x: x.flatten()]),
    "expand_dims": (0, [lambda x: np.expand_dims(x, (0, -1)), lambda x: x[None, ..., None]]),
    "squeeze": (0, [lambda x: np.squeeze(x[None]), lambda x: np.squeeze(x[..., None], -1)]),
    "atleast_1d": (0, [np.atleast_1d]),
    "atleast_2d": (0, [np.atleast_2d]),
    "atleast_3d": (0, [np.atleast_3d]),
    "transpose": (2, [np.transpose, lambda x: x.T, lambda x: x.transpose(1, 0, *range(2, x.ndim))]),
    "permute_dims": (1, [np.transpose]),
    "swapaxes": (2, [lambda x: np.swapaxes(x, 0, -1), lambda x: x.swapaxes(-2, -1), lambda x: x.mT]),
    "matrix_transpose": (2, [lambda x: np.swapaxes(x, -1, -2)]),
    "moveaxis": (2, [lambda x: np.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, (0, 1), (-1, 0))]),
    "rollaxis": (2, [lambda x: np.rollaxis(x, 1), lambda x: np.rollaxis(x, 0, x.ndim)]),
    "broadcast_to": (
        0,
        [lambda x: np.broadcast_to(x, (2, 3, *x.shape)), lambda x: np.broadcast_to(x[None], (2, *x.shape))],
    ),
    "broadcast_arrays": (1, [lambda x: np.multiply(*np.broadcast_arrays(x, x[..., :1] + 1))]),
    "full_like": (
        0,
        [lambda x: np.full_like(x, x.sum()) * x, lambda x: np.full_like(x, 2.0) * x],
    ),
    "repeat": (
        1,
        [
            lambda x: np.repeat(x, 2),
            lambda x: np.repeat(x, 3, axis=-1),
            lambda x: x.repeat(np.arange(len(x)) + 1, axis=0),
        ],
    ),
    "tile": (0, [lambda x: np.tile(x, 2), lambda x: np.tile(x, (2, 1, 3, 1))]),
    "flip": (1, [np.flip, lambda x: np.flip(x, -1), lambda x: x[::-1]]),
    "flipud": (1, [np.flipud]),
    "fliplr": (2, [np.fliplr]),
    "rot90": (
        2,
        [np.rot90, lambda x: np.rot90(x, 2), lambda x: np.rot90(x, -1, (1, 0)), lambda x: np.rot90(x, 4)],
    ),
    "roll": (
        1,
        [
            lambda x: np.roll(x, 1),
            lambda x: np.roll(x, -2, axis=-1),
            lambda x: np.roll(x[None], (1, 4), axis=(0, 1)),
            lambda x: np.roll(x, 0, 0),
        ],
    ),
    "pad": (
        1,
        [
            lambda x: np.pad(x, 1),
            lambda x: np.pad(x, (0, 2), constant_values=3.0),
            lambda x: np.pad(x, 1, mode="edge"),
            lambda x: np.pad(x, 2, mode="wrap"),
            lambda x: np.pad(x, [(1, 0)] + [(0, 0)] * (x.ndim - 1), mode="symmetric"),
            lambda x: np.pad(np.concatenate([x, x]), 1, mode="reflect"),
        ],
    ),
    # Elements and parts.
    "getitem": (
        2,
        [
            lambda x: x[0],
            lambda x: x[-1, ..., 0],
            lambda x: x[:, ::-1],
            lambda x: x[1:, None],
            lambda x: x[x > 0],
            lambda x: x[[0, 0, -1]],
            lambda x: x[np.array([[0, -1], [0, 0]])],
            lambda x: x[np.array([0, 0]), ..., np.array([-1, -1])],
            lambda x: x[:, np.array([True] + [False] * (x.shape[1] - 1))],
            lambda x: x[True],
            lambda x: np.stack(list(x)) * x,
        ],
    ),
    "take": (
        1,
        [
            lambda x: np.take(x, [0, 0, -1]),
            lambda x: x.take(np.array([0, -1, 0]), axis=-1),
            lambda x: x.take(0, 0),
        ],
    ),
    "take_along_axis": (
        1,
        [
            lambda x: np.take_along_axis(x, np.argsort(x, axis=-1), axis=-1),
            lambda x: np.take_along_axis(x, np.zeros((1, *x.shape[1:]), int), axis=0),
        ],
    ),
    "compress": (1, [lambda x: np.compress([True], x, axis=0), lambda x: x.compress(np.ones(x.size, bool))]),
    "extract": (1, [lambda x: np.extract(x > 0, x)]),
    "diagonal": (
        2,
        [
            np.diagonal,
            lambda x: x.diagonal(0, -1, 0),
            lambda x: np.diagonal(np.pad(x, 2), 1),
            lambda x: np.diagonal(np.pad(x, 2), -1),
        ],
    ),
    "trace": (2, [np.trace, lambda x: x.trace(0, 1, 0)]),
    "diag": (
        1,
        [
            lambda x: np.diag(x.ravel()),
            lambda x: np.diag(x.ravel(), -1),
            lambda x: np.diag(np.outer(x, x), 0),
        ],
    ),
    "bincount": (1, [lambda x: np.bincount(np.arange(x.size) % 2, weights=x.ravel(), minlength=3)]),
    "tril": (2, [np.tril, lambda x: np.tril(x, -1)]),
    "triu": (2, [np.triu, lambda x: np.triu(x, 1)]),
    # Joints.
    "concatenate": (
        1,
        [
            lambda x: np.concatenate([x, 2 * x, np.ones((1, *x.shape[1:]))]),
            lambda x: np.concatenate((x, x * x), axis=-1),
            lambda x: np.concatenate([x, x.sum()[None]], axis=None),
        ],
    ),
    "stack": (0, [lambda x: np.stack([x, np.sin(x)]), lambda x: np.stack([x, x, np.ones(x.shape)], axis=-1)]),
    "vstack": (1, [lambda x: np.vstack([x, 2 * x])]),
    "hstack": (1, [lambda x: np.hstack([x, 2 * x]), lambda x: np.hstack([x.sum(), x.mean()])]),
    "dstack": (1, [lambda x: np.dstack([x, 2 * x])]),
    "column_stack": (1, [lambda x: np.column_stack([x.ravel(), np.sin(x.ravel())])]),
    "append": (1, [lambda x: np.append(x, [3.0]), lambda x: np.append(x, x, axis=0)]),
    "array_split": (
        1,
        [lambda x: np.array_split(np.concatenate([x, x]), 2)[1], lambda x: np.array_split(x.ravel(), 2)[0]],
    ),
    "split": (
        1,
        [lambda x: np.split(np.concatenate([x, x]), 2)[1] * x, lambda x: np.split(x, [1], axis=-1)[0]],
    ),
    "vsplit": (2, [lambda x: np.vsplit(np.concatenate([x, x]), 2)[0]]),
    "hsplit": (1, [lambda x: np.hsplit(np.hstack([x, x]), 2)[0]]),
    "dsplit": (3, [lambda x: np.dsplit(np.concatenate([x, x], 2), 2)[1]]),
    "unstack": (1, [lambda x: np.stack(tuple(x))]),
    # Products.
    "matmul": (
        1,
        [
            lambda x: x @ np.arange(1.0, x.shape[-1] + 1),
            lambda x: np.arange(1.0, x.shape[-1] + 1) @ np.swapaxes(np.atleast_2d(x), -1, -2),
            lambda x: np.matmul(np.atleast_2d(x), np.swapaxes(np.atleast_2d(x), -1, -2)),
            lambda x: x.ravel() @ x.ravel(),
            lambda x: np.ones((2, 3, x.shape[-1])) @ np.swapaxes(x.reshape(-1, x.shape[-1]), 0, 1),
        ],
    ),
    "dot": (
        1,
        [
            lambda x: np.dot(x.ravel(), x.ravel()),
            lambda x: x.dot(np.ones(x.shape[-1])),
            lambda x: np.dot(x, 2.0),
            lambda x: np.dot(x, np.ones((2, x.shape[-1], 2))),
            lambda x: np.dot(
                np.ones((2, x.shape[-1])),
                np.swapaxes(np.atleast_3d(np.atleast_2d(x)), -1, -2).reshape(-1, x.shape[-1]).T,
            ),
        ],
    ),
    "inner": (1, [lambda x: np.inner(x, x), lambda x: np.inner(x, 3.0)]),
    "vdot": (1, [lambda x: np.vdot(x, x), lambda x: np.vdot(x, np.ones(x.shape))]),
    "outer": (
        1,
        [
            lambda x: np.outer(x, x),
            lambda x: np.multiply.outer(x, x[:1]),
            lambda x: np.add.outer(x, np.ones(2)),
        ],
    ),
    "tensordot": (
        2,
        [
            lambda x: np.tensordot(x, x, axes=x.ndim),
            lambda x: np.tensordot(x, np.ones((2, x.shape[0])), axes=(0, 1)),
            lambda x: np.tensordot(x, x, axes=((0, 1), (0, 1))),
            lambda x: np.tensordot(x, x, axes=0),
        ],
    ),
    "kron": (1, [lambda x: np.kron(x, x), lambda x: np.kron(np.ones((2, 2)), x)]),
    "cross": (1, [lambda x: np.cross(x[..., :1] * np.array([1.0, 2, 3]), np.sin(x[..., :1] + np.arange(3)))]),
    "einsum": (
        2,
        [
            lambda x: np.einsum("ij,kj->ik", x.reshape(len(x), -1), x.reshape(len(x), -1)),
            lambda x: np.einsum("...i,...i", x, x),
            lambda x: np.einsum("i...->...", x),
            lambda x: np.einsum("ij->j", x.reshape(len(x), -1)),
            lambda x: np.einsum("ij,j", x.reshape(-1, x.shape[-1]), x[0].reshape(-1, x.shape[-1])[0]),
            lambda x: np.einsum("ii->i", np.outer(x, x)),
            lambda x: np.einsum(
                "iij,j->i", np.ones((2, 2, x.shape[-1])) * x.reshape(-1, x.shape[-1])[0], np.ones(x.shape[-1])
            ),
            lambda x: np.einsum(x, [Ellipsis, 0], np.ones((x.shape[-1], 2)), [0, 1], [Ellipsis, 1]),
            lambda x: np.einsum("i,j,k->kij", x.ravel()[:2], x.ravel(), x.ravel()[:1], optimize=True),
            lambda x: np.einsum("...ij,...jk->...ik", x[:1], np.swapaxes(x, -1, -2)) if x.ndim > 2 else x * x,
        ],
    ),
    "vecdot": (
        1,
        [lambda x: np.sum(x * x, -1)] + ([lambda x: np.vecdot(x, x)] if hasattr(np, "vecdot") else []),
    ),
    "matvec": (
        2,
        [lambda x: np.matvec(x, np.ones(x.shape[-1])) * 2, lambda x: np.vecmat(np.ones(x.shape[-2]), x)]
        if hasattr(np, "matvec")
        else [],
    ),
    # Order.
    "cumsum": (
        1,
        [np.cumsum, lambda x: x.cumsum(0), lambda x: np.cumsum(x, axis=-1), lambda x: np.add.accumulate(x)],
    ),
    "cumprod": (1, [np.cumprod, lambda x: x.cumprod(0), lambda x: np.multiply.accumulate(x)]),
    "cumulative_sum": (1, [lambda x: np.cumsum(x)]),
    "sort": (1, [np.sort, lambda x: np.sort(x, axis=0), lambda x: np.sort(x, axis=None)]),
    "diff": (1, [np.diff, lambda x: np.diff(np.concatenate([x, x * x]), axis=0, n=2)]),
    "ediff1d": (1, [np.ediff1d]),
    # Matrices.
    "linalg.norm": (
        1,
        [
            lambda x: np.linalg.norm(x.ravel()),
            lambda x: np.linalg.norm(x, axis=-1),
            lambda x: np.linalg.norm(x, 1, axis=0, keepdims=True),
            lambda x: np.linalg.norm(x, np.inf, axis=-1),
            lambda x: np.linalg.norm(x, 3, axis=0),
            lambda x: np.linalg.norm(np.stack([x.ravel(), x.ravel() + 1]), "fro"),
        ],
    ),
    "linalg.inv": (1, [lambda x: np.linalg.inv(np.outer(x, x) + 3 * np.eye(x.size))]),
    "linalg.det": (1, [lambda x: np.linalg.det(np.outer(x, x) + 2 * np.eye(x.size))]),
    "linalg.slogdet": (1, [lambda x: np.linalg.slogdet(np.outer(x, x) + 2 * np.eye(x.size))[1]]),
    "linalg.solve": (
        1,
        [
            lambda x: np.linalg.solve(np.outer(x, x) + 2 * np.eye(x.size), x.ravel()),
            lambda x: np.linalg.solve(np.outer(x, x) + 2 * np.eye(x.size), np.ones((x.size, 2))),
        ],
    ),
    "linalg.multi_dot": (
        1,
        [lambda x: np.linalg.multi_dot([np.outer(x, x), np.ones((x.size, 2)), np.ones((2, 3))])],
    ),
}
