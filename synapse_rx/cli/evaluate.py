"""``synapse-rx evaluate``."""

from __future__ import annotations

import sys
from argparse import Namespace

import numpy as np

from ..errors import OptionError
from ..network import Evaluation, evaluate
from .job import job
from .running import LeaveAtOnce, train_job
from .status import DONE, INTERRUPTED


def evaluate_command(options: Namespace) -> int:
    """Train from several seeds; print mean and spread of the test errors, and the last run in detail."""
    if options.runs < 1:
        raise OptionError(f"--runs must be at least 1, not {options.runs}")
    results: list[Evaluation] = []
    finished = _evaluate_all(options, results)
    if results:
        _report(results, options.seed + len(results) - 1)
    return DONE if finished else INTERRUPTED


def _evaluate_all(options: Namespace, results: list[Evaluation]) -> bool:
    """Put the evaluation of every run into ``results``; return False if Ctrl-C came before the last."""
    for seed in range(options.seed, options.seed + options.runs):
        try:
            result = _evaluate(options, seed)
        except LeaveAtOnce:
            raise
        except KeyboardInterrupt:
            result = None
        if result is None:
            print(f"the run from seed {seed} was not finished and does not count", file=sys.stderr)
            return False
        results.append(result)
        print(f"seed {seed}: test accuracy {result.accuracy:.4f}", flush=True)
    return True


def _evaluate(options: Namespace, seed: int) -> Evaluation | None:
    work = job(options, seed)
    outcome = train_job(work, backend=options.backend, quiet=options.quiet)
    return None if outcome.interrupted else evaluate(outcome.net, work.test)


def _report(results: list[Evaluation], seed: int) -> None:
    for kind in results[0].errors:
        errors = np.array([result.errors[kind] for result in results])
        spread = f" +- {errors.std(ddof=1):.4f}" if len(errors) > 1 else ""
        print(f"{kind}: {errors.mean():.4f}{spread}, from {errors.min():.4f} to {errors.max():.4f}")
    print(f"\nseed {seed}, each class:\n{results[-1].report}")
    print("\nconfusion, a row for each true class:")
    print(_table(results[-1].labels or (), results[-1].confusion))


def _table(labels: tuple[object, ...], confusion: object) -> str:
    rows = [["", *map(str, labels)]]
    rows += [[str(label), *map(str, row)] for label, row in zip(labels, np.asarray(confusion), strict=True)]
    width = max(len(cell) for row in rows for cell in row)
    return "\n".join(" ".join(cell.rjust(width) for cell in row) for row in rows)
