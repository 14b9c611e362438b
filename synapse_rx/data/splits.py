"""Part samples: once, or into folds for cross-validation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DataError, LabelError, OptionError
from .data_set import DataSet
from .fit import fit_normalization
from .options import Shuffle, check_batch, check_count, check_shuffle
from .samples import describe
from .trainset import TrainingSet, header_of


def split(
    data: DataSet | TrainingSet, part: int | float, *, stratified: bool | None = None, seed: int = 0
) -> tuple[DataSet, DataSet]:
    """
    Part samples into the rest and a random part, each in the order they had: ``rest, part = split(data, 0.2)``.

    Args:
        data: The samples; of a `TrainingSet` its training part.
        part: How many samples to part off, or which share of them (a float between 0 and 1).
        stratified: Give both the same share of every class (to one sample); by default where there are classes.
        seed: Where the chance comes from.

    Raises:
        DataError: If ``data`` is no data set.
        OptionError: If nothing would be left on one side, or an option is none.
        LabelError: If values are to be stratified.
    """
    samples = _samples(data)
    n = len(samples)
    count = _count(part, n)
    mixed = _mixed(samples, stratified, seed)
    # Evenly from one end of the classes to the other.
    taken = np.zeros(n, bool)
    taken[mixed[((np.arange(count) + 0.5) * (n / count)).astype(np.int64)]] = True
    return samples.take(np.flatnonzero(~taken)), samples.take(np.flatnonzero(taken))


def k_fold(
    data: DataSet | TrainingSet,
    k: int = 5,
    *,
    stratified: bool | None = None,
    seed: int = 0,
    batch: int | None = None,
    shuffle: Shuffle | None = None,
    normalize: str | None = None,
) -> Iterator[tuple[TrainingSet, DataSet]]:
    """
    Yield k pairs of a training set and the samples to test it with; every sample is tested with once.

    Args:
        data: The samples; of a `TrainingSet` its training part, and its validation part beside each fold.
        k: How many folds, at least 2.
        stratified: Give every fold the same share of every class (to one sample); by default where there are classes.
        seed: Where the chance comes from.
        batch: Samples per batch; by default that of the training set, or all.
        shuffle: As for `training_set`; by default that of the training set, or "once".
        normalize: As for `training_set`: found anew on each fold's training samples. Give raw samples for it.

    Raises:
        DataError: If ``data`` is no data set.
        OptionError: If there are fewer samples than folds, or an option is none.
        LabelError: If values are to be stratified.
    """
    samples = _samples(data)
    n, folds = len(samples), check_count("k", k, 2)
    if folds > n:
        raise OptionError(f"k={folds} folds need as many samples at least, not {n}")
    way = check_shuffle(shuffle if shuffle is not None else _own(data, "shuffle", "once"))
    size = check_batch(_own(data, "batch", None) if batch is None else batch, False, n)
    fold = np.empty(n, np.int64)
    fold[_mixed(samples, stratified, seed)] = np.arange(n) % folds
    rng = np.random.default_rng([seed, 1])
    orders = [rng.permutation(np.flatnonzero(fold != number)) for number in range(folds)]
    if not way or isinstance(data, TrainingSet):
        orders = [np.sort(order) for order in orders]
    return (
        (_fold(data, samples.take(order), size, way, seed, normalize), samples.take(fold == number))
        for number, order in enumerate(orders)
    )


def _fold(
    data: DataSet | TrainingSet, part: DataSet, batch: int, way: Shuffle, seed: int, normalize: str | None
) -> TrainingSet:
    valid = _own(data, "valid", None)
    if normalize is not None:
        how = fit_normalization(part, normalize)
        part, valid = part.normalized(how), valid and valid.normalized(how)
    options: dict[str, Any] = {"batch": min(batch, len(part)), "valid": valid}
    if isinstance(data, TrainingSet):
        old = data.header
        header = header_of(part, **options, name=old.name, type=old.type, field_size=old.field_size)
        return TrainingSet(part, **options, shuffle=way, seed=data.seed, augment=data.augment, header=header)
    return TrainingSet(part, **options, shuffle=way, seed=seed)


def _samples(data: Any) -> DataSet:
    samples = data.data if isinstance(data, TrainingSet) else data
    if not isinstance(samples, DataSet):
        raise DataError(f"a DataSet or a TrainingSet is wanted, not {describe(data)}; test_set makes one")
    return samples


def _own(data: DataSet | TrainingSet, name: str, default: Any) -> Any:
    return getattr(data, name) if isinstance(data, TrainingSet) else default


def _count(part: Any, n: int) -> int:
    if isinstance(part, float | np.floating):
        if not 0 < part < 1:
            raise OptionError(f"a share of the samples is a number between 0 and 1, not {part!r}")
        part = max(1, round(float(part) * n))
    count = check_count("part", part, 1)
    if count >= n:
        raise OptionError(f"{count} of {n} samples leaves no rest; take at most {n - 1}")
    return count


def _mixed(data: DataSet, stratified: Any, seed: Any) -> np.ndarray:
    """Return the row numbers in random order, sorted by class if stratified."""
    rng = np.random.default_rng(check_count("seed", seed, 0))
    rows = rng.permutation(len(data))
    if stratified is None:
        stratified = data.labels is not None and data.y is not None
    if not isinstance(stratified, bool | np.bool_):
        raise OptionError(f"stratified= is True, False or None, not {stratified!r}")
    if not stratified:
        return rows
    if data.labels is None or data.y is None:
        raise LabelError("stratified=True wants classes, but these targets are values; leave it out")
    return rows[np.argsort(data.y.argmax(axis=1)[rows], kind="stable")]
