"""Recurrent layers of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...activations import Activation as Function
from ...errors import FormatError
from ...layers import GRU, LSTM, RNN
from ...typing import Array
from ..assembly import Body, Step, Value
from ..assembly.body import Translation
from .model import Details

LSTM_GATES = (0, 1, 3, 2)
"""Where our gates i, f, o, g stand among Keras's i, f, c, o."""
GRU_GATES = (1, 0, 2)
"""Where our gates r, u, n stand among Keras's z, r, h."""
SIMPLE = ("tanh", "relu", "sigmoid", "linear", "softplus", "elu", "selu")
"""Activations of a simple recurrent layer, which have the same names."""


def _simple(step: Step, value: Value, body: Body) -> Value:
    return _read("SimpleRNN", step.node.detail, 1, value, body)


def _lstm(step: Step, value: Value, body: Body) -> Value:
    return _read("LSTM", step.node.detail, 1, value, body)


def _gru(step: Step, value: Value, body: Body) -> Value:
    return _read("GRU", step.node.detail, 1, value, body)


def _bidirectional(step: Step, value: Value, body: Body) -> Value:
    details: Details = step.node.detail
    details.only("merge_mode", "concat")
    inner = details.option("layer", {})
    back = details.option("backward_layer")
    ignored = ("name", "go_backwards", "dtype")
    if back is not None and any(
        inner["config"].get(key) != value
        for key, value in back["config"].items()
        if key not in ignored and not isinstance(value, dict)
    ):
        raise FormatError("the layers of both directions differ")
    return _read(inner["class_name"], Details(inner["config"], details.weights), 2, value, body)


def _read(name: str, details: Details, directions: int, value: Value, body: Body) -> Value:
    if name not in KINDS:
        raise FormatError(f"{name} is not supported")
    for option in ("go_backwards", "stateful", "return_state", "time_major"):
        details.only(option, False)
    kind, order = KINDS[name]
    options: dict[str, Any] = {"bidirectional": directions == 2}
    options["returns"] = "sequence" if details.option("return_sequences", False) else "last"
    reset_after = bool(details.option("reset_after", False))
    if name == "GRU":
        options["reset"] = "after" if reset_after else "before"
    if name == "SimpleRNN":
        details.only("activation", *SIMPLE)
        options["activation"] = Function.of(details.option("activation", "tanh"))
    else:
        details.only("activation", "tanh")
        details.only("recurrent_activation", "sigmoid")
    value = body.plain(value)
    weights = _weights(details, order, directions, name == "GRU" and reset_after)
    layer = kind(weights["U"].shape[0], **options)
    return body.add(layer, value, Value.fresh(layer.out_shape(value.shape)), weights=weights)


def _weights(details: Details, order: tuple[int, ...], directions: int, has_c: bool) -> dict[str, Array]:
    bias = bool(details.option("use_bias", True))
    arrays = details.take((2 + bias) * directions)
    parts = [arrays[k * (2 + bias) : (k + 1) * (2 + bias)] for k in range(directions)]
    units, gates = parts[0][1].shape[0], len(order)
    found: dict[str, list[Array]] = {}
    for w, u, *b in parts:
        both = b[0] if b else np.zeros((2, gates * units) if has_c else gates * units, w.dtype)
        if w.ndim != 2 or w.shape[1:] != (gates * units,) or u.shape != (units, gates * units):
            raise FormatError(
                f"weights of {w.shape} and {u.shape} do not fit {units} units with {gates} gates"
            )
        if both.shape != ((2, gates * units) if has_c else (gates * units,)):
            raise FormatError(f"biases of {both.shape} do not fit {units} units with {gates} gates")
        if has_c:
            found.setdefault("c", []).append(both[1, -units:])
            # Where the candidate is worked out r acts on the second bias too; elsewhere the sum counts.
            both = both[0] + np.concatenate([both[1, :-units], np.zeros(units, w.dtype)])
        for name, array in (("W", w), ("U", u), ("b", both)):
            found.setdefault(name, []).append(_ordered(array, order))
    return {name: np.concatenate(parts, axis=-1) for name, parts in found.items()}


def _ordered(array: Array, order: tuple[int, ...]) -> Array:
    """Return columns ordered by gate and unit with the gates in another order."""
    parted = array.reshape(*array.shape[:-1], len(order), -1)
    return parted[..., list(order), :].reshape(array.shape)


KINDS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "SimpleRNN": (RNN, (0,)),
    "LSTM": (LSTM, LSTM_GATES),
    "GRU": (GRU, GRU_GATES),
}

TABLE: dict[str, Translation] = {
    "SimpleRNN": _simple,
    "LSTM": _lstm,
    "GRU": _gru,
    "Bidirectional": _bidirectional,
}
