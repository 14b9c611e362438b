"""One restricted Boltzmann machine at work: conditional probabilities, samples, free energies."""

from __future__ import annotations

from typing import Any

from ..activations.sigmoid import logistic
from ..activations.softplus import softplus
from ..scratch import Scratch
from ..typing import Array
from .drawing import draw_binary, draw_normal
from .restricted import RBM


class Level:
    """
    The conditional distributions of an `RBM` by the parameters in its views.

    Args:
        rbm: The description.
        params: Its parameters by name, views of the flat vector.
        xp: The array module.

    Shapes:
        v (N, visible), h (N, hidden)
    """

    def __init__(self, rbm: RBM, params: Any, xp: Any) -> None:
        self.rbm = rbm
        self.xp = xp
        self.weights, self.visible_bias, self.hidden_bias = params["W"], params["b"], params["c"]

    def hidden_inputs(self, v: Array, z: Array) -> Array:
        """Write ``v W + c`` into z (N, hidden) and return it."""
        self.xp.matmul(v, self.weights, out=z)
        return self.xp.add(z, self.hidden_bias, out=z)

    def hidden_means(self, v: Array, out: Array, s: Scratch, temperature: float = 1.0) -> Array:
        """Write the probabilities of hidden units being 1 into ``out`` (N, hidden) and return it."""
        self.hidden_inputs(v, out)
        return self._probabilities(out, s, temperature)

    def visible_means(self, h: Array, out: Array, s: Scratch, temperature: float = 1.0) -> Array:
        """Write the means of visible units into ``out`` (N, visible) and return it."""
        self.xp.matmul(h, self.weights.T, out=out)
        self.xp.add(out, self.visible_bias, out=out)
        return out if self.rbm.units == "gaussian" else self._probabilities(out, s, temperature)

    def draw_hidden(self, means: Array, out: Array, rng: Any) -> Array:
        """Draw hidden states by their probabilities into ``out``, which is other memory, and return it."""
        return draw_binary(means, out, rng, self.xp)

    def draw_visible(self, means: Array, noise: Array, rng: Any, temperature: float = 1.0) -> Array:
        """Draw visible states by their means, in their place; ``noise`` is overwritten."""
        if self.rbm.units == "binary":
            draw_binary(means, noise, rng, self.xp)
            means[...] = noise
            return means
        draw_normal(noise, rng, self.xp)
        self.xp.multiply(noise, temperature**0.5, out=noise)
        return self.xp.add(means, noise, out=means)

    def free_energies(self, v: Array, z: Array, values: Array, s: Scratch) -> None:
        """
        Write ``F(v) = -ln sum_h exp(-E(v, h))`` into ``values`` (N,), up to the constant of the Gaussians.

        Args:
            v: Visible states.
            z: ``v W + c``, as `hidden_inputs` gives it.
            values: One number a sample.
            s: Memory.
        """
        xp = self.xp
        up = s.array("free_up", (self.rbm.hidden,))
        softplus(z, up, s.array("free_positive", (self.rbm.hidden,)), s)
        xp.sum(up, axis=1, out=values)
        xp.negative(values, out=values)
        own, each = s.array("free_own"), s.array("free_visible", (self.rbm.visible,))
        if self.rbm.units == "gaussian":
            xp.subtract(v, self.visible_bias, out=each)
            xp.multiply(each, each, out=each)
            xp.sum(each, axis=1, out=own)
            xp.multiply(own, 0.5, out=own)
            xp.add(values, own, out=values)
        else:
            xp.matmul(v, self.visible_bias, out=own)
            xp.subtract(values, own, out=values)

    def _probabilities(self, z: Array, s: Scratch, temperature: float) -> Array:
        if temperature != 1.0:
            self.xp.divide(z, temperature, out=z)
        logistic(z, z, s)
        return z
