"""Read images that lie in a folder for each class."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, FormatError, MissingExtraError, OptionError
from .options import check_count

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".pgm", ".tif", ".tiff", ".webp"})
"""Files that are read; others are passed over."""


def read_image_folder(
    path: str | PathLike[str], size: tuple[int, int] | None = None, *, gray: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the images below a folder, and the name of the subfolder each is in as its label.

    ``sx.training_set(*read_image_folder("pets", (52, 52)), dtype="uint8", scale=1 / 255)`` makes samples of them. No
    more memory is taken than for the result and one image.

    Args:
        path: A folder of folders; subfolders of these count to the class as well.
        size: Height and width that every image is brought to; None if all have the same already.
        gray: Grey levels instead of colours.

    Returns:
        Images (N, 3, height, width) or (N, 1, height, width) as uint8, sorted by label and name; labels (N,) as text.

    Raises:
        DataError: If there are no images, or they are of different sizes without ``size``.
        FormatError: If one cannot be read, naming it.
        OptionError: If ``size`` is no height and width.
        MissingExtraError: If Pillow is not installed.
    """
    wanted = _size(size)
    folder = Path(path)
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; a folder with a subfolder for each class is wanted")
    files = sorted(
        file for file in folder.glob("*/**/*") if file.suffix.lower() in SUFFIXES and file.is_file()
    )
    if not files:
        raise DataError(f"there are no images in subfolders of {folder}; put those of each class into one")
    first = _pixels(files[0], wanted, gray)
    images = np.empty((len(files), *first.shape), np.uint8)
    images[0] = first
    for index, file in enumerate(files[1:], 1):
        image = _pixels(file, wanted, gray)
        if image.shape != first.shape:
            raise DataError(
                f"{file} is {_shown(image)}, but {files[0]} is {_shown(first)}; size=(height, width) makes them equal"
            )
        images[index] = image
    return images, np.array([file.relative_to(folder).parts[0] for file in files])


def _size(size: Any) -> tuple[int, int] | None:
    if size is None:
        return None
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise OptionError(f"size= takes height and width such as (52, 52), not {size!r}")
    return check_count("size", size[0], 1), check_count("size", size[1], 1)


def _pixels(file: Path, size: tuple[int, int] | None, gray: bool) -> np.ndarray:
    """Return an image as (channels, height, width)."""
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingExtraError(
            "images are read by Pillow, which is not installed: pip install 'synapse-rx[images]'"
        ) from error
    try:
        with Image.open(file) as opened:
            image = ImageOps.exif_transpose(opened).convert("L" if gray else "RGB")
            if size is not None and image.size != size[::-1]:
                image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
            pixels = np.asarray(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise FormatError(f"{file} cannot be read as an image: {error}") from error
    return pixels[None] if gray else np.moveaxis(pixels, -1, 0)


def _shown(image: np.ndarray) -> str:
    return f"{image.shape[1]} x {image.shape[2]}"
