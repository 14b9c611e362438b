"""What tests of subscribers share."""

from __future__ import annotations

import pytest

from synapse_rx.subscribers import worker


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Let the end of a subscriber wait for its work however busy the machine is.
    """
    monkeypatch.setattr(worker, "END_SECONDS", 100.0)
