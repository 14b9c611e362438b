"""The architecture of a network as a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from attrs import field, frozen

from ..activations import Activation as Function
from ..activations import Linear
from ..activations.joined import Joined
from ..backends import Backend
from ..described import Described, brief
from ..errors import LossError, OptionError
from ..layers import Activation, Dense, Input, Layer
from ..layers.several import each, is_several
from ..learner import Learner
from ..losses import Loss, PerOutput
from ..params import Layout, ParameterSpec, Params, path_of
from ..snapshot import Net
from ..typing import Array, Shape, Shapes
from .ends import begin, end
from .places import Place, places, word
from .sharing import by_path
from .trainable import default_loss, trained_by


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

    A network of several inputs takes them joined in one row a sample, as data sets hold them; one that ends in several
    values gives them so.

    Args:
        input: An `Input`, or its shape.
        layers: The layers in order; parameters are found by their positions, ``params[0]`` for the first.

    Attributes:
        shapes: The shape before the first layer and after each; of several values a tuple of shapes.
        places: The primitive layers it comes down to, each in its place.
        layout: The parameters in the flat vector.
        keeps: What layers keep from batch to batch, in a flat vector of their own.

    Raises:
        ShapeError: If a layer does not fit the one before it; the message names it and its position.
        OptionError: If there is no layer, or something else stands among them.
    """

    input: Input = field(converter=_input)
    layers: tuple[Layer, ...] = field(converter=_layers)
    shapes: tuple[Shapes, ...] = field(init=False, eq=False)
    places: tuple[Place, ...] = field(init=False, eq=False)
    layout: Layout = field(init=False, eq=False)
    keeps: Layout = field(init=False, eq=False)
    specs: tuple[ParameterSpec, ...] = field(init=False, eq=False)
    _kept: tuple[ParameterSpec, ...] = field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if not self.layers:
            raise OptionError("a network needs at least one layer behind its input, such as Dense(10)")
        shapes: list[Shapes] = [self.input.shape]
        found: list[Place] = []
        for index, layer in enumerate(self.layers):
            found += places(layer, shapes[-1], (index,))
            shapes.append(found[-1].out_shape if found else shapes[-1])
        if not found:
            raise OptionError(
                "a network needs a layer that does something behind its input, such as Dense(10)"
            )
        found = [*begin(self.input), *end(found, shapes[-1])]
        every = [place for root in found for place in root.walk()]
        specs = by_path([(place, place.specs) for place in every])
        keeps = by_path([(place, place.keeps) for place in every])
        put = object.__setattr__
        put(self, "shapes", tuple(shapes))
        put(self, "places", tuple(found))
        put(self, "layout", Layout.of(specs))
        put(self, "keeps", Layout.of(keeps))
        put(self, "specs", tuple(spec for asked in specs.values() for spec in asked))
        put(self, "_kept", tuple(spec for asked in keeps.values() for spec in asked))

    @property
    def in_shape(self) -> Shape:
        """The shape of one sample."""
        return self.places[0].in_shape

    @property
    def out_shape(self) -> Shape:
        """The shape of one output."""
        return self.places[-1].out_shape

    @property
    def inputs(self) -> tuple[Shape, ...]:
        """The shape of each input, of one alone as well."""
        return each(self.shapes[0])

    @property
    def outputs(self) -> tuple[Shape, ...]:
        """The shape of each output, of one alone as well."""
        return each(self.shapes[-1])

    @property
    def output(self) -> Function:
        """The activation of the output: the last layer's, or linear if it has none; of several a `Joined` one."""
        last = self.places[-1].layer
        return last.function if isinstance(last, Activation) else Linear()

    def check_layer(self, layer: int | str) -> None:
        """
        Check that there is a layer at a position, or at a path such as "1.0" or "encoder".

        Raises:
            OptionError: If there is none; the message lists those there are.
        """
        path = path_of(layer)
        if isinstance(layer, int) and 0 <= layer < len(self.layers):
            named = self.layers[layer].place((layer,))
            if named != (layer,):
                raise OptionError(f"layer {layer} has a name: call it {word(named)!r}")
            return
        paths = [place.path for root in self.places for place in root.walk()]
        if path and any(found[: len(path)] == path for found in paths):
            return
        known = dict.fromkeys(map(word, paths))
        raise OptionError(f"there is no layer {layer!r} in {self}; there are {', '.join(known)}")

    def check_trainable(self, loss: Loss) -> Loss:
        """
        Return ``loss`` as it applies to this output, if this network can be trained by gradients of it.

        Raises:
            LossError: If an activation behind the first parameters has no gradient, or the loss is not defined on the
                outputs.
        """
        return trained_by(self, loss)

    def fitted(self, loss: Loss) -> Loss:
        """
        Return ``loss`` in the form that suits the output.

        Raises:
            LossError: If it is not defined there, or there are several outputs and not a loss for each.
        """
        if is_several(self.shapes[-1]) and not isinstance(loss, PerOutput):
            example = ", ".join([repr(loss.kind)] * len(self.outputs))
            raise LossError(
                f"this network has {len(self.outputs)} outputs, but {loss.kind} judges one; give each its own, "
                f"such as per_output([{example}])"
            )
        return loss.for_output(self.output)

    def check(self, net: Net, data: Any) -> None:
        """
        Check that ``net``, a network of this architecture, can be trained on ``data``.

        Raises:
            SynapseError: If it cannot, saying what does not fit.
        """
        from .checks import check_fit

        check_fit(net, data)

    def check_training(self, net: Net) -> None:
        """
        Check that ``net``, a network of this architecture, can be trained as it says, whatever the data.

        Raises:
            OptionError: If the algorithm cannot train it, or not with these options.
            LossError: If it cannot be trained by gradients of its loss.
        """
        from .checks import check_training, loss_of

        check_training(net)
        if net.training.algorithm.loss_for(self.output) is None:
            self.check_trainable(loss_of(net))

    def learner(
        self, net: Net, data: Any, backend: Backend, *, ignore_divergence: bool = False, joint: Any = None
    ) -> Learner:
        """
        Return what trains ``net``, a network of this architecture, on ``data`` (`NetworkLearner`).

        With ``joint`` several processes train together (`Joint`).

        Raises:
            SynapseError: If it cannot be trained so.
        """
        # An import against the grain of this package, as in `program`: a trainer asks the description for its
        # learner, so that it needs to know no family of networks.
        from .learner import NetworkLearner

        return NetworkLearner(net, data, backend, ignore_divergence=ignore_divergence, joint=joint)

    def program(
        self, backend: Backend, capacity: int, theta: Array, *, rng: Any = None, kept: Any = None
    ) -> Any:
        """Return what answers batches of at most ``capacity`` samples by the parameters ``theta`` (`Program`)."""
        from .program import Program

        return Program(self, backend, capacity, theta, rng=rng, kept=kept)

    def fresh_kept(self, dtype: str = "float32") -> Params:
        """Return what layers keep from batch to batch, as it is before the first."""
        flat = np.empty(self.keeps.size, dtype)
        rng = np.random.default_rng(0)  # they begin with constants; initialisers ask for one all the same
        for entry, spec in zip(self.keeps.entries, self._kept, strict=True):
            entry.view(flat)[...] = spec.initializer.draw(rng, spec.shape, spec.fan_in, spec.fan_out)
        flat.setflags(write=False)
        return Params(self.keeps, flat)

    def default_loss(self) -> Loss:
        """Return cross-entropy for (log-)probabilities, squared error for others; of several outputs one for each."""
        output = self.output
        if isinstance(output, Joined):
            return PerOutput([default_loss(function) for function in output.functions])
        return default_loss(output)

    def __repr__(self) -> str:
        return " > ".join([" + ".join(map(_sizes, self.inputs)), *(_named(layer) for layer in self.layers)])


def _named(layer: Layer) -> str:
    if isinstance(layer, Dense):
        return f"{layer.units} {layer.activation.kind}"
    if isinstance(layer, Activation):
        return layer.function.kind
    return brief(layer)


def _sizes(shape: Shape) -> str:
    return "x".join(map(str, shape))
