"""Make networks of synapses (SynaNN): perceptrons, convolutional and recurrent ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..activations import Activation as Function
from ..algorithms import Algorithm
from ..atoms import Atom
from ..errors import OptionError
from ..layers import (
    Activation,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Input,
    Layer,
    MaxPool2D,
    SpatialDropout,
    SynapseRNN,
)
from ..snapshot import Net, Training
from ..typing import Shape
from .build import neural_net


def syna_mlp(
    units: Sequence[int],
    training: Training | Algorithm | str = "adam",
    *,
    squash: str | Function = "softmax",
    synapse: Layer | str | None = "synapse",
    labels: Sequence[Any] | None = None,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a multi-layer perceptron of synapses: ``syna_mlp([784, 250, 10])``.

    Each hidden layer is fully connected, normalised over the batch, squashed into (0, 1), passed through synapses and
    normalised again, as in the SynaMLP of 2018; the output is a softmax.

    Args:
        units: Numbers of inputs, of units in each hidden layer, of outputs.
        training: As for `neural_net`.
        squash: What brings the inputs of synapses into (0, 1): "softmax" or "sigmoid".
        synapse: The synapses, such as ``Synapse(gain=True)``; None leaves them out, for comparison.
        labels: As for `neural_net`.
        dtype: As for `neural_net`.

    Raises:
        OptionError: If there are fewer than three sizes.
    """
    sizes = list(units) if isinstance(units, Iterable) else [units]
    if len(sizes) < 3:
        raise OptionError(f"a syna_mlp needs inputs, at least one hidden layer and outputs, not {sizes}")
    layers: list[Layer] = []
    for size in sizes[1:-1]:
        layers += [Dense(size), BatchNorm(), Activation(squash), *_given(synapse), BatchNorm()]
    layers.append(Dense(sizes[-1], "softmax"))
    return neural_net([Input(sizes[0]), *layers], training, labels=labels, dtype=dtype)


def syna_cnn(
    in_shape: Shape = (1, 28, 28),
    outputs: int = 10,
    training: Training | Algorithm | str = "adam",
    *,
    channels: Sequence[int] = (10, 20),
    kernel: int = 5,
    units: int = 64,
    dropout: float = 0.5,
    squash: str | Function = "softmax",
    synapse: Layer | str | None = "synapse",
    labels: Sequence[Any] | None = None,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a convolutional network of synapses: ``syna_cnn((1, 28, 28), 10)``.

    By default the SynaCNN published for PyTorch: convolutions of 5 x 5 with 10 and 20 channels, each pooled 2 x 2 and
    rectified, channels dropped behind the last; 64 rectified units, dropped; softmax; synapses; normalisation over the
    batch; softmax.

    Args:
        in_shape: (channels, height, width) of an image.
        outputs: Number of outputs.
        training: As for `neural_net`.
        channels: Channels of each convolution.
        kernel: The side of their windows.
        units: Inputs of the synapses.
        dropout: The rate of both kinds of dropout, in [0, 1).
        squash: As for `syna_mlp`.
        synapse: As for `syna_mlp`.
        labels: As for `neural_net`.
        dtype: As for `neural_net`.

    Raises:
        OptionError: If there are no channels.
        ShapeError: If an image is too small.
    """
    counts = list(channels) if isinstance(channels, Iterable) else [channels]
    if not counts:
        raise OptionError("a syna_cnn needs channels for at least one convolution, such as channels=(10, 20)")
    layers: list[Layer] = []
    for number, count in enumerate(counts, 1):
        layers.append(Conv2D(count, kernel, initializer="he"))
        if number == len(counts):
            layers.append(SpatialDropout(dropout))
        layers += [MaxPool2D(2), Activation("relu")]
    layers += [Dense(units, "relu"), Dropout(dropout), Activation(squash), *_given(synapse), BatchNorm()]
    layers.append(Dense(outputs, "softmax"))
    return neural_net([Input(in_shape), *layers], training, labels=labels, dtype=dtype)


def syna_rnn(
    in_shape: Shape = (28, 28),
    units: int = 64,
    outputs: int = 10,
    training: Training | Algorithm | str = "adam",
    *,
    layers: int = 1,
    bidirectional: bool = False,
    labels: Sequence[Any] | None = None,
    dtype: str = "float32",
) -> Atom[Net]:
    """
    Make a recurrent network of synapses: ``syna_rnn((28, 28), 64, 10)`` reads an image row by row.

    A `SynapseRNN`, of whose last state a softmax is made. The paper names a SynaRNN without saying what it is; this
    one is our own.

    Args:
        in_shape: (steps, features) of a sequence.
        units: Units of the state.
        outputs: Number of outputs.
        training: As for `neural_net`.
        layers: Recurrent layers stacked.
        bidirectional: Whether sequences are read from both ends.
        labels: As for `neural_net`.
        dtype: As for `neural_net`.
    """
    reader = SynapseRNN(units, layers=layers, bidirectional=bidirectional)
    parts = [Input(in_shape), reader, Dense(outputs, "softmax")]
    return neural_net(parts, training, labels=labels, dtype=dtype)


def _given(synapse: Layer | str | None) -> tuple[Layer, ...]:
    return () if synapse is None else (Layer.of(synapse),)
