"""``synapse-rx train``."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Any

from ..errors import MissingExtraError
from ..network import evaluate
from ..snapshot import Net
from ..subscribers import Progress, learning_curve
from ..subscribers.learning_curve import check_picture
from ..trainer import TrainingRun, train
from .job import Job, job


def train_command(options: Namespace) -> int:
    """Train, test, draw, and say so; Ctrl-C stops gracefully and everything else goes on."""
    if options.plot:
        check_picture(options.plot)  # before an hour of training, not after it
    work = job(options, options.seed)
    began = perf_counter()
    with _display(work, options.quiet):
        snapshot = _trained(work, options.backend)
    _report(work, snapshot, perf_counter() - began)
    if options.plot:
        if snapshot.training.stats.epochs:
            print(f"learning curve: {learning_curve(snapshot, options.plot).resolve()}")
        else:
            print("no learning curve: not one epoch was complete")
    return 0


def _trained(work: Job, backend: str | None) -> Net:
    run = train(work.net, work.data, work.epochs, backend=backend)
    try:
        return run.result()
    except KeyboardInterrupt:
        return _stopped(run)


def _stopped(run: TrainingRun) -> Net:
    run.stop()
    print("stopping; what was learnt is kept (Ctrl-C again leaves at once)", file=sys.stderr)
    return run.result()


def _display(work: Job, quiet: bool) -> AbstractContextManager[Any]:
    if quiet:
        return nullcontext()
    try:
        return Progress(work.net, epochs=work.epochs)
    except MissingExtraError as error:
        print(f"no live display: {error}", file=sys.stderr)
        return nullcontext()


def _report(work: Job, snapshot: Net, seconds: float) -> None:
    stats = snapshot.training.stats
    result = evaluate(snapshot, work.test)
    print(f"{snapshot.arch}, {snapshot.params.flat.size:,} parameters, {snapshot.training.algorithm!r}")
    print(
        f"{snapshot.training.status} after {stats.epochs} epoch{'s' if stats.epochs != 1 else ''} and {seconds:.1f} s"
    )
    print(f"test accuracy {result.accuracy:.4f} on {result.samples:,} samples")
    confused = _most_confused(result)
    if confused:
        print(f"most often taken for another: {confused}")


def _most_confused(result: Any, most: int = 3) -> str:
    matrix = result.confusion.copy()
    for index in range(len(matrix)):
        matrix[index, index] = 0
    order = matrix.ravel().argsort(kind="stable")[::-1][:most]
    pairs = [divmod(int(place), len(matrix)) for place in order]
    return ", ".join(
        f"{result.labels[true]} for {result.labels[taken]} ({matrix[true, taken]} times)"
        for true, taken in pairs
        if matrix[true, taken]
    )
