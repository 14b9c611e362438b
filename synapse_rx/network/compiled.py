"""A network as a plain function of samples."""

from __future__ import annotations

from threading import local
from typing import Any

import numpy as np
from attrs import evolve

from ..activations.joined import Joined
from ..atoms import Atom
from ..backends import NumpyBackend
from ..data import DataSet, TrainingSet, test_set
from ..errors import DataError, OptionError
from ..snapshot import Net, State, Stats
from ..typing import Array, Shape
from .arch import Arch
from .checks import check_samples
from .evaluation import CAPACITY
from .feeds.conversion import Conversion
from .feeds.normalizing import pending
from .plain.quick import Quick

HOST = NumpyBackend()
"""Where networks are asked."""


def compile(net: Atom[Net] | Net) -> Inference:
    """
    Return a function that answers samples as the network does now, whatever becomes of the network.

    It holds the parameters and no state of training, needs no more than numpy, and may be called from any number of
    threads at once, with any number of samples. Working memory is made once for each thread. Asked twice, it answers
    the same, also where outputs are drawn at random.

    With the extra ``fast``, plain dense networks of float32 (linear, sigmoid, tanh, relu, softmax at the end) answer by
    machine code, which agrees with `outputs` as far as float32 allows. The compiler is loaded here, which takes a
    second once; not on the thread of an event loop, though: there it is begun on another one, for networks compiled
    later.

    Args:
        net: A cell, of which the present snapshot is taken, or a snapshot.

    Raises:
        DataError: If it is neither.
    """
    snapshot = snapshot_of(net)
    return Inference(snapshot, Quick.of(snapshot))


class Inference:
    """
    What a network answers: ``answer = compile(net)``, then ``answer(samples)`` or ``answer.estimate(samples)``.

    Args:
        net: The snapshot.
        quick: Answers in its place what it can.

    Attributes:
        labels: The classes in the order of the outputs; None for values; of several outputs a tuple with either for
            each.
        in_shape: The shape of one sample.
        out_shape: The shape of one output.
        dtype: The type of parameters and outputs.
    """

    def __init__(self, net: Net, quick: Quick | None = None) -> None:
        self.labels = net.labels
        self.in_shape: Shape = net.arch.in_shape
        self.out_shape: Shape = net.arch.out_shape
        self.dtype: np.dtype[Any] = net.params.flat.dtype
        how = net.training
        # Only what tells whether it has learnt is kept of its training, so that the rest can be forgotten.
        self._net = evolve(net, training=evolve(how, state=State(), stats=Stats(steps=how.stats.steps)))
        self._quick = quick
        self._threads = local()
        self._others: dict[Shape, Inference] = {}

    def __call__(self, samples: Any) -> Any:
        """
        Return what the network answers to samples.

        Raw samples are normalised as those were that the network learnt from.

        Args:
            samples: Numbers (N, *in_shape), of several inputs a tuple of arrays; or a `DataSet`.

        Returns:
            The outputs (N, *out_shape), in the network's type; of several outputs a tuple of arrays.

        Raises:
            DataError: If the samples are not finite numbers, or are normalised in another way already.
            ShapeError: If they do not fit the network.
        """
        quick = self._quick(samples) if self._quick is not None else None
        if quick is not None:
            return quick
        if self._is_ready(samples):
            return self._answers(samples, None)
        data = _samples(samples, self._net.arch, self.dtype)
        other = self._suited(data.sample_shape)
        if other is not None:
            return other(data)
        check_samples(self._net, data)
        x, todo = data.x.reshape(len(data), *self.in_shape), pending(self._net, data)
        if x.dtype == self.dtype and data.scale == 1.0 and todo == self._net.normalization:
            return self._answers(x, None)
        capacity = min(len(x), CAPACITY)
        own = Conversion(HOST, x.dtype, data.scale, todo, capacity, self.in_shape, self.dtype)
        return self._answers(x, own)

    def estimate(self, samples: Any) -> Any:
        """
        Return the label of each sample: the one with the largest output.

        Args:
            samples: As for a call.

        Returns:
            Labels (N,), or (N, steps), if the network was trained on classes; the outputs themselves
            (N, *out_shape) if on values. Of several outputs a tuple with either for each.

        Raises:
            DataError: If the samples are not finite numbers.
            ShapeError: If they do not fit the network.
        """
        answer = self(samples)
        if self.labels is None:
            return answer
        if isinstance(answer, tuple):
            return tuple(map(_of_classes, answer, self.labels))
        return _of_classes(answer, self.labels)

    def __repr__(self) -> str:
        return f"<Inference {self._net.arch!r}>"

    def _suited(self, shape: Shape) -> Inference | None:
        """Return what answers samples of a shape, where that is another network; None where it is this one."""
        net = suited(self._net, shape)
        if net is self._net:
            return None
        found = self._others.get(shape)
        if found is None:
            found = Inference(net)
            self._others = {shape: found}  # samples of one shape mostly come together
        return found

    def _is_ready(self, samples: Any) -> bool:
        """Return whether samples can be taken as they are, without being looked at one by one."""
        if type(samples) is not np.ndarray or samples.dtype != self.dtype or not samples.flags.c_contiguous:
            return False
        if samples.shape[1:] != self.in_shape or not len(samples):
            return False
        with np.errstate(all="ignore"):  # samples whose sum overflows are only looked at more closely
            return bool(np.isfinite(samples.sum()))

    def _answers(self, x: Array, conversion: Conversion | None) -> Any:
        """Return the outputs for samples (N, *in_shape), by default still to be normalised."""
        memory = self._memory(min(len(x), CAPACITY))
        answer = np.empty((len(x), *self.out_shape), self.dtype)
        memory.begin()
        with np.errstate(all="ignore"):
            for first in range(0, len(x), CAPACITY):
                batch = (conversion or memory.conversion)(x[first : first + CAPACITY])
                answer[first : first + CAPACITY] = memory.program.forward(batch)
        return apart(answer, self._net.arch)

    def _memory(self, n: int) -> _Memory:
        """Return this thread's memory, for at least n samples."""
        memory: _Memory | None = getattr(self._threads, "memory", None)
        if memory is None or memory.capacity < n:
            # Twice as large as the last one at least, so that there are few of them.
            capacity = n if memory is None else min(CAPACITY, max(n, 2 * memory.capacity))
            memory = self._threads.memory = _Memory(self._net, capacity)
        return memory


class _Memory:
    """What one thread works in."""

    def __init__(self, net: Net, capacity: int) -> None:
        arch, theta = net.arch, net.params.flat
        self.capacity = capacity
        self._rng = generator(net)
        self._beginning = HOST.generator_state(self._rng)
        self.program = arch.program(HOST, capacity, theta, rng=self._rng, kept=net.kept.flat)
        self.conversion = Conversion(
            HOST, theta.dtype, 1.0, net.normalization, capacity, arch.in_shape, theta.dtype
        )

    def begin(self) -> None:
        """Forget what was asked before."""
        HOST.restore(self._rng, self._beginning)
        self.program.forget()


def snapshot_of(net: Atom[Net] | Net) -> Net:
    """
    Return the snapshot meant: itself, or the present one of a cell.

    Raises:
        DataError: If it is neither.
    """
    snapshot = net if isinstance(net, Net) else getattr(net, "value", None)
    if not isinstance(snapshot, Net):
        raise DataError(f"a network is wanted, a cell or a snapshot, not {type(net).__name__}")
    return snapshot


def layered(net: Atom[Net] | Net) -> Net:
    """
    Return the snapshot meant, which must be of a network of layers.

    Raises:
        DataError: If it is no network.
        OptionError: If it is another one, such as an energy model.
    """
    snapshot = snapshot_of(net)
    if not isinstance(snapshot.arch, Arch):
        raise OptionError(f"this is for networks of layers, and {snapshot.arch} is none")
    return snapshot


def suited(net: Net, sample_shape: Shape | None) -> Net:
    """Return ``net`` as it takes samples of a shape: as it is, unless its architecture takes several."""
    suit = getattr(net.arch, "suited", None)
    return net if suit is None else suit(net, sample_shape)


def apart(answer: Array, arch: Arch) -> Any:
    """Return outputs as they are; several ones, joined to rows, as a tuple."""
    output = arch.output
    if not isinstance(output, Joined):
        return answer
    if len(output.shapes) == 1:
        return answer.reshape(len(answer), *output.shapes[0])
    return tuple(
        answer[:, span].reshape(len(answer), *shape)
        for span, shape in zip(output.spans, output.shapes, strict=True)
    )


def generator(net: Net) -> Any:
    """Return a generator of its own for stochastic layers: asking a network never changes it."""
    return HOST.generator([net.training.seed, 2])


def _samples(samples: Any, arch: Arch, dtype: Any) -> DataSet:
    if isinstance(samples, TrainingSet):
        return samples.data
    if isinstance(samples, DataSet):
        return samples
    n = len(arch.inputs)
    if n > 1 and isinstance(samples, (tuple, list)) and len(samples) == n:
        samples = tuple(np.asarray(one) for one in samples)
    return test_set(samples, dtype=dtype.name)


def _of_classes(answer: Array, labels: tuple[Any, ...] | None) -> Array:
    return answer if labels is None else _named(labels)[answer.argmax(axis=-1)]


def _named(labels: tuple[Any, ...]) -> Array:
    """Return labels as an array that keeps each as it is: no text for numbers among texts, no table for tuples."""
    array = np.empty(len(labels), object)
    array[:] = labels
    plain = np.asarray(labels) if len({type(label) for label in labels}) == 1 else array
    return plain if plain.ndim == 1 else array
