"""Models of Keras as networks."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from ...algorithms import Algorithm
from ...atoms import Atom
from ...errors import FormatError, SynapseError
from ...layers import Layer
from ...snapshot import Net, Training
from ..assembly import Axis, Body, Join, Step, Value, assemble, named, sequence
from ..assembly.body import combined
from ..assembly.graph import unknown
from .file import read_file
from .layers import MERGES, TRANSLATIONS
from .library import check_library
from .model import read_model


def import_keras(path: str | PathLike[str], training: Training | Algorithm | str = "backprop") -> Atom[Net]:
    """
    Read a network from a file of Keras, ready to be trained on: ``.keras``, or ``.h5`` with a whole model.

    Keras has channels last; here they are first. Kernels are turned round, and the weights behind a Flatten are put in
    the order that their inputs have here, so that samples of Keras are given as ``x.transpose(0, 3, 1, 2)``. Weights
    land in `Params` by layer ("0.W"), running means in ``net.kept``. Nothing in the file is executed.

    Args:
        path: The file.
        training: How to train it on, as for `neural_net`; what Keras trained it by is left out.

    Raises:
        FormatError: If it is no such file, damaged, or has layers that are not supported; the message lists them.
        OptionError: If the training does not fit the network.
        MissingExtraError: If the package h5py is not installed.
        OSError: If it cannot be read at all.
    """
    check_library()
    content = Path(path).read_bytes()
    with named(path, OSError, RuntimeError):  # as h5py does
        model = read_model(*read_file(content))
        known = {**TRANSLATIONS, **MERGES}
        if found := unknown(model.nodes, known):
            raise FormatError(f"these layers are not supported: {found}")
        value = Value.entering(model.sizes, channels_last=model.channels_last)
        body = Body(root=True)
        _read(sequence(model.nodes, model.start, model.end), value, body)
        return assemble(value.shape, body, training)


def _read(steps: Sequence[Step | Join], value: Value, body: Body) -> Value:
    for step in steps:
        try:
            if isinstance(step, Join):
                value = _joined(step, value, body)
            elif step.node.op in TRANSLATIONS:
                value = TRANSLATIONS[step.node.op](step, value, body)
            else:
                raise FormatError("several inputs are wanted")
        except _Named:
            raise
        except SynapseError as error:
            raise _Named(f"{step.node}: {error}") from error
    return value


class _Named(FormatError):
    """An error that says already which layer it is about."""


def _joined(join: Join, start: Value, body: Body) -> Value:
    if join.node.op not in MERGES:
        raise FormatError("it takes one input, but is given several")
    bodies = [Body() for _ in join.branches]
    values = [_read(branch, start, one) for branch, one in zip(join.branches, bodies, strict=True)]
    first = values[0]
    if join.node.op != "Concatenate":
        if not all(combined(first, other) for other in values[1:]):
            raise FormatError("values of different shapes are joined number by number")
        return body.join(bodies, values, start, Layer.of(MERGES[join.node.op]), first)
    places = {value.placed(join.node.detail.option("axis", -1)) for value in values}
    if len(places) != 1:
        raise FormatError("values are joined along axes that differ here")
    placed = places.pop()
    size: Any = sum(value.shape[placed] for value in values)
    out = first.with_axis(first.axes[placed + 1], Axis(size))
    return body.join(bodies, values, start, Layer.of("concatenate", axis=placed), out)
