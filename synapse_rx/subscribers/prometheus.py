"""Where trainings stand, as metrics that Prometheus collects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Thread
from typing import Any, Self

from ..errors import MissingExtraError, OptionError
from ..snapshot import Net
from ..snapshot.training import STATUSES
from .base import Attachable, Subscriber, Track

NUMBERS = {
    "learning_rate": "The learning rate at the end of the newest epoch.",
    "seconds": "Seconds of compute the newest epoch took.",
    "samples_per_second": "Training samples learnt a second in the newest epoch.",
}

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""What `exposition` returns."""


class Prometheus(Subscriber):
    """
    Gives Prometheus where trainings stand: ``Prometheus(net).serve(9100)``.

    Metrics have the label ``net`` (the "name" in the network's ``meta``, or "net 1") and describe the newest complete
    epoch: synapse_rx_epochs, synapse_rx_steps, synapse_rx_loss, synapse_rx_error with ``part`` ("training",
    "validation") and ``kind``, synapse_rx_learning_rate, synapse_rx_seconds, synapse_rx_samples_per_second, and
    synapse_rx_status, which is 1 for the present ``status`` and 0 for the others. They are read from the cells whenever
    they are collected: training does nothing for it. Needs the extra ``prometheus``.

    Args:
        *nets: What to listen to from the beginning.
        registry: A ``prometheus_client.CollectorRegistry`` to be collected with; by default one of its own. Give it
            ``prometheus_client.REGISTRY`` where a program has metrics already.

    Raises:
        MissingExtraError: If prometheus_client is not installed.
        OptionError: If ``registry`` is none.
    """

    def __init__(self, *nets: Attachable, registry: Any = None) -> None:
        client = _client()
        if registry is not None and not isinstance(registry, client.CollectorRegistry):
            raise OptionError(f"registry= takes a prometheus_client.CollectorRegistry, not {registry!r}")
        self._registry = client.CollectorRegistry() if registry is None else registry
        self._server: tuple[Any, Thread] | None = None
        self._registered = False
        super().__init__(*nets)

    @property
    def port(self) -> int | None:
        """Where it serves; None if it does not."""
        return None if self._server is None else int(self._server[0].server_port)

    def attach(self, *nets: Attachable) -> Self:
        """Listen to networks, too (`Subscriber.attach`); collected again if it was closed."""
        super().attach(*nets)
        if not self._registered:
            self._registry.register(self)
            self._registered = True
        return self

    def text(self) -> str:
        """Return everything in the registry as Prometheus reads it."""
        return _client().generate_latest(self._registry).decode()

    def serve(self, port: int = 0, host: str = "127.0.0.1") -> Self:
        """
        Answer ``http://host:port/metrics`` on a thread of its own, until `close`.

        Args:
            port: Where; 0 for any that is free (`port` tells which).
            host: The address to listen on; by default only this machine can ask.

        Raises:
            OSError: If the port is taken.
            OptionError: If it serves already.
        """
        if self._server is not None:
            raise OptionError(f"these metrics are served already, on port {self.port}")
        server, thread = _client().start_http_server(port, host, self._registry)
        self._server = server, thread
        return self

    def close(self) -> None:
        """Let go of all networks, leave the registry and stop serving. It may be attached again."""
        super().close()
        if self._registered:
            with suppress(KeyError):  # somebody else took it out
                self._registry.unregister(self)
            self._registered = False
        if self._server is not None:
            (server, thread), self._server = self._server, None
            server.shutdown()
            server.server_close()
            thread.join()

    def describe(self) -> list[Any]:
        """Return nothing: what there is depends on the networks (for the registry)."""
        return []

    def collect(self) -> Iterator[Any]:
        """Yield the metrics (for the registry)."""
        yield from _collected((track.name, track.cell.value) for track in self._tracks.values())

    def _changed(self, track: Track, old: Net, new: Net) -> None:
        """Do nothing: whoever collects reads the cell."""


def exposition(nets: Iterable[tuple[str, Net]]) -> bytes:
    """
    Return where networks stand, by their names, as Prometheus reads it.

    Raises:
        MissingExtraError: If prometheus_client is not installed.
    """
    client = _client()
    registry = client.CollectorRegistry()
    registry.register(_Standing(nets))
    return client.generate_latest(registry)


class _Standing:
    """What a registry asks for the metrics of some networks, once."""

    def __init__(self, nets: Iterable[tuple[str, Net]]) -> None:
        self._nets = nets

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[Any]:
        return _collected(self._nets)


def _collected(nets: Iterable[tuple[str, Net]]) -> Iterator[Any]:
    families = _Families(_client().core.GaugeMetricFamily)
    seen: Counter[str] = Counter()
    for name, net in nets:
        seen[name] += 1  # two lines of one name would be refused as a whole
        families.add(name if seen[name] == 1 else f"{name} ({seen[name]})", net)
    yield from families.all()


class _Families:
    """The metrics of one collection."""

    def __init__(self, gauge: Any) -> None:
        self._gauge = gauge
        self._found: dict[str, Any] = {}

    def add(self, name: str, net: Net) -> None:
        """Add where ``net`` stands."""
        stats = net.training.stats
        self._put("epochs", "Complete epochs.", stats.epochs, net=name)
        self._put("steps", "Updates of the parameters.", stats.steps, net=name)
        for status in STATUSES:
            value = float(net.training.status == status)
            self._put("status", "What the network is doing.", value, net=name, status=status)
        if stats.epochs:
            self._put("loss", "The training loss of the newest epoch.", stats.loss[-1], net=name)
        for part, histories in (("training", stats.training), ("validation", stats.validation)):
            for kind, series in histories.items():
                self._put("error", "Errors of the newest epoch.", series[-1], net=name, part=part, kind=kind)
        for what, about in NUMBERS.items():
            if series := getattr(stats, what):
                self._put(what, about, series[-1], net=name)

    def all(self) -> Iterator[Any]:
        """Yield them."""
        yield from self._found.values()

    def _put(self, what: str, about: str, value: float, **labels: str) -> None:
        family = self._found.get(what)
        if family is None:
            family = self._found[what] = self._gauge(f"synapse_rx_{what}", about, labels=list(labels))
        family.add_metric(list(labels.values()), value)


def _client() -> Any:
    try:
        import prometheus_client
        import prometheus_client.core
    except ImportError as error:
        raise MissingExtraError(
            "metrics need prometheus_client, which is not installed: pip install 'synapse-rx[prometheus]'"
        ) from error
    return prometheus_client
