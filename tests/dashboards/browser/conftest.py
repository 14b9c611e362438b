"""A real browser, and pages in it that fail their tests for whatever goes wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import browsing, new_page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """
    A page that fails its test for every error in the console and every request to another host.
    """
    with new_page(browser) as page:
        yield page
    # The server is closed before the page, which may ask it for something to the last.
    assert [trouble for trouble in page.troubles if not trouble.startswith("Failed to load resource")] == []
    assert {host.split(":")[0] for host in page.hosts} <= {"127.0.0.1"}
