"""The architecture of a network as a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import field, frozen

from ..activations import Activation as Function
from ..activations import Linear
from ..backends import Backend
from ..described import Described
from ..errors import LossError, OptionError, ShapeError
from ..layers import Activation, Dense, Input, Layer
from ..learner import Learner
from ..losses import Loss
from ..params import Layout, ParameterSpec
from ..snapshot import Net
from ..typing import Shape


def _input(value: Any) -> Input:
    if isinstance(value, (Input, dict)):
        return Input.of(value)
    return Input(value)


def _layers(value: Any) -> tuple[Layer, ...]:
    if isinstance(value, (str, Layer)) or not isinstance(value, Iterable):
        raise OptionError(f"layers are a sequence, such as [Dense(10)], not {value!r}")
    layers = tuple(value)
    for layer in layers:
        if isinstance(layer, Input):
            raise OptionError(f"only the first layer is an Input, but there is another: {layer!r}")
    return tuple(Layer.of(layer) for layer in layers)


@frozen(repr=False)
class Arch(Described):
    """
    What a network is made of: the shape of a sample and the layers it passes through.

    Args:
        input: An `Input`, or its shape.
        layers: The layers in order; parameters are found by their positions, ``params[0]`` for the first.

    Attributes:
        shapes: The shape before the first layer and after each.
        layout: The parameters in the flat vector.
        primitives: For each layer, the primitive layers it expands to.

    Raises:
        ShapeError: If a layer does not fit the one before it; the message names it and its position.
        OptionError: If there is no layer, or something else stands among them.
    """

    input: Input = field(converter=_input)
    layers: tuple[Layer, ...] = field(converter=_layers)
    shapes: tuple[Shape, ...] = field(init=False, eq=False)
    primitives: tuple[tuple[Layer, ...], ...] = field(init=False, eq=False)
    layout: Layout = field(init=False, eq=False)
    specs: tuple[ParameterSpec, ...] = field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if not self.layers:
            raise OptionError("a network needs at least one layer behind its input, such as Dense(10)")
        shapes = [self.input.shape]
        specs: dict[tuple[int | str, ...], tuple[ParameterSpec, ...]] = {}
        for index, layer in enumerate(self.layers):
            try:
                shapes.append(layer.out_shape(shapes[-1]))
                specs[(index,)] = layer.specs(shapes[-2])
            except ShapeError as error:
                raise ShapeError(f"layer {index} ({layer!r}) cannot take {shapes[-1]}: {error}") from error
        put = object.__setattr__
        put(self, "shapes", tuple(shapes))
        put(self, "primitives", tuple(layer.expand() for layer in self.layers))
        put(self, "specs", tuple(spec for asked in specs.values() for spec in asked))
        put(self, "layout", Layout.of(specs))

    @property
    def in_shape(self) -> Shape:
        """The shape of one sample."""
        return self.shapes[0]

    @property
    def out_shape(self) -> Shape:
        """The shape of one output."""
        return self.shapes[-1]

    @property
    def output(self) -> Function:
        """The activation of the output: the last layer's, or linear if it has none."""
        last = self.primitives[-1][-1]
        return last.function if isinstance(last, Activation) else Linear()

    def check_trainable(self, loss: Loss) -> Loss:
        """
        Return ``loss`` as it applies to this output, if this network can be trained by gradients of it.

        Raises:
            LossError: If an activation behind the first parameters has no gradient, or the loss is not defined on the
                outputs.
        """
        learns = False
        for index, primitives in enumerate(self.primitives):
            for layer in primitives:
                if learns and isinstance(layer, Activation) and not layer.function.differentiable:
                    raise LossError(
                        f"layer {index} has no gradient: {layer.function.kind} is flat or random; "
                        f"train with a smooth activation (sigmoid instead of a threshold)"
                    )
                learns = learns or bool(layer.specs(self.shapes[index]))
        return loss.for_output(self.output)

    def check(self, net: Net, data: Any) -> None:
        """
        Check that ``net``, a network of this architecture, can be trained on ``data``.

        Raises:
            SynapseError: If it cannot, saying what does not fit.
        """
        from .checks import check_fit

        check_fit(net, data)

    def learner(self, net: Net, data: Any, backend: Backend, *, ignore_divergence: bool = False) -> Learner:
        """
        Return what trains ``net``, a network of this architecture, on ``data`` (`NetworkLearner`).

        Raises:
            SynapseError: If it cannot be trained so.
        """
        # The one import against the grain of this package: a trainer asks the description for its learner, so that
        # it needs to know no family of networks.
        from .learner import NetworkLearner

        return NetworkLearner(net, data, backend, ignore_divergence=ignore_divergence)

    def default_loss(self) -> Loss:
        """Return cross-entropy for outputs within [0, 1], squared error for others."""
        low, high = self.output.range
        return Loss.of("cross_entropy" if 0 <= low and high <= 1 else "squared_error")

    def __repr__(self) -> str:
        return " > ".join([_sizes(self.in_shape), *(_named(layer) for layer in self.layers)])


def _named(layer: Layer) -> str:
    if isinstance(layer, Dense):
        return f"{layer.units} {layer.activation.kind}"
    if isinstance(layer, Activation):
        return layer.function.kind
    return repr(layer)


def _sizes(shape: Shape) -> str:
    return "x".join(map(str, shape))
