"""The package ``h5py``, wanted only where a file of Keras is read."""

from __future__ import annotations

from importlib.util import find_spec

from ...errors import MissingExtraError


def check_library() -> None:
    """
    Check that h5py is there for `extraction`.

    Raises:
        MissingExtraError: If it is not installed.
    """
    if find_spec("h5py") is None:
        raise MissingExtraError("files of Keras need the package h5py: pip install 'synapse-rx[keras]'")
