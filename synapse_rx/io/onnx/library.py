"""The package ``onnx``, wanted only where a graph is written or read."""

from __future__ import annotations

from typing import Any

from ...errors import MissingExtraError


def library() -> Any:
    """
    Return the package ``onnx``.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("ONNX files need the package onnx: pip install 'synapse-rx[onnx]'") from error
    return onnx
