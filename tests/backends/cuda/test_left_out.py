"""Kernels that a GPU refuses are left out, and told."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from synapse_rx.backends.cuda import Kernels, RowSoftmax
from tests.strict.module import xp


class CompileException(Exception):
    """
    What cupy raises by this name.
    """


class Refused(RowSoftmax):
    """
    A kernel that a compiler refuses.
    """

    def agrees(self) -> bool:
        raise CompileException("nvrtc: too much\nshared data")


class Broken(RowSoftmax):
    """
    A kernel with a mistake of another kind, which nobody should miss.
    """

    def agrees(self) -> bool:
        raise ZeroDivisionError


def test_a_kernel_that_is_refused_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    kernels = Kernels(xp)

    with caplog.at_level(logging.WARNING, "synapse_rx"):
        assert [kernels.get(Refused, np.float32) for _ in range(2)] == [None, None]

    assert caplog.messages == [
        "the kernel Refused cannot be run on this GPU, and is left out; please report it: nvrtc: too much shared data"
    ]


def test_other_mistakes_are_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        Kernels(xp).get(Broken, np.float32)
