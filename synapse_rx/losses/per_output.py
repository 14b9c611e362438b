"""A loss for each of several outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..activations.base import Activation
from ..activations.joined import Joined
from ..errors import LossError, OptionError, SynapseError
from ..options import number
from ..scratch import Scratch
from ..typing import Array
from .base import Loss


def _losses(value: Any) -> tuple[Loss, ...]:
    if isinstance(value, (str, Loss, Mapping)) or not isinstance(value, Iterable):
        raise OptionError(
            "losses of per_output must be one for each output, such as ('cross_entropy', 'squared_error'), not "
            f"{value!r}"
        )
    return tuple(Loss.of(loss) for loss in value)


def _numbers(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return tuple(number(weight) for weight in value)


def _names(value: Any) -> Any:
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


@frozen
class PerOutput(Loss):
    """
    A loss for each of several outputs, ``sum_k w_k L_k(y_k, t_k)``.

    Each is computed from the logits behind its canonical link, as if it stood alone. An output of shape (steps,
    outputs) is judged step by step. The errors of the outputs are recorded by name: "out0.cross_entropy".

    Args:
        losses: A loss for each output, by name or description.
        weights: A number >= 0 for each; 1 by default.
        names: What to call the outputs; "out0", "out1", ... by default.

    Raises:
        OptionError: If there are not as many weights and names as losses, or a weight is negative.
    """

    losses: tuple[Loss, ...] = field(converter=_losses)
    weights: tuple[float, ...] = field(default=(), converter=_numbers)
    names: tuple[str, ...] = field(default=(), converter=_names)
    behind: Joined | None = field(default=None, init=False, eq=False, repr=False)
    """The activations that the losses were chosen for (`for_output`)."""

    def __attrs_post_init__(self) -> None:
        n = len(self.losses)
        if not n:
            raise OptionError("losses of per_output must be at least one")
        if any(isinstance(loss, PerOutput) for loss in self.losses):
            raise OptionError("losses of per_output are for one output each, not for several again")
        put = object.__setattr__
        put(self, "weights", _checked_weights(self.weights or (1.0,) * n, n))
        put(self, "names", _checked_names(self.names or tuple(f"out{k}" for k in range(n)), n))

    def for_output(self, activation: Activation) -> PerOutput:
        if not isinstance(activation, Joined):
            raise LossError(
                f"per_output judges several outputs, but this network has one; take {self.losses[0].kind!r} alone"
            )
        if len(activation.functions) != len(self.losses):
            raise LossError(
                f"this network has {len(activation.functions)} outputs, but there are losses for {len(self.losses)} "
                f"({', '.join(self.names)}); give one for each"
            )
        chosen = evolve(self, losses=[self._chosen(k, f) for k, f in enumerate(activation.functions)])
        object.__setattr__(chosen, "behind", activation)
        return chosen

    def check_targets(self, t: Array) -> None:
        for k, loss in enumerate(self.losses):
            part = t[:, self._joined.spans[k]]
            with _of_output(self.names[k]):
                loss.check_targets(part.reshape(-1, self._joined.width(k)))

    def links(self, activation: Activation) -> bool:
        return isinstance(activation, Joined)

    def values(self, y: Array, t: Array, values: Array, s: Scratch) -> None:
        values.fill(0)
        for k, loss in enumerate(self.losses):
            self._joined.judge(loss, k, y, t, s.array("loss_part_values"), s)
            self._add(k, values, s)

    def gradient(self, y: Array, t: Array, dy: Array, scale: float, s: Scratch) -> None:
        joined = self._joined
        for k, loss in enumerate(self.losses):
            rows = joined.inside(k, s)
            part_dy = rows.array("loss_dy", (joined.width(k),))
            given = joined.rows(y, k, "loss_y", rows), joined.rows(t, k, "loss_t", rows)
            loss.gradient(*given, part_dy, self._scale(k, scale), rows)
            joined.put(part_dy, dy, k, s)

    def linked(
        self, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        values.fill(0)
        for k in range(len(self.losses)):
            self._linked_part(k, z, y, t, s.array("loss_part_values"), dz, scale, s)
            self._add(k, values, s)

    def _linked_part(
        self, k: int, z: Array, y: Array, t: Array, values: Array, dz: Array, scale: float, s: Scratch
    ) -> None:
        """Do what `linked` does for output k, ``values`` (N,) not yet weighted."""
        joined, loss, function = self._joined, self.losses[k], self._joined.functions[k]
        rows, shape = joined.inside(k, s), (joined.width(k),)
        part_z, part_t = joined.rows(z, k, "loss_z", rows), joined.rows(t, k, "loss_t", rows)
        part_y, part_dz, each = (
            rows.array("loss_y", shape),
            rows.array("loss_dz", shape),
            rows.array("loss_each"),
        )
        if joined.stands_in_rows(k) and loss.links(function):
            loss.linked(part_z, part_y, part_t, each, part_dz, self._scale(k, scale), rows)
        else:
            part, dy = s.inside(f"function{k}"), rows.array("loss_dy", shape)
            z, y_whole, dy_whole, dz_whole = (
                array.reshape(s.n, *joined.shapes[k]) for array in (part_z, part_y, dy, part_dz)
            )
            function.forward(z, y_whole, part)
            loss.values(part_y, part_t, each, rows)
            loss.gradient(part_y, part_t, dy, self._scale(k, scale), rows)
            function.backward(z, y_whole, dy_whole, dz_whole, part)
        joined.put(part_y, y, k, s)
        joined.put(part_dz, dz, k, s)
        s.xp.mean(each.reshape(s.n, -1), axis=1, out=values)

    def _add(self, k: int, values: Array, s: Scratch) -> None:
        part = s.array("loss_part_values")
        s.xp.multiply(part, self.weights[k], out=part)
        s.xp.add(values, part, out=values)

    def _scale(self, k: int, scale: float) -> float:
        return scale * self.weights[k] / self._joined.steps(k)

    def _chosen(self, k: int, function: Activation) -> Loss:
        with _of_output(self.names[k]):
            return self.losses[k].for_output(function)

    @property
    def _joined(self) -> Joined:
        assert self.behind is not None, "for_output chooses the losses first"
        return self.behind


def per_output(
    losses: Sequence[str | Loss] | Mapping[str, str | Loss], weights: Sequence[float] | None = None
) -> PerOutput:
    """
    Return a loss for each output of a network that has several (`PerOutput`).

    Args:
        losses: One for each output in order, or a mapping that names the outputs:
            ``per_output({"digit": "cross_entropy", "place": "squared_error"}, [1, 0.5])``.
        weights: A number >= 0 for each; 1 by default.

    Raises:
        OptionError: If there are not as many weights as losses, or a weight is negative.
        UnknownNameError: If there is no such loss.
    """
    if isinstance(losses, Mapping):
        return PerOutput(tuple(losses.values()), weights or (), tuple(losses))
    return PerOutput(losses, weights or ())


@contextmanager
def _of_output(name: str) -> Iterator[None]:
    """Name the output in errors raised inside."""
    try:
        yield
    except SynapseError as error:
        raise type(error)(f"output {name}: {error}") from error


def _checked_weights(weights: Any, n: int) -> tuple[float, ...]:
    fits = isinstance(weights, tuple) and len(weights) == n
    if (
        not fits
        or not all(isinstance(w, float) and np.isfinite(w) and w >= 0 for w in weights)
        or not any(weights)
    ):
        raise OptionError(
            f"weights of per_output must be a number >= 0 for each of the {n} losses, not all of them 0, "
            f"not {weights!r}"
        )
    return weights


def _checked_names(names: Any, n: int) -> tuple[str, ...]:
    fits = (
        isinstance(names, tuple) and len(names) == n and all(isinstance(name, str) and name for name in names)
    )
    if not fits or len(set(names)) != n:
        raise OptionError(
            f"names of per_output must be a different text for each of the {n} losses, not {names!r}"
        )
    return names
