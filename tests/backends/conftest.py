"""The backend that is compared with numpy: ``pytest tests/backends --backend cupy`` takes a GPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from synapse_rx.backends import Backend, CupyBackend
from tests.strict import StrictBackend


@pytest.fixture
def there(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """
    A backend whose arrays are not numpy's.
    """
    if request.config.getoption("--backend") != "cupy":
        yield StrictBackend()
        return
    reason = CupyBackend.why_not()
    if reason is not None:
        pytest.skip(f"no cupy backend: {reason}")
    backend = CupyBackend()
    with backend.active():
        yield backend
    backend.close()
