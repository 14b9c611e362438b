"""Read-outs found in one piece."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ..activations import Linear
from ..atoms import Atom
from ..data.options import check_count
from ..errors import OptionError, ShapeError
from ..snapshot import Net
from .weights import activities, graph_of


def ridge_readout(
    net: Atom[Net], samples: Any, targets: Any, *, ridge: float = 1e-6, washout: int = 0
) -> Atom[Net]:
    """
    Find the weights to linear outputs by ridge regression on all samples at once, as echo-state networks do.

    The sum of squared errors and ``ridge`` times the sum of squared weights is minimised (Jaeger, 2001; Lukosevicius,
    2012, equation 9); biases count no penalty.

    Args:
        net: The cell of a network of one neuron graph; its snapshot is exchanged.
        samples: Sequences (N, steps, features), or the steps of one (steps, features).
        targets: For every step, (N, steps, outputs) or (steps, outputs).
        ridge: The penalty, >= 0.
        washout: Steps at the beginning of each sequence that do not count.

    Returns:
        The cell.

    Raises:
        OptionError: If the outputs are not linear, or something else than whole groups leads to them.
        ShapeError: If targets do not fit.
    """
    snapshot = net.value
    graph = graph_of(snapshot)
    check_count("washout", washout, 0)
    if not np.isfinite(ridge) or ridge < 0:
        raise OptionError(f"ridge= takes a number >= 0, not {ridge!r}")
    last = len(graph.groups) - 1
    leading = [one for one in graph.projections if one.target == last]
    plain = all(
        one.pattern == "all_to_all" and one.gater is None and one.trainable and one.source < last
        for one in leading
    )
    if graph.outputs != 1 or not plain or not isinstance(graph.groups[last].activation, Linear):
        raise OptionError(
            "a ridge read-out is for one group of linear outputs that whole groups before it lead to, without gates"
        )
    found = activities(snapshot, samples)
    wanted = np.asarray(targets, np.float64)
    shape = (*found[graph.groups[last].name].shape[:-1], graph.width)
    if wanted.shape != shape:
        raise ShapeError(f"targets of every step are wanted, {shape}, not {wanted.shape}")
    columns = [found[graph.groups[one.source].name] for one in leading]
    biased = graph.groups[last].bias is not None
    if biased:
        columns.append(np.ones((*shape[:-1], 1)))
    x = np.concatenate(columns, axis=-1).astype(np.float64)
    x, t = x[..., washout:, :].reshape(-1, x.shape[-1]), wanted[..., washout:, :].reshape(-1, graph.width)
    penalty = np.full(x.shape[1], float(ridge))
    if biased:
        penalty[-1] = 0.0
    # As a least-squares problem with rows for the penalty: better conditioned than the normal equations.
    rows = np.concatenate([x, np.diag(np.sqrt(penalty))])
    solution = np.linalg.lstsq(rows, np.concatenate([t, np.zeros((len(penalty), graph.width))]), rcond=None)[
        0
    ]
    values, place = {}, 0
    for one in leading:
        size = graph.groups[one.source].size
        values[f"0.{one.name}"] = solution[place : place + size].T
        place += size
    if biased:
        values[f"0.{graph.groups[last].name}_bias"] = solution[-1]
    net.swap(lambda now: evolve(now, params=now.params.replace(values)))
    return net
