"""ONNX files, read with distrust."""

from __future__ import annotations

import math
import os
import stat
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import FormatError
from ..library import library

TYPES = {1: "<f4", 2: "|u1", 3: "|i1", 6: "<i4", 7: "<i8", 9: "|b1", 10: "<f2", 11: "<f8"}
"""Types of tensors that are read, as the format numbers them."""
FIELDS = {1: "float_data", 7: "int64_data", 11: "double_data"}
"""Where tensors that are not raw bytes have their numbers; those of all other types in ``int32_data``."""


def load_model(path: str | PathLike[str]) -> Any:
    """
    Return the model in a file, a ModelProto; what lies in other files stays there.

    Raises:
        FormatError: If it is no ONNX file.
        OSError: If it cannot be read at all.
    """
    content = Path(path).read_bytes()
    onnx = library()
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as error:  # whatever the protobuf of the day raises
        raise FormatError(f"it is no ONNX file, or damaged: {error}") from None
    if not model.graph.node or not model.opset_import:
        raise FormatError("it is no ONNX file: it has no graph")
    return model


def array_of(tensor: Any, folder: Path) -> np.ndarray:
    """
    Return the numbers of a TensorProto.

    Raises:
        FormatError: If it is of a type that no weights have, has not as many numbers as its sizes say, or lies in a
            file outside of ``folder``.
    """
    if tensor.data_type == 8:
        return np.array([text.decode("utf-8", "replace") for text in tensor.string_data], object)
    if tensor.data_type not in TYPES:
        raise FormatError(
            f"the tensor {tensor.name!r} is of a type that is not read here ({tensor.data_type})"
        )
    dtype, shape = np.dtype(TYPES[tensor.data_type]), tuple(tensor.dims)
    if any(size < 0 for size in shape) or len(shape) > 16:
        raise FormatError(f"the tensor {tensor.name!r} cannot have the shape {shape}")
    count = math.prod(shape)
    if tensor.data_location == 1:
        array = _external(tensor, folder, dtype, count)
    elif tensor.HasField("raw_data"):
        if len(tensor.raw_data) != count * dtype.itemsize:
            raise FormatError(f"the tensor {tensor.name!r} has not as many bytes as {shape} needs")
        array = np.frombuffer(tensor.raw_data, dtype)
    else:
        numbers = getattr(tensor, FIELDS.get(tensor.data_type, "int32_data"))
        if len(numbers) != count:
            raise FormatError(f"the tensor {tensor.name!r} has not as many numbers as {shape} needs")
        raw = np.array(numbers)
        array = raw.astype("<u2").view("<f2") if tensor.data_type == 10 else raw.astype(dtype)
    array = array.reshape(shape)
    return array.astype(np.float32) if dtype == np.float16 else array


def _external(tensor: Any, folder: Path, dtype: np.dtype[Any], count: int) -> np.ndarray:
    """Return the numbers of a tensor that lie in a file of their own, which is beside the model or below."""
    about = {entry.key: entry.value for entry in tensor.external_data}
    location = about.get("location", "")
    root = folder.resolve()
    path = (root / location).resolve()
    if not location or Path(location).is_absolute() or not path.is_relative_to(root) or path == root:
        raise FormatError(
            f"the tensor {tensor.name!r} lies in {location!r}, outside of the folder of the model"
        )
    try:
        offset = int(about.get("offset", "0"))
        length = int(about.get("length", str(count * dtype.itemsize)))
    except ValueError:
        raise FormatError(f"the place of the tensor {tensor.name!r} in {location!r} is no number") from None
    if length != count * dtype.itemsize or offset < 0:
        raise FormatError(f"the tensor {tensor.name!r} has not as many bytes in {location!r} as it needs")
    try:
        about_file = os.stat(path)
        if not stat.S_ISREG(about_file.st_mode) or about_file.st_size < offset + length:
            raise FormatError(f"{location!r} is not long enough to hold the tensor {tensor.name!r}")
        return np.fromfile(path, dtype, count, offset=offset)
    except OSError as error:
        raise FormatError(f"the tensor {tensor.name!r} cannot be read from {location!r}: {error}") from None
