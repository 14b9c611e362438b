"""
The MNIST handwritten digits: 60 000 training and 10 000 test images of 28x28 grey levels.

Y. LeCun, C. Cortes & C. Burges, "The MNIST database of handwritten digits", 1998.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..errors import DataError, FormatError, MissingExtraError
from .idx import read_idx

FOLDER_VARIABLE = "SYNAPSE_RX_DATA"
"""The environment variable that names the folder with the four files, or the one above its ``mnist``."""

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
"""Where the files are downloaded from; the next is tried when one fails."""

SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""The four files and the SHA-256 of their uncompressed bytes."""


def read_mnist(part: str) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the images (N, 28, 28) and the labels, both uint8 and read-only, of one ``part``.

    Args:
        part: "train" (60 000 samples) or "test" (10 000).

    Raises:
        DataError: If the folder in ``SYNAPSE_RX_DATA`` lacks the files, or they cannot be downloaded.
        FormatError: If a file is damaged or another than its name says.
        MissingExtraError: If a download is needed and pooch is not installed.
    """
    prefix = "train" if part == "train" else "t10k"
    images, labels = f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"
    if folder := os.environ.get(FOLDER_VARIABLE):
        found = _find(Path(folder).expanduser(), (images, labels))
        return read_idx(found[0], sha256=SHA256[images]), read_idx(found[1], sha256=SHA256[labels])
    return _download(images), _download(labels)


def _find(folder: Path, names: tuple[str, ...]) -> list[Path]:
    places = (folder, folder / "mnist")
    found = [next(filter(Path.is_file, _spellings(places, name)), None) for name in names]
    if missing := [name for name, path in zip(names, found, strict=True) if path is None]:
        raise DataError(
            f"{FOLDER_VARIABLE} is {str(folder)!r}, but neither there nor in its subfolder 'mnist' is "
            f"{' or '.join(missing)} (plain or .gz); put the four MNIST files there, or unset "
            f"{FOLDER_VARIABLE} to download them"
        )
    return [path for path in found if path is not None]


def _spellings(places: tuple[Path, ...], name: str) -> Iterator[Path]:
    for place in places:
        for stem in (name, name.replace("-idx", ".idx")):
            yield place / stem
            yield place / f"{stem}.gz"


def _download(name: str) -> np.ndarray:
    try:
        import pooch
    except ImportError as error:
        raise MissingExtraError(
            f"MNIST is downloaded with pooch, which is not installed: pip install 'synapse-rx[data]', or set "
            f"{FOLDER_VARIABLE} to a folder with the four files"
        ) from error
    cache, failures = Path(pooch.os_cache("synapse_rx")) / "mnist", []
    for mirror in MIRRORS:
        try:
            # The mirrors compress differently, so it is the uncompressed bytes that are verified.
            path = Path(pooch.retrieve(f"{mirror}{name}.gz", known_hash=None, fname=f"{name}.gz", path=cache))
            return read_idx(path, sha256=SHA256[name])
        except FormatError as error:
            (cache / f"{name}.gz").unlink(missing_ok=True)
            failures.append(str(error))
        except (OSError, ValueError) as error:
            failures.append(f"{mirror}: {error}")
    raise DataError(
        f"{name}.gz cannot be downloaded; set {FOLDER_VARIABLE} to a folder with the four MNIST files. "
        + "; ".join(failures)
    )
