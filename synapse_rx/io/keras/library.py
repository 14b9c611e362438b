"""The package ``h5py``, wanted only where a file of Keras is read."""

from __future__ import annotations

from typing import Any

from ...errors import MissingExtraError


def library() -> Any:
    """
    Return the package ``h5py``.

    Raises:
        MissingExtraError: If it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError(
            "files of Keras need the package h5py: pip install 'synapse-rx[keras]'"
        ) from error
    return h5py
