"""How samples are normalised before they are learnt: found on the training samples, kept with the network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, final

import attrs
import numpy as np

from ..errors import OptionError, ShapeError, UnknownNameError
from ..frozen import frozen
from ..typing import Data
from .samples import describe

KINDS = ("standardize", "min_max", "whiten")
"""The ways to normalise; see `Normalization`."""


def _numbers(value: Any, *, name: str, ndim: int = 1) -> np.ndarray:
    try:
        array = np.array(value, np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != ndim or not array.size or not np.isfinite(array).all():
        raise OptionError(f"{name}= takes finite numbers in {ndim} dimension(s), not {describe(value)}")
    return frozen(array, fresh=True)


def _optional(value: Any, *, name: str, ndim: int = 1) -> np.ndarray | None:
    return None if value is None else _numbers(value, name=name, ndim=ndim)


def _kind(instance: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, str) or value not in KINDS:
        raise UnknownNameError.of("normalization", value, KINDS)


@final
@attrs.frozen(eq=False, repr=False)
class Normalization:
    """
    What is done to samples before they are learnt or asked about: ``(x - shift) * scale`` or ``(x - shift) @ matrix``.

    Features are taken one by one, in flat order, after samples were multiplied by the ``scale`` of their `DataSet`:

    - "standardize": mean 0 and standard deviation 1;
    - "min_max": from 0 to 1;
    - "whiten": mean 0, standard deviation 1 and no correlation, as near to the standardised samples as that can be
      (ZCA-cor; Kessy, Lewin & Strimmer, 2018).

    What does not vary in training becomes 0. A value: equal by content, hashable, as plain data by `to_data`.

    Raises:
        UnknownNameError: If the kind is unknown.
        OptionError: If a number is not finite, or there are not as many as there should be.
    """

    kind: str = attrs.field(validator=_kind)
    """One of `KINDS`."""
    shift: np.ndarray = attrs.field(converter=partial(_numbers, name="shift"))
    """What is subtracted, (features,), float64. Read-only."""
    scale: np.ndarray | None = attrs.field(default=None, converter=partial(_optional, name="scale"))
    """What each feature is multiplied by, (features,); None for "whiten"."""
    matrix: np.ndarray | None = attrs.field(default=None, converter=partial(_optional, name="matrix", ndim=2))
    """What samples are multiplied by, (features, features); None but for "whiten"."""

    def __attrs_post_init__(self) -> None:
        name, ndim = ("matrix", 2) if self.kind == "whiten" else ("scale", 1)
        given = {key: getattr(self, key) for key in ("scale", "matrix") if getattr(self, key) is not None}
        if list(given) != [name] or given[name].shape != self.shift.shape * ndim:
            raise OptionError(f"{self.kind} takes shift= and {name}= for the same number of features")

    @classmethod
    def of(cls, value: Any) -> Normalization:
        """Return the normalisation that ``value`` is: one, or the plain data of one (`to_data`)."""
        if isinstance(value, Normalization):
            return value
        known = [field.name for field in attrs.fields(cls)]
        if not isinstance(value, Mapping) or not {"kind", "shift"} <= set(value) <= set(known):
            raise OptionError(f"a Normalization or its plain data is wanted, not {describe(value)}")
        return cls(**value)

    def to_data(self) -> dict[str, Data]:
        """Return this as plain data, numbers as lists; `of` turns it back without a loss."""
        lists = {name: getattr(self, name) for name in ("shift", "scale", "matrix")}
        return {"kind": self.kind} | {name: v.tolist() for name, v in lists.items() if v is not None}

    @property
    def features(self) -> int:
        """Numbers in a sample."""
        return len(self.shift)

    def apply(self, x: np.ndarray) -> np.ndarray:
        """
        Return samples (N, *sample_shape), normalised; floats keep their type, others become float32.

        Raises:
            ShapeError: If they have another number of features.
        """
        self.check(x.shape[1:])
        dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)
        flat = x.reshape(len(x), -1) - self.shift.astype(dtype)
        if self.matrix is not None:
            return (flat @ self.matrix.astype(dtype)).reshape(x.shape)
        assert self.scale is not None
        flat *= self.scale.astype(dtype)
        return flat.reshape(x.shape)

    def check(self, sample_shape: tuple[int, ...]) -> None:
        """Raise a ShapeError unless samples of this shape have the features it was made for."""
        if np.prod(sample_shape, dtype=int) != self.features:
            raise ShapeError(f"{self!r} does not fit samples of shape {sample_shape}")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Normalization):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash((self.kind, self.shift.tobytes()))

    def __reduce__(self) -> Any:
        return Normalization, (self.kind, self.shift, self.scale, self.matrix)

    def __repr__(self) -> str:
        return f"<Normalization {self.kind} of {self.features} features>"

    def _content(self) -> tuple[Any, ...]:
        rest = (self.scale, self.matrix)
        return (self.kind, self.shift.tobytes(), *(None if v is None else v.tobytes() for v in rest))
