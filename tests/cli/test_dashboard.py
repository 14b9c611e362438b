"""``synapse-rx train --dashboard``: a real process, asked over a real connection."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from synapse_rx.cli import main
from tests.cli.command import ENDLESS, Process

pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals are POSIX's")


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """
    Start the command, and see to it that it does not outlive the test.
    """
    started: list[Process] = []

    def begin(*words: str, **options: Any) -> Process:
        started.append(Process("train", "--dashboard", "--quiet", *words, **options))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


class Page:
    """
    Asks the dashboard whose address a process tells.
    """

    def __init__(self, process: Process) -> None:
        self._base, _, token = process.wait_for("dashboard: ").split()[1].partition("#token=")
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._open = build_opener(ProxyHandler({})).open

    def net(self) -> dict[str, Any]:
        return self._ask("snapshot")["nets"][0]

    def command(self, **command: Any) -> Any:
        return self._ask("nets/1/commands", json.dumps(command).encode())

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        with self._open(Request(self._base + path, body, self._headers), timeout=60) as answer:
            return json.load(answer)


@posix
def test_a_training_is_steered_and_the_page_stays_until_ctrl_c(start: Callable[..., Process]) -> None:
    process = start("--epochs", ENDLESS, "--stay")
    page = Page(process)

    while not page.net()["epochs"]:  # each answer is waited for
        continue
    page.command(command="options", options={"learning_rate": 0.05})
    page.command(command="stop")
    process.wait_for("the dashboard stays until Ctrl-C")
    afterwards = page.net()
    page.command(command="rewind", epoch=0)
    taken_back = page.net()
    process.interrupt()
    status, output, errors = process.end()

    assert afterwards["status"] == "stopped"
    assert any(event["what"] == "learning_rate" for event in afterwards["events"])
    assert taken_back["epochs"] == 0
    assert status == 0
    assert "stopped after " in output and "test accuracy" in output
    assert "Traceback" not in errors


@posix
def test_ctrl_c_ends_the_training_and_the_page(start: Callable[..., Process]) -> None:
    process = start("--epochs", ENDLESS, "--stay")
    page = Page(process)
    while not page.net()["epochs"]:
        continue

    process.interrupt()
    status, output, _ = process.end()

    assert status == 130
    assert "stopped after " in output
    with pytest.raises(URLError):
        page.net()


def test_where_nobody_sits_it_ends_with_the_training(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs", "1", "--quiet", "--dashboard"]) == 0

    seen = capsys.readouterr()
    assert "done after 1 epoch" in seen.out
    assert seen.err.startswith("dashboard: http://127.0.0.1:") and seen.err.count("\n") == 1


@posix
def test_on_a_terminal_it_stays(start: Callable[..., Process]) -> None:
    terminal, end = os.openpty()
    process = start("--epochs", "1", stdin=end)
    os.close(end)

    process.wait_for("the dashboard stays until Ctrl-C")
    process.interrupt()
    status, _, _ = process.end()
    os.close(terminal)

    assert status == 0


def test_a_port_that_is_taken_is_told_before_the_training(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["train", "--dashboard", "--port", str(port), "--quiet"]) == 1

    seen = capsys.readouterr()
    assert seen.out == ""
    assert f"cannot listen on port {port}" in seen.err and seen.err.count("\n") == 1


@pytest.mark.parametrize("words", [["--port", "0"], ["--stay"]])
def test_options_of_the_dashboard_without_one_are_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words]) == 1
    assert "ask for it with --dashboard" in capsys.readouterr().err


def test_a_training_that_is_gone_on_with_is_shown_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "run")
    main(["train", "--epochs", "1", "--quiet", "--checkpoint", folder])

    assert main(["resume", folder, "--epochs", "2", "--quiet", "--dashboard", "--no-stay"]) == 0

    seen = capsys.readouterr()
    assert "done after 2 epochs" in seen.out
    assert seen.err.startswith("dashboard: http://127.0.0.1:")
