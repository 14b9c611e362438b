"""Hostile requests: refused, whatever they know."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from synapse_rx.dashboards.guard import Guard

TOKEN = "0123456789abcdef"
GUARD = Guard(TOKEN, False, frozenset({"training.example.org"}))


def asked(method: str = "GET", token: str | None = TOKEN, query: str = "", **headers: str) -> Any:
    found = {"host": "127.0.0.1:8000", "content-type": "application/json"}
    found |= {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        found.setdefault("authorization", f"Bearer {token}")
    return SimpleNamespace(method=method, headers=found, query_params={"token": query} if query else {})


def status(request: Any, guard: Guard = GUARD, *, public: bool = False) -> int:
    refusal = guard.refusal(request, public=public)
    return 200 if refusal is None else refusal[0]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "[::1]:80", "10.1.2.3", "training.example.org:443"]
)
def test_a_host_of_ours_is_fine(host: str) -> None:
    assert status(asked(host=host)) == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[evil",
        "127.0.0.1@evil.example",
    ],
)
def test_another_name_of_the_host_is_refused_even_with_the_token(host: str) -> None:
    assert status(asked(host=host)) == 421
    assert status(asked(host=host), public=True) == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:8001", "http://localhost:8000", ""]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_server_is_refused_even_with_the_token(origin: str, method: str) -> None:
    assert status(asked(method, origin=origin)) == 403


def test_a_page_of_ours_is_fine() -> None:
    assert status(asked("POST", origin="http://127.0.0.1:8000", sec_fetch_site="same-origin")) == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_the_browser_calls_foreign_is_refused(site: str) -> None:
    assert status(asked("POST", sec_fetch_site=site)) == 403


@pytest.mark.parametrize("token", [None, "", "0123456789abcdeF", TOKEN + "0", "tökén"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_the_token_nothing_is_told_or_done(token: str | None, method: str) -> None:
    assert status(asked(method, token=token)) == 401


def test_other_schemes_are_no_token() -> None:
    assert status(asked(authorization=f"Basic {TOKEN}")) == 401


def test_the_token_in_the_address_opens_streams_and_changes_nothing() -> None:
    assert status(asked(token=None, query=TOKEN)) == 200
    assert status(asked("POST", token=None, query=TOKEN)) == 401


def test_the_page_itself_needs_no_token() -> None:
    assert status(asked(token=None), public=True) == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_only_json_is_a_command(kind: str) -> None:
    assert status(asked("POST", content_type=kind)) == 415


def test_a_dashboard_that_only_shows_changes_nothing() -> None:
    guard = Guard(TOKEN, True, frozenset())

    assert status(asked(), guard) == 200
    assert status(asked("POST"), guard) == 403
