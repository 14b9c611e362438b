"""What a training was set to, by name."""

from __future__ import annotations

from typing import Any

from attrs import fields

from ..described import Described, brief
from ..snapshot import Net


def hyper_parameters(net: Net) -> dict[str, float | bool | str]:
    """Return what a training was set to, by name: numbers as numbers, everything else in words."""
    how = net.training
    found: dict[str, Any] = {
        "architecture": str(net.arch),
        "algorithm": how.algorithm.kind,
        "loss": how.loss,
        "seed": how.seed,
    }
    for described in (how.algorithm, how.update):
        options = {option.alias: getattr(described, option.name) for option in fields(type(described))}
        found |= {name: value for name, value in options.items() if value is not None}
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> float | bool | str:
    if isinstance(value, Described):
        return brief(value)
    return value if isinstance(value, bool | int | float | str) else str(value)
