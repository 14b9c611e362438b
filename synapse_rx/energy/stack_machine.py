"""A stack of restricted Boltzmann machines at work; a single one is a stack of one."""

from __future__ import annotations

from typing import Any

from ..scratch import Buffers, Scratch
from ..typing import Array
from .contrastive_divergence import ContrastiveDivergence
from .level import Level
from .machine import Workplace
from .sampler import Sampler

FREE_ENERGY = "free_energy"
"""What the free energies of samples are recorded as."""


class StackMachine(Sampler):
    """
    Learns one level by contrastive divergence, on what the levels below it make of samples.

    Answers are the hidden probabilities of the highest level. Errors are those of the level that learns:
    ``reconstruction_error`` is the mean over visible units of ``(v - v')^2``, where v' are the means of going up and
    down again by probabilities, and ``free_energy`` is F(v).

    Args:
        arch: The description, with ``levels``, ``layout`` and ``keeps``.
        place: Where it computes; the loss says how often a batch goes down and up, and which level learns.

    Attributes:
        levels: The conditional distributions, from the first to the highest.
    """

    kinds = ("reconstruction_error", FREE_ENERGY)

    def __init__(self, arch: Any, place: Workplace) -> None:
        super().__init__(place)
        backend, theta, loss, grad = place.backend, place.theta, place.loss, place.grad
        assert isinstance(loss, ContrastiveDivergence)
        views = [arch.layout.views(theta, (position,)) for position in range(len(arch.levels))]
        self.levels = [Level(rbm, params, backend.xp) for rbm, params in zip(arch.levels, views, strict=True)]
        self._dtype = theta.dtype
        self._drawn_from: Array | None = None
        self._how = loss
        self._at = loss.level
        self._level = self.levels[self._at]
        self._grad = grad
        self._grads = None if grad is None else arch.layout.views(grad, (self._at,))
        chains = {} if place.kept is None else arch.keeps.views(place.kept, (self._at,))
        self._chains: Array | None = chains.get("chains")
        n = 0 if self._chains is None else len(self._chains)
        self._walked = Buffers(backend, n, theta.dtype)
        self._walk = Scratch(backend, self._walked, n, rng=place.rng)

    @property
    def nbytes(self) -> int:
        """Bytes of working memory made so far, that of chains included (`Machine`)."""
        return super().nbytes + self._walked.nbytes

    def learn(self, x: Array, scale: float, values: Array) -> None:
        """Write the gradient of contrastive divergence and, into ``values``, both errors (`Machine`)."""
        s, level, xp = self.scratch(len(x)), self._level, self.xp
        v = self.up(x, self._at)
        means = self._errors(v, values, s)
        assert self._grad is not None and self._grads is not None
        if len(self.levels) > 1:
            self._grad.fill(0)
        grads = self._grads
        chains, each = s, scale
        if self._chains is None:
            start = level.draw_hidden(means, s.array("h", means.shape[1:]), self.rng)
        else:
            chains, each = self._walk, scale * len(x) / len(self._chains)
            start = self._up_from(self._chains)
        dreamt, dreamt_means = self._dream(start, chains)
        # <dE/dtheta> is minus these products: what is dreamt counts up, what is seen down.
        seen = self._statistics(v, means, s, scale)
        self._statistics(dreamt, dreamt_means, chains, each, into=grads)
        for name, grad in grads.items():
            xp.subtract(grad, seen[name], out=grad)
        if self._chains is not None:
            self._chains[...] = dreamt

    def measure(self, x: Array, values: Array) -> None:
        """Write both errors (`Machine`)."""
        self._errors(self.up(x, self._at), values, self.scratch(len(x)))

    def forward(self, x: Array) -> Array:
        """Return the hidden probabilities of the highest level (`Machine`)."""
        return self.up(x, len(self.levels))

    def up(self, x: Array, height: int) -> Array:
        """Return what the first ``height`` levels make of samples by probabilities; of none the samples themselves."""
        s = self.scratch(len(x))
        for position in range(height):
            level = self.levels[position]
            x = level.hidden_means(x, s.array(f"up{position}", (level.rbm.hidden,)), s)
        return x

    def down(self, h: Array, height: int) -> Array:
        """Return the visible means that hidden states of level ``height`` - 1 come down to; at 0 these themselves."""
        s = self.scratch(len(h))
        for position in range(height - 1, -1, -1):
            level = self.levels[position]
            h = level.visible_means(h, s.array(f"down{position}", (level.rbm.visible,)), s)
        return h

    def noise(self, n: int) -> Array:
        """Return visible states of the highest machine, drawn without its weights (`Sampler`)."""
        top = self.levels[-1]
        means = self.xp.full((n, top.rbm.visible), 0.5 * (top.rbm.units == "binary"), self._dtype)
        return top.draw_visible(means, self.xp.empty_like(means), self.rng)

    def begin(self, x: Array) -> Array:
        """Return what the highest machine sees of samples (`Sampler`)."""
        return self.up(x, len(self.levels) - 1).copy()

    def sweep(self, x: Array, temperature: float, clamped: Array | None = None) -> None:
        """Draw the hidden units of the highest machine, then its visible ones (`Sampler`)."""
        s, top, xp = self.scratch(len(x)), self.levels[-1], self.xp
        means = top.hidden_means(x, s.array("sweep_means", (top.rbm.hidden,)), s, temperature)
        h = top.draw_hidden(means, s.array("sweep_h", (top.rbm.hidden,)), self.rng)
        v = top.visible_means(h, s.array("sweep_v", (top.rbm.visible,)), s, temperature)
        drawn_from = self._drawn_from = s.array("sweep_v_means", (top.rbm.visible,))
        drawn_from[...] = v
        top.draw_visible(v, s.array("sweep_noise", (top.rbm.visible,)), self.rng, temperature)
        if clamped is None:
            x[...] = v
        else:
            xp.copyto(x, v, where=~clamped)
            xp.copyto(drawn_from, x, where=clamped)

    def visible(self, x: Array, *, means: bool = False) -> Array:
        """Return the states of the highest machine, or their means, brought down (`Sampler`)."""
        v = x if not means or self._drawn_from is None else self._drawn_from
        return self.down(v, len(self.levels) - 1)

    def _errors(self, v: Array, values: Array, s: Scratch) -> Array:
        """Write both errors into ``values`` and return the hidden probabilities."""
        level, xp = self._level, self.xp
        size = (level.rbm.hidden,)
        z = level.hidden_inputs(v, s.array("z", size))
        level.free_energies(v, z, values[1], s)
        means = level.hidden_means(v, s.array("means", size), s)
        again = level.visible_means(means, s.array("again", (level.rbm.visible,)), s)
        xp.subtract(again, v, out=again)
        xp.multiply(again, again, out=again)
        xp.mean(again, axis=1, out=values[0])
        return means

    def _up_from(self, chains: Array) -> Array:
        """Return hidden states drawn above chains."""
        s, level = self._walk, self._level
        means = level.hidden_means(chains, s.array("chain_means", (level.rbm.hidden,)), s)
        return level.draw_hidden(means, s.array("h", means.shape[1:]), self.rng)

    def _dream(self, h: Array, s: Scratch) -> tuple[Array, Array]:
        """Go down and up k times from hidden states; return the visible states of the end and the means above."""
        level, how = self._level, self._how
        v = s.array("dreamt", (level.rbm.visible,))
        means = s.array("dreamt_means", (level.rbm.hidden,))
        for step in range(how.k):
            level.visible_means(h, v, s)
            if how.sample_visible:
                level.draw_visible(v, s.array("noise", (level.rbm.visible,)), self.rng)
            level.hidden_means(v, means, s)
            if step < how.k - 1:
                level.draw_hidden(means, h, self.rng)
        return v, means

    def _statistics(
        self, v: Array, h: Array, s: Scratch, scale: float, into: dict[str, Array] | None = None
    ) -> dict[str, Array]:
        """Return ``scale`` times the sums over samples of v h, v and h, by the names of parameters."""
        rbm, xp = self._level.rbm, self.xp
        if into is None:
            into = {
                "W": s.fixed("seen_W", (rbm.visible, rbm.hidden)),
                "b": s.fixed("seen_b", (rbm.visible,)),
                "c": s.fixed("seen_c", (rbm.hidden,)),
            }
        xp.matmul(v.T, h, out=into["W"])
        xp.matmul(s.ones(), v, out=into["b"])
        xp.matmul(s.ones(), h, out=into["c"])
        for total in into.values():
            xp.multiply(total, scale, out=total)
        return into
