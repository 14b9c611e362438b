"""A network as a value."""

from __future__ import annotations

from typing import Any, Protocol

from attrs import field, frozen

from ..backends import Backend
from ..data.normalization import Normalization
from ..data.options import check_labels
from ..errors import LabelError, OptionError, ShapeError, ValidationError
from ..learner import Learner
from ..params import Layout, Params
from ..typing import Array, Shape
from . import display
from .training import Training


class Architecture(Protocol):
    """What a snapshot asks of a description of a network."""

    @property
    def layout(self) -> Layout: ...
    @property
    def keeps(self) -> Layout: ...
    def fresh_kept(self, dtype: str) -> Params: ...
    @property
    def in_shape(self) -> Shape: ...
    @property
    def out_shape(self) -> Shape: ...
    def check(self, net: Net, data: Any) -> None: ...
    def check_training(self, net: Net) -> None: ...
    def program(
        self, backend: Backend, capacity: int, theta: Array, *, rng: Any = None, kept: Any = None
    ) -> Any: ...
    def learner(
        self, net: Net, data: Any, backend: Backend, *, ignore_divergence: bool = False
    ) -> Learner: ...


def _params(instance: Any, attribute: Any, params: Any) -> None:
    if not isinstance(params, Params):
        raise OptionError(f"params= takes Params, such as net.params.with_flat(...), not {params!r}")
    if params.flat.dtype.name not in ("float32", "float64"):
        raise OptionError(f"parameters are float32 or float64, not {params.flat.dtype}")


def _optional_params(instance: Any, attribute: Any, params: Any) -> None:
    if params is not None and not isinstance(params, Params):
        raise OptionError(f"kept= takes Params, such as net.kept.replace(...), not {params!r}")


def _training(instance: Any, attribute: Any, training: Any) -> None:
    if not isinstance(training, Training):
        raise OptionError(f"training= takes what sx.training(...) returns, not {training!r}")


def _different(instance: Any, attribute: Any, labels: tuple[Any, ...] | None) -> None:
    if labels is not None and instance.several_outputs:
        for of_one in labels:
            _all_different(of_one)
    else:
        _all_different(labels)


def _all_different(labels: tuple[Any, ...] | None) -> None:
    try:
        twice = labels is not None and len(set(labels)) != len(labels)
    except TypeError:
        raise LabelError(f"labels= takes labels that can be dictionary keys, not {labels}") from None
    if twice:
        raise LabelError(f"labels= names a class twice: {labels}")


def _labels(value: Any) -> tuple[Any, ...] | None:
    labels = check_labels("labels", value)
    # Lists, as files hold them, are the classes of one output each.
    return labels and tuple(check_labels("labels", one) if isinstance(one, list) else one for one in labels)


def _normalization(value: Any) -> Normalization | None:
    return None if value is None else Normalization.of(value)


@frozen(repr=False)
class Net:
    """
    An immutable snapshot of a network: description, parameters and training, equal by content.

    Snapshots share everything that did not change from one to the next, so keeping many is cheap.

    Attributes:
        arch: What it is made of.
        params: All weights and biases.
        training: How it is trained and where that stands.
        labels: The classes in the order of the outputs; None before it saw labelled data. Of a network with several
            outputs a tuple with the classes of each, None for values.
        version: Counts the snapshots published by training.
        normalization: What was done to the samples it learnt from, and is done to raw ones it is asked about.
        kept: What layers keep from batch to batch beside their parameters, such as the running means of batch
            normalisation: found by name as parameters are. As it is at first unless given.

    Raises:
        ShapeError: If the parameters are not laid out as the architecture wants them, or the normalisation is for
            other samples.
        LabelError: If a label is there twice, or is not hashable.
        OptionError: If the parameters are no float32 or float64 `Params`, or ``training`` is no `Training`.
    """

    arch: Any
    params: Params = field(validator=_params)
    training: Training = field(validator=_training)
    labels: tuple[Any, ...] | None = field(default=None, converter=_labels, validator=_different)
    version: int = 0
    normalization: Normalization | None = field(default=None, converter=_normalization)
    kept: Params = field(default=None, validator=_optional_params)

    @property
    def several_outputs(self) -> bool:
        """Whether the network ends in several values."""
        return len(getattr(self.arch, "outputs", ())) > 1

    def __attrs_post_init__(self) -> None:
        wanted, given = self.arch.layout, self.params.layout
        if wanted is not given and wanted != given:
            raise ShapeError(
                f"this architecture wants the parameters {_named(wanted)}, but was given {_named(given)}; "
                "to change an architecture, make its parameters anew (fresh_params)"
            )
        dtype = self.params.flat.dtype
        if self.kept is None:
            object.__setattr__(self, "kept", self.arch.fresh_kept(dtype.name))
        elif self.kept.flat.dtype != dtype:
            object.__setattr__(self, "kept", Params(self.kept.layout, self.kept.flat.astype(dtype)))
        keeps = self.arch.keeps
        if keeps is not self.kept.layout and keeps != self.kept.layout:
            raise ShapeError(
                f"this architecture keeps {_named(keeps)}, but was given {_named(self.kept.layout)}; give "
                "kept=None to begin anew"
            )
        if self.normalization is not None:
            self.normalization.check(self.arch.in_shape)

    def __repr__(self) -> str:
        return display.text(self)

    def _repr_html_(self) -> str:
        return display.html(self)


def only_nets(value: object) -> bool:
    """
    Return True: the validator of cells of networks.

    Raises:
        ValidationError: If ``value`` is no `Net`.
    """
    if not isinstance(value, Net):
        raise ValidationError(
            f"the cell of a network holds snapshots of networks, not {value!r}; what a swap calls must return one, "
            "as in net.swap(with_learning_rate, 0.1)"
        )
    return True


def _named(layout: Layout) -> str:
    return ", ".join(f"{e.name} {e.shape}" for e in layout.entries) or "none"
