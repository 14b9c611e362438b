"""A network in training: its vectors, and everything that works on them for one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..algorithms import Algorithm, FullBatchAlgorithm
from ..algorithms.base import State
from ..backends import Backend
from ..data import DataSet, StreamSet, TrainingSet
from ..params import Params
from ..snapshot import Net
from ..typing import Array
from .checks import fitted_loss
from .device.captured_chunk import CapturedChunk
from .device.captured_pass import CapturedPass
from .device.dense_chunk import DeviceChunk
from .evaluation import CAPACITY, ErrorValues, Evaluator, Kind
from .feeds.normalizing import pending
from .feeds.supply import Supply, feed_of
from .joint import Joint
from .moves import Moves
from .plain.chunk import Chunk
from .problem import NetworkProblem, weakly
from .program import Program
from .recording import GRADIENT_NORM, UPDATE_RATIO, recorded_kinds
from .updating import Updating
from .vectors import Vectors

LARGE = 1_000_000
"""
Parameters from which on a snapshot is given the vectors themselves, and the training goes on with copies.

Of fewer that are learnt in chunks, too, since the copies are made then only if the training does go on; programs would
have to be told of them every time.
"""

PIECE = 256
"""Steps that are laid out at a time for a device: few, so that it begins soon, but more than it takes meanwhile."""


class Engine(Vectors):
    """
    Does the work of one batch: gather, forward, backward, update, errors.

    Args:
        net: The snapshot that says what to do; its parameters are loaded.
        data: What to learn.
        backend: Where to compute.
        generator: Draws for stochastic layers.
        theta: Parameters to go on with instead of the snapshot's.
        kept: What layers keep, to go on with instead of the snapshot's.
        average: The moving average of the parameters so far.
        supply: Opens the feed; None for one of its own.
        chunks: Make a `Chunk` if there can be one.
        joint: The processes that train together; None where this one trains alone.

    Attributes:
        problem: The network as its algorithm sees it.
        feed: The batches.
        values: The errors of every sample learnt.
        classes: The labels of what is learnt, which outputs stand for; None for values.
        chunk: Learns many batches at a time; None where they must be learnt one by one.
        evaluators: Measure the network between epochs, by what they measure: "validation", "training".

    Raises:
        LossError: If the network cannot be trained by gradients of its loss. Whether network, training and data fit
            together is for whoever makes an engine to check.
    """

    def __init__(
        self,
        net: Net,
        data: TrainingSet | StreamSet,
        backend: Backend,
        generator: Any,
        *,
        theta: Array | None = None,
        kept: Array | None = None,
        average: Array | None = None,
        supply: Supply | None = None,
        chunks: bool = True,
        joint: Joint | None = None,
    ) -> None:
        super().__init__(net, backend, theta, kept)
        how, arch = net.training, net.arch
        dtype = net.params.flat.dtype
        self._loss = fitted_loss(net)
        self.classes = data.classes
        self.problem = NetworkProblem(backend, self.theta, self._evaluate, self._evaluated)
        self.feed = (supply or Supply(data, joint)).feed(net, backend)
        self._joint = joint
        self._together = joint if joint is not None and joint.every is None else None
        grad = self.problem.grad
        self._made: Program | None = None
        self._program_of = partial(
            Program,
            arch,
            backend,
            self.feed.batch,
            grad=grad,
            rng=generator,
            frozen=how.update.frozen_layers,
            kept=self.kept,
            joint=self._together,
        )
        self._shapes_of_one = arch.in_shape, arch.out_shape
        self._blank: tuple[Array, ...] | None = None
        self._update_by(Updating(how.update, self._layout, backend, self.theta, grad, average))
        self._sums_gradients = (how.algorithm.reduction or how.update.reduction) == "sum"
        kinds = recorded_kinds(net, data.classes)
        self.values = ErrorValues(backend, list(kinds), self.feed, dtype, joint)
        self._metrics = [(row, kind) for row, kind in enumerate(kinds.values()) if row and kind is not None]
        self._norm_row = list(kinds).index(GRADIENT_NORM) if GRADIENT_NORM in kinds else None
        self._ratio_row = list(kinds).index(UPDATE_RATIO) if UPDATE_RATIO in kinds else None
        self._before = None if self._ratio_row is None else backend.xp.empty_like(self.theta)
        self._total: Array | None = None
        given = net, data, self.feed, self._loss, list(kinds.values()), grad
        chunk = Chunk.of(*given) if chunks and backend.name == "numpy" else None
        self._brought: CapturedChunk | None = None
        # Where gradients go through other processes it cannot take the steps as well.
        self.chunk, self._quick = (chunk, None) if self._together is None else (None, chunk)
        self._swept: CapturedPass | None = None
        searches = isinstance(how.algorithm, FullBatchAlgorithm)
        if chunks and self._together is None and backend.kernels is not None and not searches:
            captured = net, self.feed, len(kinds), backend, self, generator
            self.chunk = DeviceChunk.of(*given, backend) or CapturedChunk.of(*captured)
            if self.chunk is None and joint is None:
                self._brought = CapturedChunk.of(*captured, resident=False)
        if searches and joint is None:
            work, changes = weakly(self._sweep_over), weakly(self._swept_changes)
            self._swept = CapturedPass.of(
                backend, self.feed, arch.in_shape, work, self.values.rows, changes, generator
            )
        if self.chunk is None:
            self._made = self._program_of(theta=self.theta)
        self.evaluators: dict[str, Evaluator] = {}
        measured = {name: kind for name, kind in kinds.items() if kind is not None}
        if data.valid is not None:
            self.evaluators["validation"] = self._evaluator(net, data.valid, measured, generator)
        if how.evaluation == "full" and isinstance(data, TrainingSet):
            self.evaluators["training"] = self._evaluator(net, data.data, measured, generator)

    @property
    def _program(self) -> Program:
        """What takes batches one by one; made when it is first needed, which where chunks are learnt it never is."""
        if self._made is None:
            self._made = self._program_of(theta=self.theta)
        return self._made

    def takes(self, moves: Moves) -> bool:
        """Return whether the chunk, if there is one, knows such steps."""
        return self.chunk is None or self.chunk.takes(moves)

    @property
    def piece(self) -> int | None:
        """How many steps of a chunk are laid out while a device takes those before; None for all that there are."""
        return PIECE if self._backend.remote else None

    def wait(self) -> None:
        """Wait until a device has learnt what it was asked to."""
        self._backend.synchronize()

    def step(self, index: int, algorithm: Algorithm, state: State) -> None:
        """Learn batch ``index``."""
        brought, rows = self._brought, self.values.rows
        if brought is not None and brought.step(index, algorithm, self.theta, state, rows):
            self._judged = (index, index + 1)
            return
        self._load(index)
        self._scale = 1.0 if self._sums_gradients else 1.0 / self.feed.size(index)
        self._learn(algorithm, state)

    def work_on(
        self, batch: tuple[Array, Array, Array | None], errors: Array, scale: float, algorithm: Any
    ) -> None:
        """
        Learn a batch that is there, whichever it is.

        Args:
            batch: Samples, targets, and how often each sample counts; None for once.
            errors: Where its errors are written, (kinds, n).
            scale: What multiplies the gradient of the sum of its losses.
            algorithm: Takes a step by the gradient, and has no state but what it holds.
        """
        self._x, self._t, self._weights = batch
        self._first, self._last, self._errors, self._scale = 0, errors.shape[1], errors, scale
        self._learn(algorithm, {})

    def _learn(self, algorithm: Any, state: State) -> None:
        """Take a step by the batch at hand, and measure."""
        if self._before is not None:
            self._before[...] = self.theta
        self._take_step(algorithm, state)
        if self._before is not None:
            self._measure_step(self._before)
        self._measure()

    @property
    def grad(self) -> Array:
        """The gradient of the batch learnt last."""
        return self.problem.grad

    def sweep(self, index: int) -> None:
        """Add batch ``index`` to the gradient over all samples; behind the last one loss and gradient are complete."""
        self._scale = 1.0 if self._sums_gradients else 1.0 / self.feed.whole
        grad, total = self.problem.grad, self._all
        if index == 0:
            total.fill(0)
        if self._swept is not None and self._swept.serves:
            self._swept.take(index)
        else:
            self._load(index)
            self._add()
        if index == self.feed.n_batches - 1:
            grad[...] = total
            self._judged = (0, self.feed.n_batches)
            if self._shapes:
                self._updating.shape_gradient()

    def _sweep_over(self, x: Array, t: Array, weights: Array | None, errors: Array) -> None:
        """Do with a batch that is there what `sweep` does with each."""
        self._x, self._t, self._weights = x, t, weights
        self._first, self._last, self._errors = 0, errors.shape[1], errors
        self._add()

    def _swept_changes(self) -> Sequence[Array]:
        return [self._all, self.kept, *self.states.values()]

    def _add(self) -> None:
        """Add the gradient of the batch at hand to that of all samples."""
        self._forward_backward()
        self._measure()
        self._backend.xp.add(self._all, self.problem.grad, out=self._all)

    @property
    def _all(self) -> Array:
        """The sum of gradients over all samples so far."""
        if self._total is None:
            self._total = self.problem.zeros()
        return self._total

    @property
    def states(self) -> Mapping[str, Array]:
        """What layers carry from batch to batch within an epoch."""
        return {} if self._made is None else self._made.states

    @property
    def states_of_all(self) -> Mapping[str, Array]:
        """The same for all samples of a batch, those of other processes included, which ask for it too."""
        joint, feed = self._joint, self.feed
        if joint is None:
            return self.states
        return {
            name: joint.gathered(value, feed.batch, feed.everywhere) for name, value in self.states.items()
        }

    def carry_on_with_part(self, states: Mapping[str, Array]) -> None:
        """Let layers go on with this process's part of `states_of_all`."""
        joint, feed = self._joint, self.feed
        if joint is not None:
            states = {name: joint.part_of(value, feed.everywhere) for name, value in states.items()}
        self.carry_on(states)

    def carry_on(self, states: Mapping[str, Array]) -> None:
        """Let layers go on with what they carried, or from nothing if that is empty."""
        if self._made is None and not states:
            return
        self._program.forget()
        self._program.restore({name: self._backend.from_host(value) for name, value in states.items()})

    @property
    def lends(self) -> bool:
        """Whether `lend` is worth its while: they lie where a snapshot's do, and are many or known to nothing else."""
        known = self._made is not None or bool(self.evaluators)
        return self._backend.name == "numpy" and (self.theta.size >= LARGE or not known)

    def lend(self) -> Params:
        """Return the parameters themselves as a value; nothing may be learnt till it works on others (`move_to`)."""
        self.theta.setflags(write=False)
        return Params(self._layout, self.theta)

    def move_to(self, theta: Array) -> None:
        """Go on with other parameters, in the same working memory."""
        self.theta = self.problem.theta = theta
        if self._made is not None:
            self._made.move_to(theta)
        self._updating.move_to(theta)
        for evaluator in self.evaluators.values():
            evaluator.move_to(theta)

    def _evaluator(self, net: Net, data: DataSet, kinds: Mapping[str, Kind], rng: Any) -> Evaluator:
        """Return what measures the errors on a data set; each process its part, if there is one for each."""
        backend, arch, dtype = self._backend, net.arch, net.params.flat.dtype
        joint = self._joint
        if joint is not None and len(data) < joint.size:
            joint = None
        feed = feed_of(backend, data, joint)(CAPACITY, arch.in_shape, dtype, pending(net, data))
        return Evaluator(arch, backend, self.theta, feed, kinds, rng, self.kept, joint)

    def _load(self, index: int) -> None:
        self._first, self._last = self.feed.span(index)
        self._judged = (index, index + 1)
        self._errors = self.values.rows[:, self._first : self._last]
        if self._together is not None:
            self._together.whole, self._together.mine = (
                self.feed.size(index),
                max(1, self._last - self._first),
            )
        if self._first < self._last and self._quick is None:
            self._x, self._t = self.feed.get(index)
            self._weights = self.feed.weights(index)

    def _evaluate(self) -> None:
        """Compute loss and gradient of the batch at hand; algorithms call it through the problem."""
        self._forward_backward()
        if self._shapes:
            self._updating.shape_gradient()

    def _evaluated(self, numbers: Sequence[Array]) -> list[float]:
        """Return what the gradient belongs to, the loss of the batches evaluated with its penalty, then numbers."""
        losses, read = self.values.losses(*self._judged, numbers)
        if self._together is not None:
            self._together.sum(losses)
        return [float(losses.sum()) * self._scale + self.penalty(), *read]

    def _forward_backward(self) -> None:
        if self._first == self._last:
            self._look_on()
        elif self._quick is not None:
            span, rows = (self._first, self._last), self.values.rows
            self._quick.gradient(*span, self._scale, self.theta, rows)
        else:
            errors = self._errors[0]
            self._y = self._program.learn(self._x, self._t, self._loss, errors, self._scale, self._weights)
        if self._together is not None:
            self._together.sum(self.problem.grad)
        if self._norm_row is not None:
            grad, xp = self.problem.grad, self._backend.xp
            self._errors[self._norm_row] = xp.sqrt(xp.dot(grad, grad))

    def _look_on(self) -> None:
        """Take part in the sums of layers, with nothing to add: of a batch that is all others'."""
        if self._together is not None and self._quick is None:
            xp, dtype = self._backend.xp, self.theta.dtype
            if self._blank is None:
                self._blank = tuple(xp.zeros((1, *shape), dtype) for shape in self._shapes_of_one)
            self._together.mute = True
            x, t = self._blank
            self._program.learn(x, t, self._loss, xp.zeros(1, dtype), 1.0)
            self._together.mute = False
        self.problem.grad.fill(0)

    def _measure_step(self, before: Array) -> None:
        """Note the length of the step beside that of the parameters it began from."""
        xp = self._backend.xp
        length = xp.sqrt(xp.dot(before, before))
        xp.subtract(self.theta, before, out=before)
        # Parameters that are all 0 have no length to compare with.
        ratio = xp.sqrt(xp.dot(before, before)) / xp.maximum(length, xp.finfo(before.dtype).tiny)
        self._errors[self._ratio_row] = ratio

    def _measure(self) -> None:
        if self._first == self._last or self._quick is not None:
            return
        if self._metrics:
            for row, metric in self._metrics:
                self._program.measure(metric, self._y, self._t, self._errors[row])
        if self._weights is not None:
            self._errors[1:] *= self._weights
