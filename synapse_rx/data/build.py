"""Make training and test sets from samples and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ..errors import OptionError, ShapeError
from ..frozen import is_mapped
from .data_set import DataSet
from .fit import fit_normalization
from .normalization import Normalization
from .options import (
    Shuffle,
    check_batch,
    check_censored,
    check_choice,
    check_count,
    check_dtype,
    check_labels,
    check_nvalid,
    check_shuffle,
)
from .parts import Parts, encode_targets, join_samples
from .samples import to_samples
from .targets import Targets
from .trainset import Augment, TrainingSet, header_of
from .weights import check_some, of_classes


def training_set(
    samples: Any,
    labels: Any,
    *,
    name: str | None = None,
    type: str | None = None,
    field_size: Sequence[int] | None = None,
    nvalid: int = 0,
    valid: DataSet | tuple[Any, Any] | None = None,
    batch: int | None = None,
    online: bool = False,
    shuffle: Shuffle = "once",
    seed: int = 0,
    targets: Targets = "auto",
    dtype: str = "float32",
    scale: float = 1.0,
    weights: Any = None,
    class_weights: Mapping[Any, float] | str | None = None,
    censored: bool = False,
    normalize: str | Normalization | None = None,
    augment: Augment | None = None,
) -> TrainingSet:
    """
    Make a `TrainingSet` from ``samples`` and their ``labels``.

    Args:
        samples: Numbers (N, *sample_shape); of a network with several inputs a tuple of arrays, one for each. Copied,
            never changed; those in a file that is mapped read-only stay in it,
            unless they are to be of another type, normalised, or shuffled before some are parted off.
        labels: One label per sample, targets (N, outputs) or of more axes, such as (N, steps, outputs) for an output
            at every step, or None if there is nothing to aim at; for a network with several outputs a tuple of arrays,
            one for each.
        name: What to call the set.
        type: What a sample is, such as "grayscale-image"; for display only.
        field_size: How to lay a sample out for the eye. Default: its own shape, or the most square one.
        nvalid: Number of samples, the last ones after shuffling, that are kept for validation.
        valid: Validation samples and labels of their own (or a `DataSet` made like the training data).
        batch: Samples per batch. Default: all. The last batch may be smaller.
        online: Learn from each sample on its own: ``batch=1``.
        shuffle: "once", before the validation samples are parted off; "epoch", also anew for every epoch;
            "balanced", like that with every class equally often in every epoch; False keeps the order given.
        seed: What every shuffle follows from.
        targets: "classes" (one-hot, by sorted label), "values" (the numbers themselves), or "auto": text,
            integers and booleans in one dimension are classes, floats and two dimensions or more are values; or
            "steps" for a class at every step, (N, steps).
        dtype: "float32", "float64", or "uint8" to keep 8-bit samples as they are.
        scale: What samples are multiplied by when learnt, such as 1/255 for 8-bit images.
        weights: How often each sample counts, (N,): 2 like two samples, 0 like none. Validation samples keep theirs.
        class_weights: How often a training sample counts by its class, on top of that: a mapping from labels to
            weights, or "balanced" to let every class count the same.
        censored: Targets (N, outputs) may be NaN where they are missing; train with a `Censored` loss.
        normalize: "standardize", "min_max" or "whiten", found on the training samples alone; or a `Normalization`. The
            network keeps it and does the same to samples it is asked about.
        augment: A function of the samples of a batch (N, *sample_shape), as they are stored, and a generator; returns
            samples of the same shape and type, which are learnt instead. Called on threads beside the training, for
            every batch of every epoch; see `synapse_rx.data.augmentations`. A list of such functions is done in turn.

    Raises:
        DataError: If the samples are empty, ragged, not finite, not numbers or do not fit ``dtype``, or the weights
            do not fit the samples.
        LabelError: If the labels do not fit the samples, are mixed, not finite or all the same.
        OptionError: If an option is unknown or out of range.
    """
    shuffle = check_shuffle(shuffle)
    everything = _data_set(samples, labels, None, targets, dtype, scale, weights, censored)
    n = len(everything)
    if valid is not None and nvalid:
        raise OptionError("nvalid= parts validation samples off, valid= brings its own; pass one of them")
    split = n - check_nvalid(nvalid, n)
    # What every epoch shuffles anyway need not be read into memory for it.
    in_file = is_mapped(everything.x) and shuffle != "once" and split == n
    if shuffle and not in_file:
        everything = everything.take(_shuffled(n, seed))
    data = _weighted(everything[:split], class_weights)
    held_out = everything[split:] if split < n else _validation(valid, everything, targets)
    if normalize is not None:
        how = normalize if isinstance(normalize, Normalization) else fit_normalization(data, normalize)
        data, held_out = data.normalized(how), held_out and held_out.normalized(how)
    size = check_batch(batch, online, split)
    header = header_of(data, held_out, size, name=name, type=type, field_size=field_size)
    return TrainingSet(
        data, batch=size, valid=held_out, shuffle=shuffle, seed=seed, augment=augment, header=header
    )


def test_set(
    samples: Any,
    labels: Any = None,
    *,
    known_labels: Sequence[Any] | None = None,
    shuffle: bool = False,
    seed: int = 0,
    targets: Targets = "auto",
    dtype: str = "float32",
    scale: float = 1.0,
    weights: Any = None,
    censored: bool = False,
) -> DataSet:
    """
    Make a `DataSet` to test with; its order is kept unless ``shuffle`` is asked for.

    Args:
        samples: As for `training_set`.
        labels: As for `training_set`, or None.
        known_labels: The labels of the training set, whose order the targets follow: ``trset.labels``; for several
            outputs a tuple with those of each, ``trset.data.classes``.
        shuffle: Shuffle once.
        seed: What the shuffle follows from.
        targets: As for `training_set`.
        dtype: As for `training_set`.
        scale: As for `training_set`.
        weights: As for `training_set`.
        censored: As for `training_set`.

    Raises:
        DataError: As `training_set`.
        LabelError: As `training_set`, and if a label is not among ``known_labels``.
    """
    if not isinstance(shuffle, bool | np.bool_):
        raise OptionError(f"shuffle= of a test set is True or False, not {shuffle!r}")
    known = check_labels("known_labels", known_labels)
    data = _data_set(samples, labels, known, targets, dtype, scale, weights, censored)
    return data.take(_shuffled(len(data), seed)) if shuffle else data


test_set.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]  # pytest takes it for a test


def _data_set(
    samples: Any,
    labels: Any,
    known: tuple[Any, ...] | None,
    targets: Any,
    dtype: Any,
    scale: Any,
    weights: Any = None,
    censored: Any = False,
) -> DataSet:
    kind = check_dtype(dtype)
    joined, inputs = join_samples(samples)
    x = to_samples(joined, kind)
    check_choice("targets", targets, ("auto", "classes", "values", "steps"))
    if labels is None:
        return DataSet(x, labels=known, scale=scale, weights=weights, censored=censored, parts=Parts(inputs))
    encoded, parts = encode_targets(
        labels, len(x), targets=targets, known=known, dtype=kind, censored=check_censored(censored)
    )
    parts = attrs.evolve(parts, inputs=inputs)
    return DataSet(x, encoded.y, encoded.labels, scale=scale, weights=weights, censored=censored, parts=parts)


def _weighted(data: DataSet, class_weights: Any) -> DataSet:
    if class_weights is not None:
        by_class = of_classes(data.y, data.labels, class_weights)
        data = attrs.evolve(data, weights=by_class if data.weights is None else data.weights * by_class)
    check_some(data.weights)
    return data


def _shuffled(n: int, seed: Any) -> np.ndarray:
    # A stream of its own: default_rng(seed) would be that of epoch 0.
    sequence = np.random.SeedSequence(check_count("seed", seed, 0), spawn_key=(0,))
    return np.random.default_rng(sequence).permutation(n)


def _validation(valid: Any, like: DataSet, targets: Targets) -> DataSet | None:
    if valid is None or isinstance(valid, DataSet):
        return valid
    if not isinstance(valid, tuple | list) or len(valid) != 2:
        raise OptionError("valid= takes a pair (samples, labels) or a DataSet")
    joined, inputs = join_samples(valid[0])
    x = to_samples(joined, like.x.dtype.name)
    if x.shape[1:] != like.sample_shape or inputs != like.parts.inputs:
        raise ShapeError(
            f"validation samples have the shape {x.shape[1:]}, training samples {like.sample_shape}"
        )
    data = _data_set(x, valid[1], like.classes, targets, like.x.dtype, like.scale, censored=like.censored)
    return attrs.evolve(data, parts=attrs.evolve(data.parts, inputs=inputs))
