"""Where networks stand, for programs that ask: everything at once, metrics, and the form of all that is told."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..described import Described
from ..errors import MissingExtraError, OptionError, SynapseError
from ..files.strict_json import dumps
from ..io import save
from ..snapshot import Net
from ..subscribers.prometheus import CONTENT_TYPE, exposition
from ..typing import Data
from .feed import Feed

TRUE, FALSE = ("1", "true", "yes"), ("", "0", "false", "no")


@frozen(eq=False)
class Reports:
    """
    Answers requests for reports. What takes computing is done off the event loop.

    Args:
        feed: Knows the networks.
    """

    feed: Feed

    async def snapshot(self, request: Request) -> Response:
        """Give where networks stand: all, or the one that ``net`` names; their parameters, too, if asked."""
        more = complete if _flag(request, "parameters") else recipe
        number = _number(request, "net")
        data = await run_in_threadpool(self.feed.snapshot, more, number)
        return Response(data, media_type="application/json")

    async def metrics(self, request: Request) -> Response:
        """Give where networks stand as Prometheus reads it."""
        try:
            text = await run_in_threadpool(exposition, self.feed.standing())
        except MissingExtraError as error:
            return JSONResponse({"error": str(error)}, status_code=501)
        return Response(text, headers={"content-type": CONTENT_TYPE})

    async def schema(self, request: Request) -> Response:
        """Give the JSON Schema of all that is told."""
        return Response(schema_text(), media_type="application/schema+json")


def schema_text() -> bytes:
    """Return the JSON Schema of all that the dashboard tells and takes."""
    return (files("synapse_rx.dashboards") / "schema.json").read_bytes()


def recipe(net: Net) -> dict[str, Data]:
    """
    Return what a network is made of and how it learns, as plain data that `from_data` takes.

    What cannot be written down, such as a function, is None.
    """
    how = net.training
    return {
        "architecture": _plain(net.arch),
        "training": {
            "algorithm": _plain(how.algorithm),
            "loss": _plain(how.loss),
            "update": _plain(how.update),
            "seed": how.seed,
        },
    }


def complete(net: Net) -> dict[str, Data]:
    """
    Return the same and the whole network: its safetensors file, as base64.

    Raises:
        SynapseError: If it cannot be written down.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.safetensors"
        save(net, path)
        return {**recipe(net), "parameters": b64encode(path.read_bytes()).decode()}


def _plain(described: Described | None) -> Data:
    try:
        data: Data = None if described is None else described.to_data()
        dumps(data)
    except (SynapseError, TypeError, ValueError):
        return None
    return data


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "").lower()
    if text not in TRUE + FALSE:
        raise OptionError(f"{name}= is true or false, not {text[:40]!r}")
    return text in TRUE


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise OptionError(f"{name}= is the number of a network, not {text[:40]!r}")
    return int(text)
