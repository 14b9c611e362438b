"""What tests of the dashboard share: one that is served, and somebody who asks it over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import synapse_rx as sx
from tests.dashboards.form import checked

httpx = pytest.importorskip("httpx", reason="httpx is not installed")
pytest.importorskip("starlette", reason="starlette is not installed")
pytest.importorskip("uvicorn", reason="uvicorn is not installed")


class Asker:
    """
    Asks a dashboard over a real connection.
    """

    def __init__(self, served: sx.Dashboard) -> None:
        self.token = served.token
        self.http = httpx.Client(
            base_url=served.url.partition("#")[0],
            headers={"Authorization": f"Bearer {served.token}"},
            timeout=60.0,
            trust_env=False,
            verify=False,  # nothing is encrypted here, and reading certificates takes a while
        )

    def __enter__(self) -> Asker:
        return self

    def __exit__(self, *exc: object) -> None:
        self.http.close()

    def nets(self) -> list[dict[str, Any]]:
        return checked(self.http.get("snapshot").json())["nets"]

    def command(self, number: int = 1, **command: Any) -> Any:
        return self.http.post(f"nets/{number}/commands", json=command)

    def events(self, last: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """
        Yield what the stream says: an id, and the data of each message.
        """
        headers = {} if last is None else {"Last-Event-ID": last}
        with self.http.stream("GET", "events", headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            number = ""
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    number = line[4:]
                elif line.startswith("data: "):
                    message = checked(json.loads(line[6:]))
                    assert message["id"] == number
                    yield number, message


@pytest.fixture
def net() -> sx.Atom[sx.Net]:
    return sx.mlp([3, 4, 2], ["tanh", "softmax"], sx.training("backprop", learning_rate=0.1))


@pytest.fixture
def served(net: sx.Atom[sx.Net]) -> Iterator[sx.Dashboard]:
    with sx.dashboard(net) as server:
        yield server


@pytest.fixture
def ask(served: sx.Dashboard) -> Iterator[Asker]:
    with Asker(served) as asker:
        yield asker
