"""ONNX graphs as networks."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from ...algorithms import Algorithm
from ...atoms import Atom
from ...errors import FormatError, OptionError, SynapseError
from ...snapshot import Net, Training
from ..assembly import Axis, Body, Value, assemble, sequence
from ..assembly.axes import BATCH
from .library import library
from .reading.file import load_model
from .reading.graph import Graph, read_graph
from .reading.operators import check, read

DAMAGED = (
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    MemoryError,
)
"""What numbers and names that make no sense raise somewhere."""


def import_onnx(path: str | PathLike[str], training: Training | Algorithm | str = "backprop") -> Atom[Net]:
    """
    Read a network from an ONNX file, such as PyTorch, Keras and scikit-learn export, ready to be trained on.

    Weights land in `Params` by layer ("0.W"), running means in ``net.kept``, arithmetic on inputs in
    ``net.normalization``, classes in ``net.labels``. Samples are taken with their channels first: of a graph that
    begins by putting them there, the transposition is left out, and one that puts them last again in the end.
    Nothing in the file is executed.

    Args:
        path: The file. Weights in files of their own are read from its folder and those below, never from elsewhere.
        training: How to train it on, as for `neural_net`.

    Raises:
        FormatError: If it is no ONNX file, damaged, or has operators that are not supported; the message lists them.
        OptionError: If the training does not fit the network.
        MissingExtraError: If the package onnx is not installed.
        OSError: If it cannot be read at all.
    """
    library()
    try:
        graph = read_graph(load_model(path), Path(path).parent)
        check(graph)
        value, body = _samples(graph), Body(root=True)
        graph.constants.sizes[graph.start] = value.sizes
        steps = sequence(graph.nodes, graph.start, graph.end)
        end = read(steps, value, body, graph.constants)
        if not (graph.channels_last and _channels_last(end)):
            body.plain(end)
        return assemble(value.shape, body, training, graph.labels)
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error
    except OptionError:
        raise
    except SynapseError as error:
        raise FormatError(f"{path}: {error}") from error
    except DAMAGED as error:
        raise FormatError(
            f"{path} is damaged, or says something that is not understood: {error!r}"
        ) from error


def _samples(graph: Graph) -> Value:
    """Return what enters, seen as the file has it, with the channels first in the network."""
    if not graph.channels_last:
        return Value.fresh(graph.sizes)
    *places, channels = map(Axis, graph.sizes)
    batch: Any = Axis(BATCH)
    return Value((batch, channels, *places), tuple((axis,) for axis in (batch, *places, channels)))


def _channels_last(value: Value) -> bool:
    """Return whether images are seen with their channels last; as inputs are, outputs are given with them first."""
    batch, channels, *places = value.axes
    return value.seen == tuple((axis,) for axis in (batch, *places, channels))
