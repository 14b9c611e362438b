"""Find how to normalise samples, a few megabytes at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..errors import OptionError, UnknownNameError
from .data_set import DataSet
from .normalization import KINDS, Normalization
from .weights import check_some

PIECE = 1 << 20
"""Numbers looked at together."""
WIDEST = 4096
"""The most features that are whitened: their matrix takes 128 MiB."""


def fit_normalization(data: DataSet, kind: str) -> Normalization:
    """
    Return the `Normalization` of a kind that suits samples, each as often as its weight says.

    Args:
        data: The training samples, and none of those to validate or test with. Samples that weigh 0 are left out.
        kind: "standardize", "min_max" or "whiten".

    Raises:
        UnknownNameError: If the kind is unknown.
        OptionError: If the samples are normalised already, or have too many features to be whitened.
        DataError: If every sample weighs 0.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise UnknownNameError.of("normalization", kind, KINDS)
    if data.normalization is not None:
        raise OptionError(f"these samples are normalised already, by {data.normalization!r}")
    check_some(data.weights)
    if kind == "min_max":
        low, high = _range(data)
        return Normalization(kind, low, _inverse(high - low, 0.0))
    mean = _mean(data, lambda piece: piece)
    variance = _mean(data, lambda piece: (piece - mean) ** 2)
    scale = _inverse(np.sqrt(variance), 1e-14 * np.abs(mean))
    if kind == "standardize":
        return Normalization(kind, mean, scale)
    return Normalization(kind, mean, matrix=_whitening(data, mean, scale))


def _pieces(data: DataSet) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield samples as they would be learnt, some rows (n, features) of float64 at a time, and their weights (n, 1)."""
    flat = data.x.reshape(len(data), -1)
    rows = max(1, PIECE // flat.shape[1])
    for first in range(0, len(flat), rows):
        piece = flat[first : first + rows].astype(np.float64) * data.scale
        weights = np.ones(len(piece)) if data.weights is None else data.weights[first : first + rows]
        yield piece, weights[:, None].astype(np.float64)


def _mean(data: DataSet, f: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the weighted mean of ``f`` of the samples, (features,)."""
    return np.asarray(sum((f(piece) * weights).sum(axis=0) for piece, weights in _pieces(data))) / _count(
        data
    )


def _count(data: DataSet) -> float:
    return float(len(data)) if data.weights is None else float(data.weights.sum(dtype=np.float64))


def _range(data: DataSet) -> tuple[np.ndarray, np.ndarray]:
    counted = (piece[weights[:, 0] > 0] for piece, weights in _pieces(data))
    ends = [(piece.min(axis=0), piece.max(axis=0)) for piece in counted if len(piece)]
    return np.min([low for low, _ in ends], axis=0), np.max([high for _, high in ends], axis=0)


def _inverse(spread: np.ndarray, noise: np.ndarray | float) -> np.ndarray:
    """Return 1 / spread; 0 where it is no more than rounding, so that what does not vary becomes 0."""
    flat = spread <= noise
    return np.where(flat, 0.0, 1.0 / np.where(flat, 1.0, spread))


def _whitening(data: DataSet, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return ``diag(scale) R^(-1/2)`` with the correlations R; directions without variance become 0."""
    if len(mean) > WIDEST:
        raise OptionError(f"whiten is for at most {WIDEST} features, not {len(mean)}; take standardize")
    standard = (((piece - mean) * scale, weights) for piece, weights in _pieces(data))
    correlations = sum((piece * weights).T @ piece for piece, weights in standard) / _count(data)
    variances, axes = np.linalg.eigh(correlations)
    # The rounding of float32 samples alone gives directions a variance of about 1e-14 of the largest.
    real = variances > 1e-12 * max(variances[-1], 1e-12)
    factors = np.where(real, 1.0 / np.sqrt(np.where(real, variances, 1.0)), 0.0)
    return scale[:, None] * ((axes * factors) @ axes.T)
