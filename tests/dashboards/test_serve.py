"""Where and how it is served, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from itertools import islice
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import MissingExtraError, OptionError
from tests.dashboards.conftest import Asker, httpx
from tests.nets import blobs, small_net

Net = sx.Atom[sx.Net]


def test_it_listens_on_this_machine_only_with_a_token_nobody_guesses(net: Net) -> None:
    with sx.dashboard(net) as one, sx.dashboard(net) as other:
        assert one.host == "127.0.0.1"
        assert one.url == f"http://127.0.0.1:{one.port}/#token={one.token}"
        assert one.token != other.token and len(one.token) >= 32
        assert one.url in repr(one) and one.url in one._repr_html_()


def test_a_port_that_is_taken_is_told_at_once_and_nothing_stays(net: Net) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on port {port}.*port=0"):
            sx.dashboard(net, port=port)

    net.swap(sx.with_learning_rate, 0.5)  # would fail if anything still watched a closed feed


@pytest.mark.parametrize(
    "options",
    [
        {"port": -1},
        {"port": "80"},
        {"port": True},
        {"token": "short"},
        {"token": 7},
        {"token": "with spaces in between"},
        {"hosts": "a.example"},
        {"hosts": [7]},
        {"history": True},
    ],
)
def test_an_option_out_of_range_is_refused(net: Net, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        sx.dashboard(net, **options)


def test_only_networks_are_shown() -> None:
    with pytest.raises(OptionError, match="cell of a network"):
        sx.dashboard("net")  # type: ignore[arg-type]


def test_closed_it_frees_its_port_ends_streams_and_lets_go_of_networks(net: Net) -> None:
    before = set(threading.enumerate())
    served = sx.dashboard(net)
    ask = Asker(served)
    stream = ask.events()
    next(stream)

    served.close()
    served.close()

    assert list(stream) == []
    assert served.closed and served.nets == ()
    with pytest.raises(httpx.ConnectError):
        ask.http.get("snapshot")
    with socket.create_server(("127.0.0.1", served.port)):
        pass
    left = [thread.name for thread in set(threading.enumerate()) - before if "dashboard" in thread.name]
    assert left == []
    ask.http.close()


def test_one_dashboard_after_another_leaves_nothing_behind(net: Net) -> None:
    before = {thread.name for thread in threading.enumerate()}
    for _ in range(5):
        with sx.dashboard(net) as served:
            with Asker(served) as ask:
                ask.nets()

    left = {thread.name for thread in threading.enumerate()} - before
    assert not [name for name in left if "dashboard" in name]


async def test_it_works_while_a_loop_runs_and_when_that_is_busy(net: Net) -> None:
    async with sx.dashboard(net) as served:
        with Asker(served) as ask:
            assert ask.nets()[0]["name"] == "net 1"  # which blocks this loop, not the dashboard's
            await sx.train(net, blobs(), 2)
            told = await asyncio.to_thread(ask.nets)

    assert told[0]["epochs"] == 2
    assert served.closed


def test_networks_are_shown_and_let_go_while_it_is_served(net: Net, served: sx.Dashboard, ask: Asker) -> None:
    other = sx.atom(small_net(), meta={"name": "other"})

    served.attach(other)
    both = [said["name"] for said in ask.nets()]
    served.detach(net)

    assert both == ["net 1", "other"]
    assert [said["name"] for said in ask.nets()] == ["other"]


def test_a_reader_that_stops_reading_holds_up_neither_training_nor_the_others(
    net: Net, served: sx.Dashboard, ask: Asker
) -> None:
    with socket.create_connection((served.host, served.port)) as stuck:
        request = (
            f"GET /events HTTP/1.1\r\nHost: {served.host}\r\nAuthorization: Bearer {served.token}\r\n\r\n"
        )
        stuck.sendall(request.encode())
        stuck.recv(1)

        stats = sx.deref(sx.train(net, blobs(), 50), timeout=100).training.stats
        ((_, told),) = islice(ask.events(), 1)

    assert stats.epochs == told["nets"][0]["epochs"] == 50


def test_a_reader_that_goes_away_in_the_middle_harms_nothing(
    net: Net, served: sx.Dashboard, ask: Asker
) -> None:
    for _ in range(5):
        gone = socket.create_connection((served.host, served.port))
        gone.sendall(
            b"GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + served.token.encode()
            + b"\r\n\r\n"
        )
        gone.recv(1)
        gone.close()
        net.swap(sx.with_learning_rate, 0.5)

    assert ask.nets()[0]["description"]["controls"][0]["value"] == 0.5


def test_noise_on_the_port_harms_nothing(served: sx.Dashboard, ask: Asker) -> None:
    with socket.create_connection((served.host, served.port)) as noise:
        noise.sendall(b"\x16\x03\x01\x00\xff" * 100 + b"\r\n\r\n")
        assert b"400" in noise.recv(1000)

    assert ask.nets()[0]["name"] == "net 1"


def test_another_name_of_the_host_is_refused(served: sx.Dashboard, ask: Asker) -> None:
    assert ask.http.get("snapshot", headers={"host": "evil.example"}).status_code == 421


def test_it_can_only_show(net: Net) -> None:
    with sx.dashboard(net, read_only=True) as served, Asker(served) as ask:
        assert ask.http.get("about").json() == {"schema": 1, "read_only": True}
        answer = ask.command(command="options", options={"learning_rate": 0.5})

    assert answer.status_code == 403
    assert net.value.training.algorithm == sx.Backprop(learning_rate=0.1)


async def test_it_is_mounted_where_something_is_served_already(net: Net) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    app = sx.dashboard_app(net, hosts=["training.example.org"])
    whole = Starlette(routes=[Mount("/training", app)])
    transport = httpx.ASGITransport(app=whole)
    base = "http://training.example.org/training/"
    async with httpx.AsyncClient(transport=transport, base_url=base) as http:
        headers = {"Authorization": f"Bearer {app.token}"}
        page = await http.get("")
        script = await http.get("page/main.js")
        closed = await http.get("snapshot")
        said = await http.get("snapshot", headers=headers)
    app.close()

    assert (page.status_code, script.status_code, closed.status_code) == (200, 200, 401)
    assert said.json()["nets"][0]["name"] == "net 1"
    assert app.nets == ()


def test_without_starlette_the_message_says_what_to_install(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "synapse_rx.dashboards.routes", None)

    with pytest.raises(MissingExtraError, match=r"synapse-rx\[dashboard\]"):
        sx.dashboard(net)
