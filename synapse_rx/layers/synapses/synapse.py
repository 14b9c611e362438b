"""The synapse layer of SynaNN."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from attrs import field, frozen

from ...backends.cuda import SynapseKernels
from ...errors import OptionError, ShapeError
from ...initializers import Initializer, LogitUniform, Uniform, Zeros
from ...options import flag, fraction, number, one_of
from ...params import ParameterSpec
from ...scratch import Scratch
from ...typing import Array, Shape, Shapes
from ..base import Layer, Takes
from ..several import each, shown
from .synapse_product import log_product, log_product_gradients
from .synapse_series import log_series, log_series_gradients
from .synapse_weights import CLIP, SIGMOID, chain_weights, write_weights

START = 0.01
"""Weights start below it: a product of many factors is then still close to 1."""


def _terms(instance: Any, attribute: Any, value: Any) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not (whole and value >= 1):
        raise OptionError(f"series of {instance.kind} must be a whole number >= 1 or None, not {value!r}")


@frozen
class Synapse(Layer):
    """
    Fully connected synapses, ``y_i = alpha_i x_i prod_j (1 - W_ji x_j)`` (Li, 2018, equation 12).

    x_i is the probability that excitatory channels are open, and every x_j inhibits it with weight W_ji in (0, 1); so
    inputs want to lie in (0, 1), behind a sigmoid or a softmax. The product is that of each sample by itself, added up
    as logarithms, ``y_i = alpha_i x_i exp(sum_j ln(1 - W_ji x_j))``, which takes inputs of 0 and any number of factors.

    Given a pair (excitatory, inhibitory) of inputs, outputs are as many as excitatory ones,
    ``y_i = alpha_i e_i prod_j (1 - W_ji x_j)``.

    Args:
        weights: How parameters become weights in (0, 1): "sigmoid", W = sigmoid(V), or "clip", W held to [0, 1 -
            margin], where the gradient of a weight beyond passes if it leads back.
        gain: Learn alpha, as ``exp(log_alpha)`` from 1 on; otherwise it is 1.
        zero_diagonal: No input inhibits itself, W_ii = 0.
        logarithmic: Give ``ln y`` instead, which does not underflow where factors are many.
        series: Take K terms of the power series of the logarithms instead: K matrix products, several times as fast.
            The logarithm of an output is then off by at most ``sum_j (W_ji x_j)^(K+1) / ((K+1) (1 - max W_ji x_j))``
            (`series_error`): for inputs that add up to 1 little, for many inputs close to 1 very much.
        initializer: How the parameters (V or W) are drawn; by default so that weights are uniform in (0, 0.01).
        margin: How far factors stay from 0, and clipped weights from 1; a factor that would be less does not move.

    Shapes:
        x and y (N, *in_shape), read flat, V or W (inputs, inputs), log_alpha (inputs,); or e and y (N, *shape), x
        (N, *other), V or W (prod(other), prod(shape)), log_alpha (prod(shape),)

    Raises:
        ShapeError: If inputs are neither one array nor two, or have no diagonal to be 0.
    """

    takes: ClassVar[Takes] = "either"

    weights: str = field(default=SIGMOID, validator=one_of(SIGMOID, CLIP))
    gain: bool = field(default=False, validator=flag)
    zero_diagonal: bool = field(default=False, validator=flag)
    logarithmic: bool = field(default=False, validator=flag)
    series: int | None = field(default=None, validator=_terms)
    initializer: Initializer | None = field(
        default=None, converter=lambda value: None if value is None else Initializer.of(value)
    )
    margin: float = field(default=1e-6, converter=number, validator=fraction)

    def out_shape(self, in_shape: Shapes) -> Shape:
        excitatory, inhibitory = _sides(in_shape)
        if self.zero_diagonal and math.prod(excitatory) != math.prod(inhibitory):
            raise ShapeError(
                f"zero_diagonal needs as many excitatory inputs as inhibitory ones, not {math.prod(excitatory)} and "
                f"{math.prod(inhibitory)}; leave it out"
            )
        return excitatory

    def specs(self, in_shape: Shapes) -> tuple[ParameterSpec, ...]:
        excitatory, inhibitory = _sides(in_shape)
        outputs, inputs = math.prod(excitatory), math.prod(inhibitory)
        small = LogitUniform(0.0, START) if self.weights == SIGMOID else Uniform(0.0, START)
        # A penalty would pull a sigmoid's parameter to 0, where the weight is 1/2 and not none.
        regularized = self.weights == CLIP
        weights = ParameterSpec(
            self._name, (inputs, outputs), self.initializer or small, inputs, outputs, regularized=regularized
        )
        if not self.gain:
            return (weights,)
        return weights, ParameterSpec("log_alpha", (outputs,), Zeros(), inputs, outputs, regularized=False)

    def multiply_adds(self, in_shape: Shapes) -> int:
        excitatory, inhibitory = _sides(in_shape)
        return math.prod(excitatory) * math.prod(inhibitory)

    def forward(self, x: Any, s: Scratch) -> Array:
        xp = s.xp
        e, x, shape = _inputs(x)
        v = s.params[self._name]
        w = s.fixed("weights", v.shape)
        write_weights(v, w, self.weights, self.margin, self.zero_diagonal, s)
        logs, y = s.array("logs", e.shape[1:]), s.array("y", shape)
        flat = y.reshape(e.shape)
        if self.series is None:
            log_product(x, w, logs, self.margin, s)
        else:
            log_series(x, w, logs, self.series, s)
        kernels = s.fused(SynapseKernels)
        if kernels is not None and e.flags.c_contiguous:
            kernels.excite(logs, e, s.params["log_alpha"] if self.gain else None, flat, self.logarithmic)
            return y
        if self.gain:
            xp.add(logs, s.params["log_alpha"], out=logs)
        if self.logarithmic:
            xp.maximum(e, float(xp.finfo(e.dtype).tiny), out=flat)
            xp.log(flat, out=flat)
            xp.add(flat, logs, out=flat)
        else:
            xp.exp(logs, out=logs)
            xp.multiply(e, logs, out=flat)
        return y

    def backward(self, x: Any, y: Array, dy: Array, s: Scratch) -> Any:
        xp, several = s.xp, isinstance(x, tuple)
        shapes = [part.shape[1:] for part in x] if several else [x.shape[1:]]
        e, x, _ = _inputs(x)
        dy = dy.reshape(e.shape)
        dl = dy
        if not self.logarithmic:
            dl = s.array("dl", e.shape[1:])
            xp.multiply(dy, y.reshape(e.shape), out=dl)
        dx = s.array("dx", shapes[-1]) if s.needs_dx else None
        self._pass_back(x, dl, None if dx is None else dx.reshape(x.shape), s)
        if dx is None:
            return None
        de = s.array("de", shapes[0])
        self._excite(e, dy, de.reshape(e.shape), s)
        if several:
            return de, dx
        xp.add(dx, de, out=dx)
        return dx

    def _pass_back(self, x: Array, dl: Array, dx: Array | None, s: Scratch) -> None:
        """Write the gradients by parameters and inhibitory inputs, given that by the logarithms of the outputs."""
        w, dw = s.fixed("weights", s.params[self._name].shape), None
        if s.learns:
            dw = s.grads[self._name]
            if self.gain:
                s.xp.matmul(s.ones(), dl, out=s.grads["log_alpha"])
        if dx is not None or dw is not None:
            if self.series is None:
                log_product_gradients(x, w, dl, dx, dw, self.margin, s)
            else:
                log_series_gradients(x, w, dl, dx, dw, self.series, s)
        if dw is not None:
            chain_weights(dw, s.params[self._name], w, self.weights, self.zero_diagonal, s)

    def _excite(self, e: Array, dy: Array, de: Array, s: Scratch) -> None:
        """Write the gradient by the excitatory inputs."""
        xp = s.xp
        if not self.logarithmic:
            # By the factor alpha exp(l), so that nothing divides by e.
            xp.multiply(dy, s.array("logs", e.shape[1:]), out=de)
            return
        tiny = float(xp.finfo(e.dtype).tiny)
        moves = s.array("moves", e.shape[1:])
        xp.greater(e, tiny, out=moves)
        xp.maximum(e, tiny, out=de)
        xp.divide(moves, de, out=de)
        xp.multiply(de, dy, out=de)

    @property
    def _name(self) -> str:
        return "V" if self.weights == SIGMOID else "W"


def _sides(in_shape: Shapes) -> tuple[Shape, Shape]:
    """Return the shapes of excitatory and inhibitory inputs."""
    excitatory, *others = each(in_shape)
    if len(others) > 1:
        raise ShapeError(
            f"it takes one value, or an excitatory and an inhibitory one, but {shown(in_shape)} arrive"
        )
    return excitatory, others[0] if others else excitatory


def _inputs(x: Any) -> tuple[Array, Array, Shape]:
    """Return excitatory and inhibitory inputs, each read flat, and the shape of the excitatory ones."""
    e, x = x if isinstance(x, tuple) else (x, x)
    return e.reshape(len(e), -1), x.reshape(len(x), -1), e.shape[1:]
