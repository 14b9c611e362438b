"""An algorithm's state as a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np


class Slots(Mapping[str, Any]):
    """
    A frozen mapping from names to read-only arrays and plain numbers; equal by content, hashable.

    Arrays are taken over, not copied: give it arrays nobody writes to any more. Equal are numbers of the same type and
    arrays of the same bits, so NaN equals itself.
    """

    __slots__ = ("_digest", "_values")

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values = dict(values or {})
        self._digest: bytes | None = None
        for value in self._values.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Slots):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def __reduce__(self) -> Any:
        return Slots, (self._values,)

    def __repr__(self) -> str:
        return f"<Slots {', '.join(self._values) or 'none'}>"

    def _content(self) -> bytes:
        if self._digest is None:
            digest = blake2b(digest_size=16)
            for name in sorted(self._values):
                _digest_one(digest, name, self._values[name])
            self._digest = digest.digest()
        return self._digest


def _digest_one(digest: Any, name: str, value: Any) -> None:
    if isinstance(value, np.ndarray):
        digest.update(repr((name, value.dtype.str, value.shape)).encode())
        digest.update(np.ascontiguousarray(value))
    else:
        digest.update(repr((name, type(value).__name__, value)).encode())
