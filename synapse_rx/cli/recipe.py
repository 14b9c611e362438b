"""What a training on the command line was asked for, kept beside its checkpoints."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from ..errors import FormatError
from ..files.atomic import replacing
from ..files.strict_json import dumps, loads

NAME = "training.json"
"""What the file is called."""
VERSION = 1


def _optional(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or kind(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _are_sizes(value: Any) -> bool:
    rows: list[Any] = cast(Any, value) if isinstance(value, list) else [None]
    return all(_is_row(row) for row in rows)


def _is_row(value: Any) -> bool:
    sizes: list[Any] = cast(Any, value) if isinstance(value, list) else [None]
    return all(map(_is_whole, sizes))


OPTIONS: dict[str, Callable[[Any], bool]] = {
    "data": _is_text,
    "hidden": _optional(_are_sizes),
    "activation": _is_text,
    "output": _is_text,
    "epochs": _optional(_is_whole),
    "batch": _optional(_is_whole),
    "shuffle": lambda value: value in ("once", "epoch", "never"),
    "algorithm": _is_text,
    "learning_rate": _optional(_is_number),
    "momentum": _optional(_is_number),
    "nesterov": lambda value: type(value) is bool,
    "seed": _is_whole,
    "backend": _optional(_is_text),
}
"""The options that say what is learnt and how, and what each may be."""


def write_recipe(options: Namespace, folder: str) -> None:
    """
    Write down what is to be learnt and how.

    Raises:
        OSError: If it cannot be written.
    """
    chosen = {name: getattr(options, name) for name in OPTIONS}
    with replacing(Path(folder) / NAME) as file:
        file.write(dumps({"version": VERSION, "options": chosen}).encode())


def read_recipe(folder: str) -> dict[str, Any]:
    """
    Return the options that were written down in a folder.

    Raises:
        FormatError: If there are none, or they are damaged.
        OSError: If they cannot be read.
    """
    path = Path(folder) / NAME
    if not path.is_file():
        raise FormatError(
            f"{folder!r} is no folder of a training that can be gone on with here; synapse-rx train --checkpoint "
            "begins one, and checkpoints that a program wrote are resumed by sx.resume"
        )
    try:
        about: dict[str, Any] = dict(loads(path.read_bytes()))
        version, options = about["version"], dict[str, Any](about["options"])
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path} is damaged: {error}") from None
    if version != VERSION:
        raise FormatError(f"{path} is of version {version!r}, but only {VERSION} is known here")
    if options.keys() != OPTIONS.keys():
        raise FormatError(
            f"{path} is damaged: it does not say {', '.join(OPTIONS)}, each once and nothing else"
        )
    for name, fits in OPTIONS.items():
        if not fits(options[name]):
            raise FormatError(f"{path} is damaged: {name} cannot be {options[name]!r}")
    return options
