"""
The fields of a snapshot, one by one: which differ, how they travel, and how they are put together again.

A field is named by the attributes that lead to it: "arch", "training.algorithm". The flat vectors of parameters travel
as they are; the architecture at the other end says what is where.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import Any

import numpy as np
from attrs import evolve, fields

from ..errors import FormatError
from ..params import Params
from ..typing import Data
from .net import Net
from .records import hints, part_from_data, part_to_data
from .stats import Stats
from .stats_by_epoch import stats_from_data, stats_to_data
from .training import Training

OF_NET = tuple(field.name for field in fields(Net) if field.name != "training")
OF_TRAINING = tuple(f"training.{field.name}" for field in fields(Training))
ALL = OF_NET + OF_TRAINING

LEARNT = ("params", "kept", "training.state")
"""What belongs together and is large."""
TOLD = ("training.stats", "training.status", "version")
"""What training itself changes all the time."""
STATS = "training.stats"
VECTORS = {"params": "layout", "kept": "keeps"}
"""Fields with flat vectors, and what the architecture calls their layouts."""


GET = {name: attrgetter(name) for name in ALL}
"""What reads each field of a snapshot."""


def get(net: Net, name: str) -> Any:
    """Return a field of a snapshot."""
    return GET[name](net)


def changed(old: Net, new: Net) -> list[str]:
    """Return the names of the fields that differ; arrays are not compared, but whether they are the same objects."""
    names = OF_NET if old.training is new.training else ALL
    return [
        name for name in names if (a := GET[name](old)) is not (b := GET[name](new)) and _differ(name, a, b)
    ]


def learnt(old: Net, new: Net) -> list[str]:
    """Return the names of what was learnt from one to the other."""
    return [name for name in LEARNT if GET[name](old) is not GET[name](new)]


def replaced(net: Net, values: Mapping[str, Any]) -> Net:
    """
    Return ``net`` with other values of some fields.

    Raises:
        SynapseError: If they do not fit together.
    """
    inner = {name.partition(".")[2]: value for name, value in values.items() if name.startswith("training.")}
    outer = {name: value for name, value in values.items() if not name.startswith("training.")}
    if inner:
        outer["training"] = evolve(net.training, **inner)
    return evolve(net, **outer) if outer else net


def fields_to_data(
    net: Net,
    names: Collection[str],
    arrays: dict[str, np.ndarray],
    prefix: str = "",
    told: Stats | None = None,
) -> Data:
    """
    Return some fields as plain data.

    Args:
        net: The snapshot.
        names: Which fields.
        arrays: Where arrays are put.
        prefix: What the names of arrays begin with.
        told: The statistics that were told last, from which on they are told.

    Raises:
        OptionError: If one cannot be written down.
    """
    data: dict[str, Data] = {}
    for name in names:
        value, path = get(net, name), prefix + name
        if name in VECTORS:
            arrays[path] = value.flat
            data[name] = path
        elif name == STATS:
            data[name] = stats_to_data(value, told, arrays, path)
        else:
            data[name] = part_to_data(_hint(name), value, path, arrays)
    return data


def fields_from_data(
    data: Any, arrays: dict[str, np.ndarray], arch: Any, prefix: str = "", told: Stats | None = None
) -> dict[str, Any]:
    """
    Return the values of the fields that `fields_to_data` took apart.

    Args:
        data: The plain data.
        arrays: The arrays; those that are used are taken out.
        arch: The architecture, where none is among the fields.
        prefix: What the names of arrays begin with.
        told: The statistics that were told last.

    Raises:
        FormatError: If something is not what it should be.
        SynapseError: If a description is unknown or refuses its fields.
    """
    if not isinstance(data, dict) or not data.keys() <= set(ALL):
        raise FormatError(f"{data!r} are no fields of a network")
    values: dict[str, Any] = {}
    if "arch" in data:
        arch = values["arch"] = part_from_data(_hint("arch"), data["arch"], prefix + "arch", arrays)
    for name, one in data.items():
        path = prefix + name
        if name in VECTORS:
            values[name] = _vector(getattr(arch, VECTORS[name], None), one, arrays)
        elif name == STATS:
            values[name] = stats_from_data(one, told, arrays, path)
        elif name != "arch":
            values[name] = part_from_data(_hint(name), one, path, arrays)
    return values


def assembled(values: Mapping[str, Any]) -> Net:
    """
    Return the snapshot with these fields, which are all there are.

    Raises:
        FormatError: If one is missing.
        SynapseError: If they do not fit together.
    """
    if missing := [name for name in ALL if name not in values]:
        raise FormatError(f"a network without {missing[0]} is none")
    training = Training(**{name.partition(".")[2]: values[name] for name in OF_TRAINING})
    return Net(training=training, **{name: values[name] for name in OF_NET})


def _vector(layout: Any, name: Any, arrays: dict[str, np.ndarray]) -> Params:
    flat = arrays.pop(name, None) if isinstance(name, str) else None
    if layout is None or flat is None or flat.ndim != 1 or flat.dtype.name not in ("float32", "float64"):
        raise FormatError(f"{name!r} is no vector of parameters")
    return Params(layout, flat)


def _hint(name: str) -> Any:
    part, _, rest = name.rpartition(".")
    return hints(Training if part else Net)[rest]


def _differ(name: str, old: Any, new: Any) -> bool:
    return name in (*LEARNT, STATS) or old != new
