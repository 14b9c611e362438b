"""What is said of files that cannot be understood."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...errors import FormatError, OptionError, SynapseError

DAMAGED: tuple[type[Exception], ...] = (
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
    MemoryError,
)
"""What numbers and names that make no sense raise somewhere."""


@contextmanager
def named(path: Any, *damaged: type[Exception]) -> Iterator[None]:
    """
    Turn what goes wrong with the file ``path`` into a FormatError that names it; wrong options pass.

    Args:
        path: The file.
        *damaged: What a damaged one raises beside `DAMAGED`.
    """
    try:
        yield
    except OptionError:
        raise
    except SynapseError as error:
        raise FormatError(f"{path}: {error}") from error
    except (*DAMAGED, *damaged) as error:
        raise FormatError(
            f"{path} is damaged, or says something that is not understood: {error!r}"
        ) from error
