"""A real browser, and pages in it that fail their tests for whatever goes wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .looking import CHROMIUM, PATIENCE, api


@pytest.fixture(
    scope="module"
)  # while it lives, its event loop runs on this thread: no other module could wait
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """
    A page that fails its test for every error in the console and every request to another host.
    """
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    api.expect.set_options(timeout=PATIENCE)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    hosts: set[str] = set()
    page.on("request", lambda asked: hosts.add(asked.url.split("/")[2]) if asked.url[:4] == "http" else None)
    page.troubles = troubles
    yield page
    page.close()
    # The server is closed before the page, which may ask it for something to the last.
    assert [trouble for trouble in troubles if not trouble.startswith("Failed to load resource")] == []
    assert {host.split(":")[0] for host in hosts} <= {"127.0.0.1"}
