"""Batches that are sent one ahead, learnt by kernels in captured graphs while copies fall behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.backends import CupyBackend, NumpyBackend
from synapse_rx.backends import cupy as module
from tests.backends.test_uploads import DATA
from tests.nets import SECONDS, small_net
from tests.strict.streams import LaggingCupy


@pytest.mark.parametrize("data", [DATA["shuffled"], DATA["a stream"]], ids=["a set", "a stream"])
def test_what_is_sent_is_learnt_as_it_is_on_the_host(
    data: Any, emulated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = LaggingCupy()
    monkeypatch.setattr(module, "_cupy", lambda: made)
    monkeypatch.setattr(module, "_missing", lambda: None)
    monkeypatch.setattr(module, "_cannot_compute", lambda device: None)
    monkeypatch.setattr(module, "SHARE", 0.0)
    net = small_net("adam")

    found, expected = (
        sx.train(sx.atom(net), data, 2, backend=one).result(SECONDS)
        for one in (CupyBackend(), NumpyBackend())
    )

    np.testing.assert_allclose(found.params.flat, expected.params.flat, rtol=1e-5, atol=1e-6)
    assert any(what == "launches" for what, _ in made.noted)
