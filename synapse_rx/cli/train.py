"""``synapse-rx train``."""

from __future__ import annotations

from argparse import Namespace
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from time import perf_counter
from typing import Any

from attrs import evolve

from ..errors import OptionError
from ..io import resume, save
from ..network import Evaluation, evaluate
from ..snapshot import Net
from ..subscribers import Checkpoint, learning_curve
from ..subscribers.learning_curve import check_picture
from .board import shown, stay
from .job import Job, job
from .networks import prepare
from .recipe import write_recipe
from .running import Outcome, train_job
from .status import DONE, INTERRUPTED


def train_command(options: Namespace) -> int:
    """Train, test, draw, and say so; after a Ctrl-C, too, with what was learnt till then."""
    if options.plot:
        check_picture(options.plot)  # before an hour of training, not after it
    if options.save:
        prepare(options.save)
    if options.resume and not options.checkpoint:
        raise OptionError("--resume goes on from the folder that --checkpoint names, but there is none")
    work = job(options, options.seed)
    if options.resume:
        work = evolve(work, net=resume(options.checkpoint, work.net))
    with shown(options, work) as board:
        interrupted = _learn(work, options)
        if board is not None and not interrupted:
            print(end="", flush=True)  # the result is there for whoever reads it while the page stays
            stay(options)
    return INTERRUPTED if interrupted else DONE


def _learn(work: Job, options: Namespace) -> bool:
    """Train, test, draw, and say so; return whether a Ctrl-C ended it."""
    began = perf_counter()
    with _checkpoints(options, work):
        outcome = _train(work, options)
    if options.save:
        save(outcome.net, options.save)
    _report(work, outcome.net, perf_counter() - began)
    if options.save:
        print(f"saved: {Path(options.save).resolve()}")
    if options.plot:
        _draw(outcome.net, options.plot)
    return outcome.interrupted


def _checkpoints(options: Namespace, work: Job) -> AbstractContextManager[Any]:
    if not options.checkpoint:
        return nullcontext()
    monitor = "loss" if work.data.valid is None else "validation:misclassification"
    checkpoints = Checkpoint(options.checkpoint, best=monitor)
    write_recipe(options, options.checkpoint)
    return checkpoints.attach(work.net)


def _train(work: Job, options: Namespace) -> Outcome:
    """Train till there are as many epochs as were asked for, those before a resumption included."""
    left = work.epochs - work.net.value.training.stats.epochs
    if left <= 0:
        return Outcome(work.net.value, interrupted=False)
    return train_job(evolve(work, epochs=left), backend=options.backend, quiet=options.quiet)


def _report(work: Job, snapshot: Net, seconds: float) -> None:
    stats = snapshot.training.stats
    result = evaluate(snapshot, work.test)
    epochs = f"{stats.epochs} epoch{'s' if stats.epochs != 1 else ''}"
    print(f"{snapshot.arch}, {snapshot.params.flat.size:,} parameters, {snapshot.training.algorithm!r}")
    print(f"{snapshot.training.status} after {epochs} and {seconds:.1f} s")
    print(f"test accuracy {result.accuracy:.4f} on {result.samples:,} samples")
    if confused := _most_confused(result):
        print(f"most often taken for another: {confused}")


def _most_confused(result: Evaluation, most: int = 3) -> str:
    if result.confusion is None or result.labels is None:
        return ""
    matrix = result.confusion.copy()
    for index in range(len(matrix)):
        matrix[index, index] = 0
    order = matrix.ravel().argsort(kind="stable")[::-1][:most]
    pairs = [divmod(int(place), len(matrix)) for place in order]
    return ", ".join(
        f"{result.labels[true]} for {result.labels[taken]} ({_times(matrix[true, taken])})"
        for true, taken in pairs
        if matrix[true, taken]
    )


def _times(n: int) -> str:
    return "once" if n == 1 else "twice" if n == 2 else f"{n} times"


def _draw(snapshot: Net, path: str) -> None:
    if snapshot.training.stats.epochs:
        print(f"learning curve: {learning_curve(snapshot, path).resolve()}")
    else:
        print("no learning curve: not one epoch was complete")
