"""The browser in which pages are tried, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

PATIENCE = 100_000
"""Milliseconds that a busy machine may take for what takes a few."""

IN_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium"),
]


@contextmanager
def browsing() -> Iterator[Any]:
    """
    Open a browser; while it is open its event loop runs on this thread, so that no other test module could wait.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def new_page(browser: Any) -> Iterator[Any]:
    """
    Open a page that collects in its `troubles` every error, and in its `hosts` every host that it asks.
    """
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    api.expect.set_options(timeout=PATIENCE)
    page.troubles, page.hosts = [], set()
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.troubles.append(said.text))
    page.on(
        "request", lambda asked: page.hosts.add(asked.url.split("/")[2]) if asked.url[:4] == "http" else None
    )
    yield page
    page.close()
