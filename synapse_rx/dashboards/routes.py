"""What the dashboard answers over HTTP."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from ..atoms import Atom
from ..errors import FormatError, SynapseError, UnknownNameError
from ..files.strict_json import loads
from ..io import save
from ..snapshot import Net
from ..subscribers.whole_file import file_name
from .feed import Feed
from .guard import HEADERS, MOST_BYTES, Guard
from .mistakes import Mistakes
from .pictures import Pictures
from .readers import Readers
from .reports import Reports
from .rewinding import Rewinding
from .statement import SCHEMA, curves
from .steering import steer
from .streams import Streams
from .thinning import MOST, thinned
from .views import Views
from .weight_log import WeightLog

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}

log = logging.getLogger("synapse_rx")

Endpoint = Callable[[Request], Awaitable[Response]]


def application(
    feed: Feed,
    guard: Guard,
    rewinding: Rewinding,
    log: WeightLog,
    mistakes: Mistakes,
    readers: int | None,
) -> Starlette:
    """Return the application that serves the page, the stream and the commands."""
    site, views = _Site(feed, guard, rewinding), Views(feed, log, mistakes)
    reports, streams = Reports(feed), Streams(Readers(feed, readers), guard)
    routes = [
        _route("/", site.page, guard, public=True),
        _route("/page/{name}", site.page, guard, public=True),
        _route("/about", site.about, guard),
        _route("/schema", reports.schema, guard, public=True),
        _route("/snapshot", reports.snapshot, guard),
        _route("/metrics", reports.metrics, guard),
        _route("/events", streams.events, guard),
        WebSocketRoute("/socket", streams.socket),
        _route("/socket", site.no_socket, guard),
        _route("/nets/{number:int}/history", site.history, guard),
        _route("/nets/{number:int}/weights.png", site.weights, guard),
        _route("/nets/{number:int}/histograms", site.histograms, guard),
        _route("/nets/{number:int}/distributions", views.distributions, guard),
        _route("/nets/{number:int}/confusion", views.confusion, guard),
        _route("/nets/{number:int}/mistakes", views.samples, guard),
        _route("/nets/{number:int}/checkpoint", site.checkpoint, guard),
        _route("/nets/{number:int}/commands", site.command, guard, method="POST"),
    ]
    return Starlette(routes=routes)


def _route(
    path: str, endpoint: Endpoint, guard: Guard, *, public: bool = False, method: str = "GET"
) -> Route:
    async def guarded(request: Request) -> Response:
        refusal = guard.refusal(request, public=public)
        if refusal is not None:
            response = _error(*refusal)
        else:
            try:
                response = await endpoint(request)
            except UnknownNameError as error:
                response = _error(404, str(error))
            except SynapseError as error:
                response = _error(400, str(error))
        response.headers.update(HEADERS)
        return response

    return Route(path, guarded, methods=[method])


class _Site:
    def __init__(self, feed: Feed, guard: Guard, rewinding: Rewinding) -> None:
        self._feed = feed
        self._guard = guard
        self._rewinding = rewinding
        self._pictures = Pictures()
        folder = files("synapse_rx.dashboards") / "page"
        # Read once: no name in a request ever becomes a path.
        self._files = {
            one.name: (one.read_bytes(), TYPES[Path(one.name).suffix])
            for one in folder.iterdir()
            if Path(one.name).suffix in TYPES
        }

    async def page(self, request: Request) -> Response:
        found = self._files.get(request.path_params.get("name", "index.html"))
        if found is None:
            return _error(404, "there is no such file")
        return Response(found[0], media_type=found[1])

    async def about(self, request: Request) -> Response:
        return JSONResponse({"schema": SCHEMA, "read_only": self._guard.read_only})

    async def no_socket(self, request: Request) -> Response:
        return _error(
            426, "this is a WebSocket: ask with ws://, of a server that speaks it (pip install websockets)"
        )

    async def history(self, request: Request) -> Response:
        """Give all curves between two epochs in as many points as a whole curve gets, for a closer look."""
        cell = self._cell(request)
        stats = cell.value.training.stats
        first = _number(request, "first", 1, 1, max(1, stats.epochs))
        last = _number(request, "last", stats.epochs, first, max(first, stats.epochs))
        found = {
            name: thinned(series.array[first - 1 : last], first - 1, MOST) for name, series in curves(stats)
        }
        return JSONResponse(
            {
                "schema": SCHEMA,
                "curves": {name: {"epochs": at, "values": values} for name, (at, values) in found.items()},
                "snapshots": list(self._rewinding.epochs(cell)),
            }
        )

    async def weights(self, request: Request) -> Response:
        parameter = request.query_params.get("parameter")
        picture = await run_in_threadpool(self._pictures.weights, self._cell(request), parameter)
        return Response(picture, media_type="image/png")

    async def histograms(self, request: Request) -> Response:
        data = await run_in_threadpool(self._pictures.histograms, self._cell(request))
        return Response(data, media_type="application/json")

    async def checkpoint(self, request: Request) -> Response:
        cell = self._cell(request)
        path = await run_in_threadpool(_saved, cell.value)
        name = f"{file_name(self._feed.name(cell))}-{cell.value.training.stats.epochs:05}.safetensors"
        return FileResponse(path, filename=name, background=BackgroundTask(_remove, path))

    async def command(self, request: Request) -> Response:
        cell = self._cell(request)
        body = await _body(request)
        if body is None:
            return _error(413, f"a command has {MOST_BYTES} bytes at most")
        try:
            asked = loads(body)
        except FormatError as error:
            return _error(400, str(error))
        try:
            # On a thread of its own: a watch that takes its time must not hold up the other readers.
            await run_in_threadpool(self._obey, cell, asked)
        except SynapseError as error:
            return _error(400, str(error))
        except Exception:
            log.exception("a command of the dashboard failed: %.200r", asked)
            return _error(500, "this failed for a reason that is in the log; the network is what it was")
        return JSONResponse({"ok": True})

    def _obey(self, cell: Atom[Net], asked: Any) -> None:
        if not self._rewinding.obey(cell, asked):
            steer(cell, asked)

    def _cell(self, request: Request) -> Atom[Net]:
        return self._feed.cell(request.path_params["number"])


async def _body(request: Request) -> bytes | None:
    """Return the body of a request, or None if it is too long; no more than that is ever read."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return body


def _number(request: Request, name: str, default: int, low: int, high: int) -> int:
    text = request.query_params.get(name, "")
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else default
    return min(max(value, low), high)


def _saved(net: Net) -> str:
    with tempfile.NamedTemporaryFile(suffix=".safetensors", delete=False) as file:
        path = file.name
    try:
        save(net, path)
    except BaseException:
        _remove(path)
        raise
    return path


def _remove(path: str) -> None:
    with suppress(OSError):
        Path(path).unlink()


def _error(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status)
