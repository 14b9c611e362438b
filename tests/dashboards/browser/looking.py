"""What tests in a browser share: how they open the page, look at a part of it, and wait for what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

import synapse_rx as sx
from tests.browser import IN_A_BROWSER as IN_A_BROWSER
from tests.browser import PATIENCE as PATIENCE

Net = sx.Atom[sx.Net]

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def opened(page: Any, served: sx.Dashboard) -> Any:
    page.goto(served.url)
    api.expect(page.locator("#connection")).to_have_text("connected")
    return page


def scroll_to(page: Any, section: str, shown: str) -> None:
    """
    Look at a section, which is asked for only then, until what it shows is there.
    """
    page.locator(section).scroll_into_view_if_needed()
    api.expect(page.locator(shown).first).to_be_visible(timeout=PATIENCE)


def chart(page: Any, title: str) -> Any:
    return page.locator("#charts figure", has=page.get_by_text(title, exact=True))


def until(net: Net, holds: Callable[[sx.Training], bool]) -> None:
    """
    Wait until a network is what a knob was to make of it.
    """
    came = Event()
    net.add_watch("until", lambda key, cell, old, new: holds(new.training) and came.set())
    assert holds(net.value.training) or came.wait(PATIENCE / 1000)
    net.remove_watch("until")
