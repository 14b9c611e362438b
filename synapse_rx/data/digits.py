"""
The 1 797 handwritten digits (8x8, 17 grey levels) that come with scikit-learn.

E. Alpaydin & C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

import numpy as np

from ..errors import MissingExtraError

TEST_PER_CLASS = 36
"""Of each digit so many samples are held out for testing: 360 in all."""


def read_digits(part: str) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the images (N, 8, 8) with values 0 to 16 as uint8, and the labels, of one ``part``.

    Args:
        part: "train" (1 437 samples) or "test" (360); who is in which never changes.

    Raises:
        MissingExtraError: If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtraError(
            "the digits come with scikit-learn, which is not installed: pip install 'synapse-rx[data]'"
        ) from error
    flat, labels = load_digits(return_X_y=True)
    images = np.asarray(flat).astype(np.uint8).reshape(-1, 8, 8)
    rows = np.flatnonzero(_held_out(labels) == (part == "test"))
    return images[rows], labels[rows]


def _held_out(labels: np.ndarray) -> np.ndarray:
    # RandomState, because unlike Generator it promises the same numbers for ever.
    mixed = np.random.RandomState(1797).permutation(len(labels))
    mask = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        mask[mixed[labels[mixed] == label][:TEST_PER_CLASS]] = True
    return mask
