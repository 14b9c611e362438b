"""What a worker is told, as messages; `Host` is what understands them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..snapshot import Net
from ..snapshot.by_field import ALL, fields_to_data
from ..snapshot.values import encode
from ..stopping import Condition
from ..typing import Data
from .messages import pack


def to_train(
    run: int,
    net: Net,
    goal: Condition,
    *,
    name: str,
    data: int,
    options: Mapping[str, Data],
    snapshots: bool,
    seen: int,
    paused: bool,
    again: bool,
    since: int,
) -> bytes:
    """
    Have a network trained.

    Args:
        run: The number of the run.
        net: What to begin with.
        goal: When it is over.
        name: What the network is called in messages there.
        data: The key of the training set.
        options: What `train` is given.
        snapshots: Whether parameters are told with everything that is published.
        seen: The number of the last edit that is in ``net``.
        paused: Whether it begins paused.
        again: Whether it was begun before, elsewhere.
        since: Epochs that the network had learnt before that.
    """
    arrays: dict[str, np.ndarray] = {}
    order = {
        "do": "train",
        "run": run,
        "name": name,
        "data": data,
        "goal": encode(goal, "epochs", {}),
        "done": max(0, net.training.stats.epochs - since) if again else 0,
        "within": again and net.training.state.position is not None,
        "options": dict(options),
        "snapshots": snapshots,
        "seen": seen,
        "paused": paused,
        "fields": fields_to_data(net, ALL, arrays),
    }
    return pack(order, arrays)


def to_edit(run: int, net: Net, names: list[str], number: int) -> bytes:
    """Have some fields of a network in training take other values."""
    arrays: dict[str, np.ndarray] = {}
    fields: Any = fields_to_data(net, names, arrays)
    return pack({"do": "edit", "run": run, "number": number, "fields": fields}, arrays)


def to_do(what: str, run: int) -> bytes:
    """Have a run stopped or cancelled, or its snapshot told; "ping" asks for nothing but an answer."""
    return pack({"do": what, "run": run})
