"""Ask a network: outputs, labels, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import cmp_using, field, frozen

from ..atoms import Atom
from ..data import DataSet, TrainingSet
from ..errors import DataError
from ..metrics import ClassificationReport, auc, confusion_matrix
from ..snapshot import Net, Slots
from ..typing import Array
from .arch import Arch
from .checks import check_samples, check_targets, loss_of
from .compiled import HOST, Inference, apart, generator, suited
from .compiled import snapshot_of as snapshot_of
from .evaluation import CAPACITY, Evaluator, error_kinds
from .feeds.feed import Feed
from .feeds.normalizing import pending


def outputs(net: Atom[Net] | Net, samples: Any) -> Any:
    """
    Return what a network answers to samples.

    Raw samples are normalised as those were that the network learnt from. To ask the same network often, `compile` it.

    Args:
        net: A cell or a snapshot.
        samples: Numbers (N, *sample_shape), of several inputs a tuple of arrays; or a `DataSet`.

    Returns:
        The outputs (N, *out_shape), in the network's type; of several outputs a tuple of arrays.

    Raises:
        DataError: If the samples are not finite numbers, or are normalised in another way already.
        ShapeError: If they do not fit the network.
    """
    return Inference(snapshot_of(net))(samples)


def estimate(net: Atom[Net] | Net, samples: Any) -> Any:
    """
    Return the label of each sample: the one with the largest output.

    Args:
        net: A cell or a snapshot.
        samples: As for `outputs`.

    Returns:
        Labels (N,), or (N, steps), if the network was trained on classes; the outputs themselves
        (N, *out_shape) if on values. Of several outputs a tuple with either for each.

    Raises:
        DataError: If the samples are not finite numbers.
        ShapeError: If they do not fit the network.
    """
    return Inference(snapshot_of(net)).estimate(samples)


@frozen(repr=False)
class Evaluation:
    """
    How well a network does on a data set.

    Attributes:
        samples: How many there were.
        errors: Mean errors by kind.
        labels: The classes, or None for values; of several outputs a tuple with either for each, or None.
        confusion: Counts (classes, classes), a row for each true class, a column for each estimated one, read-only;
            None for values.
        outputs: What the network answered, (N, *out_shape), read-only; of several outputs a tuple of arrays.
        targets: What was wanted, in the same shape, read-only; for several outputs a tuple of arrays.
    """

    samples: int
    errors: Mapping[str, float] = field(converter=Slots)
    labels: tuple[Any, ...] | None = None
    confusion: Array | None = field(default=None, eq=cmp_using(eq=np.array_equal), hash=False)
    outputs: Any = field(default=None, eq=False)
    targets: Any = field(default=None, eq=False)

    @property
    def accuracy(self) -> float:
        """
        The share of samples whose class is estimated right.

        Raises:
            DataError: If the targets are values, not classes.
        """
        if "misclassification" not in self.errors:
            raise DataError("accuracy is for classes; these targets are values: see errors")
        return 1.0 - self.errors["misclassification"]

    @property
    def report(self) -> ClassificationReport:
        """
        Precision, recall and F1 of each class, and their averages; worked out when asked for.

        Raises:
            DataError: If the targets are values, not classes.
        """
        if self.confusion is None:
            raise DataError("a report is for classes; these targets are values: see errors")
        return ClassificationReport.of(self.confusion, self.labels)

    @property
    def auc(self) -> float:
        """
        The area under the ROC curve, the mean of each class against the rest; worked out when asked for.

        Of values it is that of outputs with targets 0 and 1.

        Raises:
            DataError: If the targets are other values, the outputs are not numbers, or there is only one class.
        """
        if self.outputs is None or self.targets is None:
            raise DataError(
                "the area under the ROC curve needs outputs and targets, as evaluate() keeps them"
            )
        if isinstance(self.outputs, tuple):
            raise DataError("there are several outputs; auc(targets[0], outputs[0]) is that of the first")
        # Every step counts like a sample.
        wanted, given = (array.reshape(-1, array.shape[-1]) for array in (self.targets, self.outputs))
        return auc(wanted if self.labels is None else wanted.argmax(axis=1), given)

    def __repr__(self) -> str:
        errors = ", ".join(f"{kind} {value:.4g}" for kind, value in self.errors.items())
        return f"<Evaluation of {self.samples} samples: {errors}>"


def evaluate(net: Atom[Net] | Net, data: DataSet | TrainingSet) -> Evaluation:
    """
    Measure a network's errors on samples with targets; of weighted samples they are weighted means.

    Energy models are measured without targets, by what they record.

    Args:
        net: A cell or a snapshot.
        data: Samples with targets; of a `TrainingSet` its training part.

    Raises:
        DataError: If ``data`` is neither.
        ShapeError: If it does not fit the network.
        LabelError: If it has no targets, or other labels than the network.
    """
    snapshot = snapshot_of(net)
    if not isinstance(snapshot.arch, Arch) and hasattr(snapshot.arch, "evaluation"):
        return snapshot.arch.evaluation(snapshot, data)
    part = data.data if isinstance(data, TrainingSet) else data
    if not isinstance(part, DataSet):
        raise DataError(f"evaluate takes a DataSet with targets (see test_set), not {type(data).__name__}")
    snapshot = suited(snapshot, part.sample_shape)
    check_samples(snapshot, part)
    check_targets(snapshot, part)
    arch, theta = snapshot.arch, snapshot.params.flat
    loss = loss_of(snapshot)
    feed = Feed(HOST, part, CAPACITY, arch.in_shape, theta.dtype, pending(snapshot, part))
    kinds = error_kinds(loss, arch.output, part.classes)
    evaluator = Evaluator(arch, HOST, theta, feed, kinds, generator(snapshot), snapshot.kept.flat)
    answers = np.empty((feed.n, *arch.out_shape), theta.dtype)
    with np.errstate(all="ignore"):
        for index in range(feed.n_batches):
            evaluator.advance()
            assert evaluator.outputs is not None
            answers[slice(*feed.span(index))] = evaluator.outputs
        errors = evaluator.errors()
    answers.setflags(write=False)
    given, wanted = apart(answers, arch), apart(_like(part.y, arch), arch)
    return Evaluation(feed.n, errors, part.classes, _confusion(part, answers), given, wanted)


def _like(y: Array | None, arch: Arch) -> Any:
    if y is None or len(arch.out_shape) == 1:
        return y
    return y.reshape(len(y), *arch.out_shape)


def _confusion(data: DataSet, answers: Array) -> Array | None:
    steps = bool(data.parts.shape)
    labels = data.classes if steps else data.labels
    if labels is None or data.y is None:
        return None
    wanted, given = (array.reshape(-1, len(labels)) for array in (data.y, answers))
    counts = confusion_matrix(wanted.argmax(axis=1), given.argmax(axis=1), len(labels))
    counts.setflags(write=False)
    return counts
