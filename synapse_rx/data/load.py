"""Load the data sets that come with the library by name."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import Any

import attrs
import numpy as np

from ..errors import OptionError, UnknownNameError
from .build import test_set, training_set
from .data_set import DataSet
from .digits import read_digits
from .mnist import read_mnist
from .options import Shuffle, check_dtype
from .saved import is_file_name, open_data_set, open_training_set
from .trainset import Augment, TrainingSet


@attrs.frozen
class Source:
    """A data set that can be loaded by name, and the options it is loaded with unless told otherwise."""

    read: Callable[[str], tuple[np.ndarray, np.ndarray]]
    """From "train" or "test" to the images (N, height, width) as uint8 and their labels."""
    white: int
    """The largest grey level: samples as learnt lie between 0 and 1."""
    dtype: str
    batch: int
    nvalid: int
    shuffle: Shuffle
    first: int | None = None
    """Use only so many of the training images."""


SOURCES = {
    "digits": Source(read_digits, white=16, dtype="float32", batch=32, nvalid=200, shuffle="once"),
    "mnist": Source(read_mnist, white=255, dtype="uint8", batch=128, nvalid=5000, shuffle="once"),
    "mnist10k": Source(
        read_mnist, white=255, dtype="uint8", batch=500, nvalid=2000, shuffle=False, first=10_000
    ),
}
"""What `load_training_set` and `load_test_set` know."""


def load_training_set(
    name: str | PathLike[str] = "digits",
    *,
    nvalid: int | None = None,
    batch: int | None = None,
    online: bool = False,
    shuffle: Shuffle | None = None,
    seed: int = 0,
    dtype: str | None = None,
    flat: bool = True,
    mmap: bool = False,
    augment: Augment | None = None,
) -> TrainingSet:
    """
    Load the training part of a data set of handwritten digits, or a file that `save_training_set` wrote.

    ========== ======================================================== ===== ====== =======
    name       what                                                     batch nvalid shuffle
    ========== ======================================================== ===== ====== =======
    "digits"   1 437 images 8x8 from scikit-learn, float32              32    200    "once"
    "mnist"    60 000 images 28x28, kept as uint8                       128   5000   "once"
    "mnist10k" the first 10 000 of them                                 500   2000   False
    ========== ======================================================== ===== ====== =======

    MNIST is read from the folder that ``SYNAPSE_RX_DATA`` names, else from the user's cache, else downloaded.

    Args:
        name: Which; or a file, whose name is a path or ends in .safetensors. Options are in the file then.
        nvalid: Samples for validation; None as in the table, like every option that is None.
        batch: Samples per batch.
        online: ``batch=1``.
        shuffle: "once", "epoch", "balanced" or False, as for `training_set`.
        seed: What every shuffle follows from.
        dtype: "float32" and "float64" hold samples between 0 and 1, "uint8" grey levels with a ``scale``.
        flat: Samples are vectors (64,) or (784,); False: images (1, 8, 8) or (1, 28, 28).
        mmap: Leave samples in the file, as for `open_training_set`.
        augment: What is done to the samples of every batch, as for `training_set`.

    Raises:
        UnknownNameError: If there is no such data set.
        DataError: If ``SYNAPSE_RX_DATA`` names a folder without the files, or a download fails.
        MissingExtraError: If a package of the extra ``data`` is needed and missing.
        FormatError: If a file is damaged.
        OptionError: If an option is none, or stands beside a file.
    """
    if is_file_name(name):
        shape = None if flat else flat
        return _from_file(
            name, mmap, nvalid, batch, online or None, shuffle, seed or None, dtype, shape, augment
        )
    if mmap:
        raise OptionError(f"mmap=True is for files that save_training_set wrote, not for {name!r}")
    source = _source(name)
    x, labels, scale = _read(source, "train", dtype, flat)
    return training_set(
        x,
        labels,
        name=str(name),
        type="grayscale-image",
        field_size=x.shape[-2:] if not flat else None,
        nvalid=source.nvalid if nvalid is None else nvalid,
        batch=source.batch if batch is None and not online else batch,
        online=online,
        shuffle=source.shuffle if shuffle is None else shuffle,
        seed=seed,
        dtype=x.dtype.name,
        scale=scale,
        augment=augment,
    )


def load_test_set(
    name: str | PathLike[str] = "digits", *, dtype: str | None = None, flat: bool = True
) -> DataSet:
    """
    Load the test part of a data set, which no training set contains: 360 digits, or 10 000 of MNIST.

    Or a file with a `DataSet` that `save_training_set` wrote. Arguments and errors are those of `load_training_set`.
    """
    if is_file_name(name):
        if dtype is not None or not flat:
            raise OptionError("a file holds its own options; make the set anew with others")
        return open_data_set(name)
    x, labels, scale = _read(_source(name), "test", dtype, flat)
    return test_set(x, labels, known_labels=range(10), dtype=x.dtype.name, scale=scale)


def _from_file(name: Any, mmap: bool, *options: Any) -> TrainingSet:
    if any(option is not None for option in options):
        raise OptionError("a file holds its own options; change them with attrs.evolve or make the set anew")
    return open_training_set(name, mmap=mmap)


def _source(name: Any) -> Source:
    if not isinstance(name, str) or name not in SOURCES:
        raise UnknownNameError.of("data set", name, SOURCES)
    return SOURCES[name]


def _read(source: Source, part: str, dtype: str | None, flat: Any) -> tuple[np.ndarray, np.ndarray, float]:
    kind = check_dtype(source.dtype if dtype is None else dtype)
    if not isinstance(flat, bool):
        raise OptionError(f"flat= is True or False, not {flat!r}")
    images, labels = source.read(part)
    if part == "train" and source.first:
        # Copies, so that the rest does not stay in memory behind a view.
        images, labels = images[: source.first].copy(), labels[: source.first].copy()
    x = images.reshape(len(images), -1) if flat else images[:, None]
    if kind == "uint8":
        return x, labels, 1 / source.white
    return np.divide(x, source.white, dtype=kind), labels, 1.0
