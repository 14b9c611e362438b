"""Who may ask for what."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from typing import Any, Protocol

from attrs import frozen

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What goes with every answer: the page runs nothing but its own files and is shown in no frame."""

MOST_BYTES = 65_536
"""Of the body of a request."""


class Request(Protocol):
    """What is asked of a request."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def query_params(self) -> Mapping[str, str]: ...
    @property
    def method(self) -> str: ...


@frozen
class Guard:
    """
    Says no to requests that should not have come.

    Args:
        token: What whoever asks has to know, in the header ``Authorization: Bearer TOKEN``; a GET may also have it as
            ``?token=``, for those who cannot set headers.
        read_only: Whether nothing may be changed.
        hosts: Names by which the server may be called, beside "localhost" and any address in numbers.
    """

    token: str
    read_only: bool
    hosts: frozenset[str]

    def refusal(self, request: Request, *, public: bool) -> tuple[int, str] | None:
        """Return the status and the reason to refuse a request, or None if it is fine."""
        host = request.headers.get("host", "")
        if not self._is_ours(host):
            return 421, f"this server is not called {_name(host)!r}; allow it with hosts=[{_name(host)!r}]"
        origin = request.headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] != host.lower():
            return 403, "requests from pages of other servers are refused"
        if public:
            return None
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "requests from pages of other servers are refused"
        if not self._knows_token(request):
            return 401, "the token is missing or wrong: open the address that dashboard(...).url says"
        if request.method not in ("GET", "HEAD"):
            return self._change(request)
        return None

    def _change(self, request: Request) -> tuple[int, str] | None:
        if self.read_only:
            return 403, "this dashboard only shows; it steers nothing"
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return 415, "commands are JSON: content-type: application/json"
        return None

    def _is_ours(self, host: str) -> bool:
        # A page of another server reaches this one under a name of its own only (DNS rebinding), never by number.
        name = _name(host)
        if name in ("localhost", *self.hosts):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _knows_token(self, request: Any) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = request.query_params.get("token", "") if request.method in ("GET", "HEAD") else ""
        return secrets.compare_digest(given.strip().encode(), self.token.encode())


def _name(host: str) -> str:
    """Return the name in a Host header, without port and brackets."""
    name = host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower()
