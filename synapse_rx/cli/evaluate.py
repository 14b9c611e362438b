"""``synapse-rx evaluate``."""

from __future__ import annotations

from argparse import Namespace

import numpy as np

from ..errors import OptionError
from ..network import Evaluation, evaluate
from ..trainer import train
from .job import job


def evaluate_command(options: Namespace) -> int:
    """Train from several seeds; print mean and spread of the test errors, and the last run in detail."""
    if options.runs < 1:
        raise OptionError(f"--runs must be at least 1, not {options.runs}")
    results: list[Evaluation] = []
    for seed in range(options.seed, options.seed + options.runs):
        work = job(options, seed)
        train(work.net, work.data, work.epochs, backend=options.backend).result()
        results.append(evaluate(work.net, work.test))
        print(f"seed {seed}: test accuracy {results[-1].accuracy:.4f}", flush=True)
    for kind in results[-1].errors:
        errors = np.array([result.errors[kind] for result in results])
        spread = f" +- {errors.std(ddof=1):.4f}" if len(errors) > 1 else ""
        print(f"{kind}: {errors.mean():.4f}{spread}, from {errors.min():.4f} to {errors.max():.4f}")
    print(f"\nseed {options.seed + options.runs - 1}, each class:\n{results[-1].report}")
    print("\nconfusion, a row for each true class:")
    print(_table(results[-1].labels or (), results[-1].confusion))
    return 0


def _table(labels: tuple[object, ...], confusion: object) -> str:
    rows = [["", *map(str, labels)]]
    rows += [[str(label), *map(str, row)] for label, row in zip(labels, np.asarray(confusion), strict=True)]
    width = max(len(cell) for row in rows for cell in row)
    return "\n".join(" ".join(cell.rjust(width) for cell in row) for row in rows)
