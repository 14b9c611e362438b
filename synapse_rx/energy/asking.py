"""What every question to an energy model begins with: the snapshot, its machine, samples as states."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from ..data import DataSet, TrainingSet, test_set
from ..described import brief
from ..errors import OptionError, ShapeError
from ..network.checks import check_samples
from ..network.compiled import HOST, snapshot_of
from ..network.feeds.normalizing import pending
from ..snapshot import Net
from ..typing import Array
from .energy_arch import EnergyArch
from .machine import Machine, Workplace

M = TypeVar("M", bound=Machine)


def energy_net(net: Any) -> Net:
    """
    Return the snapshot meant by a cell or a snapshot of an energy model.

    Raises:
        DataError: If it is neither.
        OptionError: If it is another network.
    """
    snapshot = snapshot_of(net)
    if not isinstance(snapshot.arch, EnergyArch):
        raise OptionError(f"this is for energy models, such as rbm(64, 32), not for {snapshot.arch}")
    return snapshot


def machine_of(net: Net, capacity: int, kind: type[M], what: str, seed: int = 0) -> M:
    """
    Return what computes with ``net`` on the host.

    Raises:
        OptionError: If it is of another kind; ``what`` says what is asked for.
    """
    loss = net.arch.fitted(net.training.loss or net.arch.default_loss())
    rng = HOST.generator([seed, 3])
    made = net.arch.machine(Workplace(HOST, capacity, net.params.flat, loss, rng=rng, kept=net.kept.flat))
    if not isinstance(made, kind):
        raise OptionError(f"{brief(net.arch)} has no {what}")
    return made


def states_of(net: Net, samples: Any) -> Array:
    """
    Return samples (N, features) as ``net`` learns them, in its type and in new memory.

    Raises:
        DataError: If they are no finite numbers.
        ShapeError: If they do not fit.
    """
    dtype = net.params.flat.dtype
    if isinstance(samples, TrainingSet):
        samples = samples.data
    data = samples if isinstance(samples, DataSet) else test_set(samples, dtype=dtype.name)
    check_samples(net, data)
    todo = pending(net, data)
    x = data.scaled(dtype.name).reshape(len(data), -1)
    return np.array(x if todo is None or data.pending is not None else todo.apply(x), dtype)


def mask_of(known: Any, shape: tuple[int, ...]) -> Array:
    """
    Return which units are known, (N, features) of bool.

    Raises:
        ShapeError: If there are not as many as units.
    """
    mask = np.asarray(known, bool)
    mask = mask.reshape(-1) if mask.size == shape[1] else mask.reshape(len(mask), -1)
    if mask.shape not in (shape, shape[1:]):
        raise ShapeError(
            f"known= says of each of {shape[1]} units whether it is known, not {np.shape(known)}"
        )
    return np.array(np.broadcast_to(mask, shape))
