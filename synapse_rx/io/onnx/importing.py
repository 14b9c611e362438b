"""ONNX graphs as networks."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from ...algorithms import Algorithm
from ...atoms import Atom
from ...snapshot import Net, Training
from ..assembly import Body, Value, assemble, named, sequence
from .library import library
from .reading.file import load_model
from .reading.graph import read_graph
from .reading.operators import check, read


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
    with named(path):
        graph = read_graph(load_model(path), Path(path).parent)
        check(graph)
        value = Value.entering(graph.sizes, channels_last=graph.channels_last)
        body = Body(root=True)
        graph.constants.sizes[graph.start] = value.sizes
        steps = sequence(graph.nodes, graph.start, graph.end)
        end = read(steps, value, body, graph.constants)
        if not (graph.channels_last and _channels_last(end)):
            body.plain(end)
        return assemble(value.shape, body, training, graph.labels)


def _channels_last(value: Value) -> bool:
    """Return whether images are seen with their channels last; as inputs are, outputs are given with them first."""
    batch, channels, *places = value.axes
    return value.seen == tuple((axis,) for axis in (batch, *places, channels))
