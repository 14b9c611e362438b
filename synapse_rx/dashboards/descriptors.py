"""How many connections the operating system lets a process have."""

from __future__ import annotations

from ..errors import OptionError

SPARE = 300
"""Descriptors that a server needs beside those of its readers."""

MOST_READERS = 10_000
"""Readers of a server in a process of its own, unless it is told otherwise."""


def checked_room(readers: int | None) -> int:
    """
    Return how many readers a server in a process of its own can have: as many as wished, or as many as there may be.

    Raises:
        OptionError: If the limit on open files is too low for those that are wished.
    """
    most = hard_limit()
    if readers is None:
        return MOST_READERS if most is None else max(1, min(MOST_READERS, most - SPARE))
    if most is not None and readers + SPARE > most:
        raise OptionError(
            f"readers={readers} needs {readers + SPARE} file descriptors, and this process may have {most}: "
            f"raise the limit (ulimit -Hn {readers + SPARE}, LimitNOFILE= of a unit, --ulimit nofile= of a container), "
            f"take readers={max(1, most - SPARE)}, or share them among several servers"
        )
    return readers


def hard_limit() -> int | None:
    """Return how many descriptors a process may have at most; None if there is no limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if most == resource.RLIM_INFINITY else most


def allow_descriptors() -> None:
    """Let this process have as many as it may have."""
    try:
        import resource
    except ImportError:  # Windows
        return
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
