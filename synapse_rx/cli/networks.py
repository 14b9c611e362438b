"""Files of networks in several formats, told apart by what their names end with, and folders of checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import FormatError, OptionError
from ..io import load_snapshot, resume, save
from ..io.keras import import_keras
from ..io.onnx import export_onnx, import_onnx
from ..snapshot import Net

READERS: dict[str, Callable[[str], Net]] = {
    ".safetensors": load_snapshot,
    ".onnx": lambda path: import_onnx(path).value,
    ".keras": lambda path: import_keras(path).value,
    ".h5": lambda path: import_keras(path).value,
    ".hdf5": lambda path: import_keras(path).value,
}
WRITERS: dict[str, Callable[[Net, str], None]] = {".safetensors": save, ".onnx": export_onnx}


def read_network(path: str) -> Net:
    """
    Return the network in a file; of a folder with checkpoints, the newest.

    Raises:
        FormatError: If there is none.
        MissingExtraError: If a package is needed that is not installed; it says which.
        OSError: If it cannot be read.
    """
    if Path(path).is_dir():
        return _newest(path)
    reader = READERS.get(Path(path).suffix.lower())
    return _of_some_name(path) if reader is None else reader(path)


def write_network(net: Net, path: str) -> None:
    """
    Write a network to a file.

    Raises:
        OptionError: If networks are not written to files of that name, or something in it has no form in one.
        MissingExtraError: If a package is needed that is not installed; it says which.
        OSError: If it cannot be written.
    """
    WRITERS[_written_as(path)](net, path)


def check_target(path: str) -> None:
    """
    Check that a network can be written to a file of that name, before there is one.

    Raises:
        OptionError: If not.
    """
    _written_as(path)
    prepare(path)


def prepare(path: str) -> None:
    """
    Make the folder for a file.

    Raises:
        OptionError: If there is a folder in the place of the file.
        OSError: If it cannot be made.
    """
    if Path(path).is_dir():
        raise OptionError(f"{path!r} is a folder; give the name of a file, such as net.safetensors")
    Path(path).parent.mkdir(parents=True, exist_ok=True)


def _newest(folder: str) -> Net:
    try:
        return resume(folder).value
    except FileNotFoundError:
        raise FormatError(
            f"there is no checkpoint in the folder {folder!r}; train --checkpoint writes them"
        ) from None


def _of_some_name(path: str) -> Net:
    """Read a network whose name says nothing; `save` takes any."""
    try:
        return load_snapshot(path)
    except FormatError as error:
        raise FormatError(
            f"{error}; networks in other formats end in {', '.join(list(READERS)[1:])}"
        ) from None


def _written_as(path: str) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise OptionError(
            f"networks are written as {' or '.join(WRITERS)}, not as {suffix or 'what has no ending'}: {path}"
        )
    return suffix
