"""``synapse-rx evaluate``."""

from __future__ import annotations

import sys
from argparse import Namespace

import numpy as np

from ..data import load_test_set
from ..errors import OptionError
from ..network import Evaluation, evaluate
from ..snapshot import Net
from .job import job
from .networks import read_network
from .running import LeaveAtOnce, train_job
from .status import DONE, INTERRUPTED


def evaluate_command(options: Namespace) -> int:
    """Evaluate the network in a file; or train from several seeds, with mean and spread, and the last run in detail."""
    if options.file is not None:
        return _evaluate_file(options)
    if options.runs < 1:
        raise OptionError(f"--runs must be at least 1, not {options.runs}")
    results: list[Evaluation] = []
    finished = _evaluate_all(options, results)
    if results:
        _report(results, options.seed + len(results) - 1)
    return DONE if finished else INTERRUPTED


def _evaluate_file(options: Namespace) -> int:
    net = read_network(options.file)
    result = evaluate(net, load_test_set(options.data))
    print(f"{net.arch}, {_history(net)}")
    if "misclassification" in result.errors:
        print(f"test accuracy {result.accuracy:.4f} on {result.samples:,} samples")
    for kind, error in result.errors.items():
        print(f"{kind}: {error:.4f}")
    if result.confusion is not None:
        _print_classes(result)
    return DONE


def _history(net: Net) -> str:
    epochs = net.training.stats.epochs
    if not epochs and net.training.status == "idle":
        return "not trained here"
    return f"{net.training.status} after {epochs} epoch{'s' if epochs != 1 else ''}"


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
    print(f"\nseed {seed}, each class:", end="")
    _print_classes(results[-1])


def _print_classes(result: Evaluation) -> None:
    print(f"\n{result.report}")
    print("\nconfusion, a row for each true class:")
    print(_table(result.labels or (), result.confusion))


def _table(labels: tuple[object, ...], confusion: object) -> str:
    rows = [["", *map(str, labels)]]
    rows += [[str(label), *map(str, row)] for label, row in zip(labels, np.asarray(confusion), strict=True)]
    width = max(len(cell) for row in rows for cell in row)
    return "\n".join(" ".join(cell.rjust(width) for cell in row) for row in rows)
