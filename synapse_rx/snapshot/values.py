"""
Plain values in JSON and back, with their types.

What JSON knows stands for itself. Everything else is an object with one name that begins with "$": a tuple is
``{"$tuple": [...]}``, a description ``{"$described": ["loss", {...}]}``, an array ``{"$tensor": "stats.loss"}``: it is
found under that name in the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any
from weakref import ref

import numpy as np

from ..described import Described, import_elsewhere, snake_case
from ..errors import FormatError, OptionError, UnknownNameError
from ..files.safetensors_header import DTYPES
from ..typing import Data

Arrays = MutableMapping[str, np.ndarray]
"""Arrays by their names in a file."""

SCALARS = tuple(np.dtype(name).str for name in DTYPES.values())
"""The types of numpy's numbers, as files name them."""

_WRITTEN: dict[int, tuple[ref[Any], Data]] = {}
"""What was made of descriptions before, as long as they live: from one checkpoint to the next they rarely change."""


def encode(value: Any, name: str, arrays: Arrays) -> Data:
    """
    Return ``value`` as plain data.

    Args:
        value: None, a bool, an int, a float, text, bytes, a number of numpy, an array, a description, or a list, a
            tuple or a dict of these.
        name: Where it stands, for messages and for the names of arrays.
        arrays: Where arrays are put.

    Raises:
        OptionError: If it is something else, or a description that does not come back from its plain data.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str) or (kind is float and math.isfinite(value)):
        return value
    if kind is float:
        return {"$float": repr(value)}
    if kind is list:
        return [encode(item, f"{name}.{index}", arrays) for index, item in enumerate(value)]
    if kind is tuple:
        return {"$tuple": encode(list(value), name, arrays)}
    if kind is dict:
        return _encode_dict(value, name, arrays)
    if kind is bytes:
        return {"$bytes": value.hex()}
    if isinstance(value, np.ndarray):
        return encode_array(value, name, arrays)
    if isinstance(value, np.generic) and value.dtype.str in SCALARS:
        return {"$scalar": [value.dtype.str, encode(value.item(), name, arrays)]}
    if isinstance(value, Described):
        return _encode_description(value, name)
    raise OptionError(
        f"{name} of this network is {value!r} ({kind.__name__}), which cannot be written to a file; text, numbers, "
        "booleans and tuples of them can"
    )


def encode_array(array: np.ndarray, name: str, arrays: Arrays) -> Data:
    """Put ``array`` among ``arrays`` and return the reference to it."""
    arrays[name] = array
    return {"$tensor": name}


def decode(data: Data, arrays: Arrays) -> Any:
    """
    Return the value that `encode` made ``data`` of. Arrays are taken out of ``arrays``, so that none is used twice.

    Raises:
        FormatError: If it is nothing that `encode` makes.
        SynapseError: If a description is unknown or refuses its fields.
    """
    if isinstance(data, list):
        return [decode(item, arrays) for item in data]
    if not isinstance(data, dict):
        return data
    tag = next(iter(data), "")
    if not tag.startswith("$"):
        return {name: decode(item, arrays) for name, item in data.items()}
    if len(data) != 1 or tag not in TAGS:
        raise FormatError(f"{_shown(data)} is nothing that is known here")
    return TAGS[tag](data[tag], arrays)


def decode_array(data: Data, arrays: Arrays) -> np.ndarray:
    """
    Take the array that ``data`` refers to out of ``arrays``.

    Raises:
        FormatError: If it refers to none, or to one that is taken already.
    """
    name = data.get("$tensor") if isinstance(data, dict) and len(data) == 1 else None
    if not isinstance(name, str) or name not in arrays:
        raise FormatError(f"{_shown(data)} is no array of this file, or used twice")
    return arrays.pop(name)


def family_of(description: Described) -> type[Described]:
    """Return the family of a description: the class right below `Described` that it comes from."""
    return next(cls for cls in type(description).__mro__ if Described in cls.__bases__)


def family(name: str) -> type[Described]:
    """
    Return the family called ``name``, such as "layer".

    Raises:
        UnknownNameError: If there is none.
    """
    found = _families(name)
    if not found:
        import_elsewhere()
        found = _families(name)
    if not found:
        raise UnknownNameError.of(
            "family", name, {snake_case(cls.__name__) for cls in Described.__subclasses__()}
        )
    return found[-1]


def _families(name: str) -> list[type[Described]]:
    # The latest last, as with members; what attrs has put another class in the place of has no members.
    families = {cls: snake_case(cls.__name__) for cls in Described.__subclasses__()}
    return [cls for cls, known in families.items() if known == name and next(cls.members(), None)]


def _encode_dict(value: dict[Any, Any], name: str, arrays: Arrays) -> Data:
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: encode(item, f"{name}.{key}", arrays) for key, item in value.items()}
    return {"$dict": [[encode(each, name, arrays) for each in pair] for pair in value.items()]}


def _encode_description(value: Described, name: str) -> Data:
    key = id(value)
    known = _WRITTEN.get(key)
    if known is not None and known[0]() is value:
        return known[1]
    data = {"$described": [snake_case(family_of(value).__name__), encode(value.to_data(), name, {})]}
    try:
        back = decode(data, {})
    except Exception as error:
        raise _lost(value, name) from error
    if back != value:
        raise _lost(value, name)
    with suppress(TypeError):  # what cannot be referred to weakly is written anew every time
        _WRITTEN[key] = ref(value, lambda _: _WRITTEN.pop(key, None)), data
    return data


def _lost(value: Described, name: str) -> OptionError:
    return OptionError(
        f"{name} of this network does not come back from what to_data makes of it: {value!r}; every field needs a "
        "converter that takes plain data (lists for tuples, Family.of for descriptions)"
    )


def _float(data: Data, arrays: Arrays) -> float:
    if data not in ("nan", "inf", "-inf"):
        raise FormatError(f"{_shown(data)} is no number")
    return float(data)


def _tuple(data: Data, arrays: Arrays) -> tuple[Any, ...]:
    return tuple(decode(_list(data), arrays))


def _dict(data: Data, arrays: Arrays) -> dict[Any, Any]:
    return {decode(key, arrays): decode(value, arrays) for key, value in map(_pair, _list(data))}


def _bytes(data: Data, arrays: Arrays) -> bytes:
    return bytes.fromhex(data)


def _scalar(data: Data, arrays: Arrays) -> np.generic:
    dtype, item = _pair(data)
    number = decode(item, {})
    if dtype not in SCALARS or type(number) not in (bool, int, float):
        raise FormatError(f"{_shown(data)} is no number of numpy")
    return np.dtype(dtype).type(number)


def _described(data: Data, arrays: Arrays) -> Described:
    name, fields = _pair(data)
    described = decode(fields, {})
    if not isinstance(name, str) or not isinstance(described, Mapping):
        raise FormatError(f"{_shown(data)} is no description")
    return family(name).of(described)


def _list(data: Data) -> list[Any]:
    if not isinstance(data, list):
        raise FormatError(f"{_shown(data)} is no list")
    return data


def _pair(data: Data) -> list[Any]:
    if not isinstance(data, list) or len(data) != 2:
        raise FormatError(f"{_shown(data)} is no pair")
    return data


def _shown(data: Data) -> str:
    text = repr(data)
    return text if len(text) < 80 else f"{text[:70]}..."


TAGS: Mapping[str, Callable[[Data, Arrays], Any]] = {
    "$float": _float,
    "$tuple": _tuple,
    "$dict": _dict,
    "$bytes": _bytes,
    "$scalar": _scalar,
    "$tensor": lambda data, arrays: decode_array({"$tensor": data}, arrays),
    "$described": _described,
}
