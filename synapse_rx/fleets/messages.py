"""
Messages as bytes: JSON, and arrays as safetensors where there are any. Nothing in a message is ever executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import FormatError
from ..files import safetensors
from ..files.strict_json import dumps, loads
from ..typing import Data

KEY = "synapse_rx.message"
"""The key of what is not an array among the metadata of a message with arrays."""


def pack(data: Data, arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """
    Return a message as bytes.

    Raises:
        OptionError: If an array is of a type that safetensors does not know.
    """
    text = dumps(data)
    return safetensors.to_bytes(arrays, {KEY: text}) if arrays else text.encode()


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """
    Return what a message says, and its arrays, read-only.

    Raises:
        FormatError: If it is no message.
    """
    # The length of the header of safetensors, which comes first there, is a multiple of eight; "{" is none.
    metadata, arrays = ({}, {}) if message[:1] == b"{" else safetensors.from_bytes(message)
    data = loads(metadata.get(KEY, "") if metadata else message)
    if not isinstance(data, dict):
        raise FormatError(f"a message is an object, not {data!r}")
    return data, arrays
