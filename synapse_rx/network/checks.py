"""Does a training set fit a network? Asked once, before anything is computed or changed."""

from __future__ import annotations

import math

import numpy as np

from ..data import DataSet, TrainingSet
from ..errors import DataError, LabelError, ShapeError
from ..losses import Loss
from ..snapshot import Net
from ..typing import Array, Shape


def check_fit(net: Net, data: TrainingSet) -> Loss:
    """
    Return the loss a network is trained with on ``data``, in the form its output wants.

    Raises:
        DataError: If ``data`` is no `TrainingSet`.
        ShapeError: If the samples do not fit the input, or the targets the output.
        LabelError: If labels or targets do not fit the network or its loss.
        LossError: If the network cannot be trained by gradients of its loss.
    """
    if not isinstance(data, TrainingSet):
        raise DataError(
            f"train takes a TrainingSet (see training_set and load_training_set), not {type(data).__name__}"
        )
    check_samples(net, data.data)
    check_targets(net, data.data)
    return net.arch.check_trainable(net.training.loss or net.arch.default_loss())


def check_samples(net: Net, data: DataSet) -> None:
    """Raise a ShapeError unless samples can be read in the network's input shape."""
    check_shape(net.arch.in_shape, data.sample_shape)


def check_shape(wanted: Shape, given: Shape) -> None:
    """
    Raise a ShapeError unless samples of shape ``given`` can be read as ``wanted``.

    Flat samples can be read in any shape of their size and the other way round, and axes of size 1 do not count.
    """
    if math.prod(wanted) != math.prod(given):
        raise ShapeError(
            f"this network takes samples of {_numbers(wanted)}, but these have {_numbers(given)}"
        )
    long = [tuple(size for size in shape if size != 1) for shape in (wanted, given)]
    if long[0] != long[1] and min(map(len, long)) > 1:
        raise ShapeError(
            f"this network takes samples of {_numbers(wanted)}, but these have {_numbers(given)}; "
            "put their axes in order (np.moveaxis), or flatten them if the order of the numbers is right"
        )


def check_targets(net: Net, data: DataSet) -> None:
    """
    Check that the targets can be compared with the network's outputs by its loss.

    Raises:
        ShapeError: If there are more or fewer targets than outputs.
        LabelError: If there are none, the labels are not the network's, or a value is outside what the loss takes.
    """
    if data.y is None:
        raise LabelError("these samples have no targets; give training_set the labels as well")
    outputs = net.arch.out_shape[-1]
    if data.outputs != outputs or len(net.arch.out_shape) != 1:
        hint = f" (classes {_shown(data.labels)})" if data.labels else ""
        single = "; for one output that tells two classes apart, give 0 and 1 with targets='values'"
        raise ShapeError(
            f"this network has {_numbers(net.arch.out_shape)} as output, but there are {data.outputs} targets a "
            f"sample{hint}{single if outputs == 1 and data.labels else ''}"
        )
    if net.labels is not None and data.labels is not None and net.labels != data.labels:
        raise LabelError(
            f"this network tells {_shown(net.labels)} apart, but these samples are {_shown(data.labels)}"
        )
    _check_range(net, data.y)


def _check_range(net: Net, y: Array) -> None:
    loss = net.training.loss or net.arch.default_loss()
    if "cross_entropy" in loss.kind and (y.min() < 0 or y.max() > 1):
        bad = np.argwhere((y < 0) | (y > 1))[0]
        raise LabelError(
            f"{loss.kind} compares probabilities, so targets must be in [0, 1], but target {int(bad[1])} of sample "
            f"{int(bad[0])} is {y[tuple(bad)]:.4g}; for values use loss='squared_error' and a linear output"
        )


def _numbers(shape: Shape) -> str:
    sizes = " x ".join(map(str, shape))
    return f"{sizes} numbers" if len(shape) == 1 else f"shape ({sizes})"


def _shown(labels: tuple[object, ...] | None) -> str:
    names = [repr(label) for label in labels or ()]
    return ", ".join(names if len(names) <= 12 else [*names[:5], "...", names[-1]])
