"""Training sets in files."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

import numpy as np

from ..errors import FormatError, OptionError, SynapseError
from ..files import safetensors
from ..files.strict_json import dumps, loads
from .augmentations import Augmentation
from .data_set import DataSet
from .header import Header
from .normalization import Normalization
from .options import check_choice
from .samples import describe
from .trainset import Augment, TrainingSet

KEY = "synapse_rx.training_set"
"""The key of what is not an array, as JSON, among the metadata of a file."""
VERSION = 1
NORMALIZATION = ("shift", "scale", "matrix")


def save_training_set(data: TrainingSet | DataSet, path: str | PathLike[str]) -> None:
    """
    Write a training set, or a test set, to a safetensors file, which is there whole or not at all.

    Args:
        data: The set. `load_training_set` reads either, `load_test_set` a `DataSet`.
        path: The file; by convention it ends in ".safetensors".

    Raises:
        OptionError: If ``data`` is none, its labels are no text, numbers or booleans, or its ``augment`` is a function
            of your own, which cannot be written down.
        OSError: If the file cannot be written; one that was there is left as it is.
    """
    alone = isinstance(data, DataSet)
    if isinstance(data, DataSet):
        data = TrainingSet(data, batch=len(data))
    if not isinstance(data, TrainingSet):
        raise OptionError(f"save_training_set takes a TrainingSet or a DataSet, not {describe(data)}")
    check_plain(data)
    parts = {"data": data.data} if data.valid is None else {"data": data.data, "valid": data.valid}
    arrays = {
        f"{part}.{name}": array
        for part, samples in parts.items()
        for name in ("x", "y", "weights")
        if (array := getattr(samples, name)) is not None
    }
    how = data.data.normalization
    if how is not None:
        arrays |= {
            f"normalization.{name}": v for name in NORMALIZATION if (v := getattr(how, name)) is not None
        }
    header = data.header
    written = {
        "version": VERSION,
        "name": header.name,
        "type": header.type,
        "field_size": header.field_size,
        "labels": header.labels,
        "batch_counts": header.batch_counts,
        "valid_counts": header.valid_counts,
        "batch": None if alone else data.batch,
        "augment": _augment_data(data.augment),
        "shuffle": data.shuffle,
        "seed": data.seed,
        "scale": data.data.scale,
        "censored": {part: samples.censored for part, samples in parts.items()},
        "normalization": None if how is None else how.kind,
        "parts": data.data.parts.to_data(),
    }
    safetensors.write(path, arrays, {KEY: dumps(written)})


def check_plain(data: TrainingSet) -> None:
    """
    Check that everything in a training set can be written down.

    Raises:
        OptionError: If not.
    """
    if odd := [label for label in data.labels or () if not isinstance(label, str | int | float)]:
        raise OptionError(f"labels in a file are text, numbers or booleans, not {odd[0]!r}")
    _augment_data(data.augment)


def open_training_set(path: str | PathLike[str], *, mmap: bool = False) -> TrainingSet:
    """
    Read a training set that `save_training_set` wrote.

    Args:
        path: The file.
        mmap: Leave samples and targets in the file, mapped into memory. It takes no memory then, but the file must not
            be written to as long as the set is used, and its checksum is not verified.

    Raises:
        FormatError: If the file is another one, or damaged.
        OSError: If it cannot be read at all.
    """
    return _opened(path, mmap)[0]


def open_data_set(path: str | PathLike[str]) -> DataSet:
    """
    Read a `DataSet` that `save_training_set` wrote.

    Raises:
        FormatError: If the file holds a training set, is another one, or damaged.
        OSError: If it cannot be read at all.
    """
    data, alone = _opened(path, mmap=False)
    if not alone:
        raise FormatError(f"{path} holds a training set, no test set; load_training_set reads it")
    return data.data


def load_training_set_header(path: str | PathLike[str]) -> Header:
    """
    Read name, kind and label counts of a training set in a file, and nothing of its samples.

    Raises:
        FormatError: If the file is no training set, or its header is damaged.
        OSError: If it cannot be read at all.
    """
    about = _about(path, safetensors.read_header(path)[0])
    try:
        return _header(about)
    except (KeyError, TypeError) as error:
        raise FormatError(f"{path} holds no right header of a training set: {error!r}") from None


def _opened(path: str | PathLike[str], mmap: bool) -> tuple[TrainingSet, bool]:
    """Return what a file holds, and whether that was a `DataSet`."""
    metadata, arrays = _mapped(path) if mmap else safetensors.read(path)
    about = _about(path, metadata)
    try:
        normalization = None
        if about["normalization"] is not None:
            numbers = {name: arrays.get(f"normalization.{name}") for name in NORMALIZATION}
            normalization = Normalization.of({"kind": about["normalization"], **numbers})
        parts = {name: _part(arrays, name, about, normalization) for name in about["censored"]}
        augment, alone = about.get("augment"), about["batch"] is None
        data = TrainingSet(
            parts["data"],
            batch=len(parts["data"]) if alone else about["batch"],
            valid=parts.get("valid"),
            shuffle=about["shuffle"],
            seed=about["seed"],
            augment=None if augment is None else Augmentation.of(augment),
            header=_header(about),
        )
    except (AttributeError, KeyError, TypeError, SynapseError) as error:
        raise FormatError(f"{path} holds no right training set: {error}") from error
    return data, alone


def _mapped(path: str | PathLike[str]) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    metadata, entries, memory = safetensors.map_file(path)
    return metadata, {name: entry.view(memory) for name, entry in entries.items()}


def _augment_data(augment: Augment | None) -> Any:
    if augment is None or isinstance(augment, Augmentation):
        return None if augment is None else augment.to_data()
    raise OptionError(
        f"augment={augment!r} is a function of your own, which cannot be written down; take one of augmentations, or "
        "save the set without it (attrs.evolve(data, augment=None))"
    )


def is_file_name(name: Any) -> bool:
    """Tell whether ``name`` means a file: a path, or text that ends in .safetensors."""
    return isinstance(name, PathLike) or (isinstance(name, str) and fspath(name).endswith(".safetensors"))


def _about(path: Any, metadata: dict[str, str]) -> dict[str, Any]:
    try:
        about = loads(metadata[KEY])
        version = about["version"]
    except (KeyError, TypeError, ValueError):
        raise FormatError(f"{path} is no training set; save_training_set writes one") from None
    safetensors.require_checksums(path, metadata)
    if version != VERSION:
        raise FormatError(f"{path} is written in version {version}, but only {VERSION} is known here")
    return about


def _header(about: dict[str, Any]) -> Header:
    return Header(
        name=about["name"],
        type=about["type"],
        field_size=tuple(about["field_size"]),
        labels=None if about["labels"] is None else tuple(about["labels"]),
        batch_counts=tuple(map(tuple, about["batch_counts"])),
        valid_counts=tuple(about["valid_counts"]),
    )


def _part(
    arrays: dict[str, np.ndarray], name: str, about: dict[str, Any], normalization: Normalization | None
) -> DataSet:
    return DataSet(
        arrays[f"{check_choice('part', name, ('data', 'valid'))}.x"],
        arrays.get(f"{name}.y"),
        about["labels"],
        scale=about["scale"],
        weights=arrays.get(f"{name}.weights"),
        censored=about["censored"][name],
        normalization=normalization,
        parts=about.get("parts", {}),
    )
