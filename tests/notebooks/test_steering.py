"""The app of marimo: it runs without a browser, as a page, and is watched and steered in a real one."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import CHROMIUM, browsing, new_page
from tests.docs.shell import ROOT, run

marimo = pytest.importorskip("marimo", reason="marimo is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """
    A copy, beside which marimo may write what it likes.
    """
    return Path(shutil.copy(ROOT / "notebooks" / "steering.py", tmp_path))


def test_it_runs_without_a_browser_and_is_exported_as_a_page(app: Path) -> None:
    page = app.with_suffix(".html")

    done = run([sys.executable, "-m", "marimo", "export", "html", str(app), "-o", str(page)], app.parent)

    assert done.returncode == 0, done.stdout
    assert "Steering a training" in page.read_text(encoding="utf-8")
    assert "of 360 digits that it never saw are right" in page.read_text(encoding="utf-8")


@pytest.fixture
def address(app: Path) -> Iterator[str]:
    """
    Where the app is served.
    """
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    command = ["-m", "marimo", "run", str(app), "--headless", "--no-token", "--host", "127.0.0.1"]
    served = subprocess.Popen(
        [sys.executable, *command, "--port", port],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert served.stdout is not None
    assert any("URL" in line for line in served.stdout), "marimo did not begin to serve"
    _connect(int(port))  # it names its address before it listens there
    yield f"http://127.0.0.1:{port}/"
    served.terminate()
    served.communicate()


def _connect(port: int) -> None:
    listening = False
    while not listening:  # pytest's own limit ends this
        with socket.socket() as client:
            listening = client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def page() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with browsing() as browser, new_page(browser) as page:
        yield page


def test_it_is_watched_and_steered_in_a_browser(page: Any, address: str) -> None:
    from playwright.sync_api import expect

    page.goto(address)
    status = page.locator(".synapse-rx-live .status")
    expect(status).to_have_text("idle · epoch 0")

    page.get_by_role("button", name="Train").click()
    expect(status).to_contain_text(re.compile(r"training · epoch [1-9]"))  # drawn though no cell runs
    page.get_by_role("slider").nth(1).focus()
    page.keyboard.press("End")
    expect(page.locator(".synapse-rx-live .event title").last).to_contain_text("learning_rate 0.02 -> 1.0")
    page.get_by_role("button", name="Stop").click()
    expect(status).to_contain_text("stopped")

    assert {host.split(":")[0] for host in page.hosts} == {"127.0.0.1"}
