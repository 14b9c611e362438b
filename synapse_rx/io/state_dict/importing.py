"""Networks made of layers and the weights of a PyTorch model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

from ...algorithms import Algorithm
from ...atoms import Atom
from ...layers import Input, Layer
from ...network import neural_net
from ...snapshot import Net, Training
from .exchange import with_state_dict
from .modules import state_of


def import_state_dict(
    state_dict: Mapping[str, Any] | str | PathLike[str],
    layers: Iterable[Input | Layer],
    training: Training | Algorithm | str = "backprop",
    *,
    labels: Sequence[Any] | None = None,
    dtype: str = "float32",
    modules: Iterable[str] | None = None,
) -> Atom[Net]:
    """
    Make a network of layers with the weights of a PyTorch model, ready to be trained on.

    A state dict holds weights and no layers, so these are said; they are matched as for `with_state_dict`.

    Args:
        state_dict: What ``model.state_dict()`` returns, or a safetensors file of it.
        layers: An `Input`, then the layers in order, as for `neural_net`.
        training: As for `neural_net`.
        labels: As for `neural_net`.
        dtype: As for `neural_net`.
        modules: The names of the modules to take weights from, in the order of the layers; by default all.

    Raises:
        OptionError: If an option of the network will not do, or a layer is nothing in PyTorch.
        ShapeError: If layers do not fit each other, or layers and modules do not match; the message names the shapes.
        DataError: If what is there is no array of finite numbers.
        FormatError: If the file is no safetensors file, or damaged.
        OSError: If it cannot be read at all.
    """
    net = neural_net(layers, training, labels=labels, dtype=dtype)
    net.swap(with_state_dict, state_of(state_dict), modules=modules)
    return net
