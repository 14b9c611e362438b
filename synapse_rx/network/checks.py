"""Does a training set fit a network? Asked once, before anything is computed or changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any
from weakref import ref

from ..activations.joined import Joined
from ..algorithms import FullBatchAlgorithm
from ..data import DataSet, StreamSet, TrainingSet
from ..errors import DataError, LabelError, OptionError, ShapeError
from ..losses import Loss
from ..remembered import remembered
from ..snapshot import Net
from ..typing import Shape
from .feeds.normalizing import pending


def check_fit(net: Net, data: TrainingSet | StreamSet) -> Loss:
    """
    Return the loss a network is trained with on ``data``, in the form its output wants.

    Raises:
        DataError: If ``data`` is nothing to train on, or normalised in another way than the network learnt.
        ShapeError: If the samples do not fit the input, or the targets the output.
        LabelError: If labels or targets do not fit the network or its loss.
        LossError: If the network cannot be trained by gradients of its loss.
        OptionError: If its algorithm cannot train this architecture, or not with these options.
    """
    if (known := _FITTED.loss(net, data)) is not None:
        return known
    if isinstance(data, StreamSet):
        _check_stream(net, data)
    elif isinstance(data, TrainingSet):
        check_samples(net, data.data)
        pending(net, data.data)
        check_targets(net, data.data)
    else:
        raise DataError(
            "train takes a TrainingSet (see training_set and load_training_set) or a StreamSet (stream_set), not "
            f"{type(data).__name__}"
        )
    if isinstance(net.training.algorithm, FullBatchAlgorithm):
        _check_same_every_epoch(net.training.algorithm.kind, data)
    check_training(net)
    return _FITTED.note(net, data, fitted_loss(net))


class _Fitted:
    """The pair that was found to fit last: a training asks when it is asked for, and again when it begins."""

    def __init__(self) -> None:
        self._last: tuple[Callable[[], Any], Callable[[], Any], Loss] | None = None

    def loss(self, net: Net, data: Any) -> Loss | None:
        """Return the loss of this very pair, if it is the one."""
        last = self._last
        return last[2] if last is not None and last[0]() is net and last[1]() is data else None

    def note(self, net: Net, data: Any, loss: Loss) -> Loss:
        """Remember a pair, but do not keep it alive."""
        self._last = ref(net), ref(data), loss
        return loss


_FITTED = _Fitted()


def fitted_loss(net: Net) -> Loss:
    """
    Return the loss a network is trained with, in the form its output wants.

    Raises:
        LossError: If the network cannot be trained by gradients of it.
    """
    own = net.training.algorithm.loss_for(net.arch.output)
    return net.arch.check_trainable(loss_of(net)) if own is None else own


def loss_of(net: Net) -> Loss:
    """Return what a network's training minimises: its algorithm's own loss, the one asked for, or the default."""
    how, arch = net.training, net.arch
    return how.algorithm.loss_for(arch.output) or how.loss or arch.default_loss()


def check_batch(net: Net, batch: DataSet) -> None:
    """
    Check that a batch of a stream can be learnt.

    Raises:
        ShapeError: If the samples do not fit the input, or the targets the output.
        LabelError: If labels or targets do not fit the network or its loss.
    """
    check_samples(net, batch)
    check_targets(net, batch)


def _check_stream(net: Net, data: StreamSet) -> None:
    pending(net, data)
    if data.sample_shape is not None:
        check_shape(net.arch.in_shape, data.sample_shape)
    if data.valid is not None:
        check_batch(net, data.valid)
    if data.labels is not None and math.prod(net.arch.out_shape) != len(data.labels):
        raise ShapeError(
            f"this network has {_numbers(net.arch.out_shape)} as output, but the stream has {len(data.labels)} "
            f"classes: {_shown(data.labels)}"
        )
    if net.labels is not None and data.labels is not None and net.labels != data.labels:
        raise LabelError(
            f"this network tells {_shown(net.labels)} apart, but the stream has {_shown(data.labels)}"
        )
    if data.labels is not None:
        _check_one_axis(net.arch.outputs)
    if net.training.evaluation == "full":
        raise OptionError(
            "evaluation='full' measures all samples over again, but those of a stream are gone; take 'running'"
        )


def _check_same_every_epoch(kind: str, data: TrainingSet | StreamSet) -> None:
    """Raise an OptionError if every epoch has samples of its own, which a full-batch algorithm cannot use."""
    wants = f"{kind} wants the same samples in every epoch, but"
    if isinstance(data, StreamSet):
        raise OptionError(f"{wants} a stream has others; take a gradient algorithm such as adam")
    if data.shuffle == "balanced":
        raise OptionError(f"{wants} shuffle='balanced' draws others; take class_weights='balanced' instead")
    if data.augment is not None:
        raise OptionError(f"{wants} augment= makes others; take a gradient algorithm such as adam")


def check_training(net: Net) -> None:
    """Raise an OptionError unless algorithm and update fit the architecture and each other."""
    algorithm, update, arch = net.training.algorithm, net.training.update, net.arch
    algorithm.check(arch)
    stats = net.training.stats
    algorithm.at(float(stats.epochs), stats.steps, stats)  # a schedule that begins badly is refused at once
    for layer, _ in update.factors:
        arch.check_layer(layer)
    if isinstance(algorithm, FullBatchAlgorithm):
        if "update_ratio" in (net.training.recorded or ()):
            raise OptionError(
                f"update_ratio is that of each batch's step, but {algorithm.kind} has one for all of them"
            )
        asked = {
            "clip_value": update.clip_value,
            "clip_norm": update.clip_norm,
            "max_norm": update.max_norm,
            "factors other than 0": [pair for pair in update.factors if pair[1] != 0],
        }
        refused = [name for name, value in asked.items() if value]
        if refused:
            raise OptionError(
                f"{algorithm.kind} searches along a line, which {' and '.join(refused)} would bend; "
                "leave them out or take a gradient algorithm such as adam"
            )


def check_samples(net: Net, data: DataSet) -> None:
    """Raise a ShapeError unless samples can be read in the network's input shape."""
    inputs = net.arch.inputs
    if data.parts.inputs and data.parts.inputs != inputs:
        raise ShapeError(
            f"this network takes {_inputs(inputs)}, but these samples are {_inputs(data.parts.inputs)}"
        )
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
    if not _reads(wanted, given):
        raise ShapeError(
            f"this network takes samples of {_numbers(wanted)}, but these have {_numbers(given)}; "
            "put their axes in order (np.moveaxis), or flatten them if the order of the numbers is right"
        )


def _reads(wanted: Shape, given: Shape) -> bool:
    """Return whether what has shape ``given`` can be read as ``wanted``, as `check_shape` says."""
    long = [tuple(size for size in shape if size != 1) for shape in (wanted, given)]
    return math.prod(wanted) == math.prod(given) and (long[0] == long[1] or min(map(len, long)) <= 1)


def check_targets(net: Net, data: DataSet) -> None:
    """
    Check that the targets can be compared with the network's outputs by its loss.

    Raises:
        ShapeError: If there are more or fewer targets than outputs.
        LabelError: If there are none, the labels are not the network's, or a value is outside what the loss takes.
        OptionError: If an option of the loss does not fit the number of outputs.
    """
    if data.y is None:
        raise LabelError("these samples have no targets; give training_set the labels as well")
    _check_outputs(net, data)
    if net.labels is not None and data.classes is not None and net.labels != data.classes:
        raise LabelError(
            f"this network tells {_shown(net.labels)} apart, but these samples are {_shown(data.classes)}"
        )
    loss = loss_of(net)
    # A loss for each output has to know where they lie; others choose by the output what they are, not what they take.
    _check_values(data, net.arch.fitted(loss) if isinstance(net.arch.output, Joined) else loss)


@remembered
def _check_values(data: DataSet, loss: Loss) -> None:
    """Ask the loss about all targets, of a data set and a loss once."""
    assert data.y is not None
    loss.check_targets(data.y)


def _check_outputs(net: Net, data: DataSet) -> None:
    """Raise a ShapeError unless there are as many targets as outputs."""
    wanted, given = tuple(map(math.prod, net.arch.outputs)), data.parts.targets
    if given and given != wanted:
        raise ShapeError(
            f"this network has outputs of {_listed(wanted)} numbers, but there are targets of {_listed(given)}"
        )
    outputs = math.prod(net.arch.out_shape)
    if data.outputs != outputs:
        hint = f" (classes {_shown(data.labels)})" if data.labels else ""
        single = "; for one output that tells two classes apart, give 0 and 1 with targets='values'"
        several = (
            f", of {_listed(wanted)} numbers, whose targets are a tuple of arrays" if len(wanted) > 1 else ""
        )
        raise ShapeError(
            f"this network has {_numbers(net.arch.out_shape)} as output{several}, but there are {data.outputs} targets "
            f"a sample{hint}{single if outputs == 1 and data.labels else ''}"
        )
    shape = data.parts.shape
    if shape and not (
        _reads(net.arch.out_shape, shape) if data.classes is None else net.arch.out_shape == shape
    ):
        raise ShapeError(
            f"this network has {_numbers(net.arch.out_shape)} as output, but each sample's targets have "
            f"{_numbers(shape)}; put their axes in order (np.moveaxis)"
        )
    if not shape:
        _check_one_axis([s for s, known in zip(net.arch.outputs, _classes(data), strict=False) if known])


def _check_one_axis(outputs: Iterable[Shape]) -> None:
    """Raise a ShapeError unless outputs that are compared with one class a sample have one axis."""
    for shape in outputs:
        if len(shape) != 1:
            raise ShapeError(
                f"this network has {_numbers(shape)} as output, but each sample is of one class; give it outputs of "
                "one axis, with Flatten() before their activation, or targets='steps' a class for every step"
            )


def _classes(data: DataSet) -> tuple[object, ...]:
    return data.parts.labels or (data.labels,)


def _inputs(shapes: tuple[Shape, ...]) -> str:
    return (
        f"{len(shapes)} inputs of {_listed(shapes)}" if len(shapes) > 1 else f"one input of {_listed(shapes)}"
    )


def _listed(items: tuple[object, ...]) -> str:
    return " and ".join(map(str, items))


def _numbers(shape: Shape) -> str:
    sizes = " x ".join(map(str, shape))
    return f"{sizes} numbers" if len(shape) == 1 else f"shape ({sizes})"


def _shown(labels: tuple[object, ...] | None) -> str:
    names = [repr(label) for label in labels or ()]
    return ", ".join(names if len(names) <= 12 else [*names[:5], "...", names[-1]])
