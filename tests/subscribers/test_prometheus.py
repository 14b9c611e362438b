"""Metrics for Prometheus, read back by its own parser and over HTTP."""

from __future__ import annotations

import socket
import sys
import threading
import urllib.request
from typing import Any

import pytest

import synapse_rx as sx
from synapse_rx.errors import MissingExtraError, OptionError
from synapse_rx.snapshot import with_status
from tests.nets import blobs, small_net
from tests.subscribers.snapshots import fresh, publish

client = pytest.importorskip("prometheus_client", reason="prometheus_client is not installed")

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[f"synapse_rx_{name}", frozenset(labels.items())]


def test_the_newest_epoch_of_each_network_can_be_collected() -> None:
    nets = [sx.atom(small_net(seed=seed)) for seed in range(2)]
    nets[0].reset_meta({"name": 'with "quotes"\n'})
    with sx.Prometheus(nets) as metrics:
        for n, net in zip((3, 5), nets, strict=True):
            sx.deref(sx.train(net, blobs(33, nvalid=10), n))
        found = parsed(metrics.text())

    for name, net in zip(('with "quotes"\n', "net 2"), nets, strict=True):
        stats = net.value.training.stats
        assert value(found, "epochs", net=name) == stats.epochs
        assert value(found, "steps", net=name) == stats.steps
        assert value(found, "loss", net=name) == stats.loss[-1]
        assert value(found, "learning_rate", net=name) == 0.1
        assert value(found, "seconds", net=name) == stats.seconds[-1]
        assert value(found, "samples_per_second", net=name) == stats.samples_per_second[-1]
        for part, histories in (("training", stats.training), ("validation", stats.validation)):
            for kind, series in histories.items():
                assert value(found, "error", net=name, part=part, kind=kind) == series[-1]


def test_the_present_status_is_one_and_all_others_are_zero() -> None:
    net = fresh("a")
    metrics = sx.Prometheus(net)
    net.swap(with_status, "paused")

    found = parsed(metrics.text())

    by_status = {
        dict(labels)["status"]: n for (name, labels), n in found.items() if name == "synapse_rx_status"
    }
    assert by_status.pop("paused") == 1
    assert set(by_status.values()) == {0}


def test_before_the_first_epoch_there_are_no_errors() -> None:
    found = parsed(sx.Prometheus(fresh("a")).text())

    assert value(found, "epochs", net="a") == 0
    assert {name for name, _ in found} == {"synapse_rx_epochs", "synapse_rx_steps", "synapse_rx_status"}


def test_it_is_served_to_this_machine_until_it_is_closed() -> None:
    net = fresh("a")
    publish(net, 3)
    threads = set(threading.enumerate())
    with sx.Prometheus(net).serve() as metrics:
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics", timeout=60) as answer:
            found = parsed(answer.read().decode())
        port = metrics.port

    assert value(found, "epochs", net="a") == 3
    assert metrics.port is None
    assert set(threading.enumerate()) <= threads
    assert port is not None
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), 1):
        pass


def test_a_port_that_is_taken_is_refused_and_the_rest_goes_on() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        metrics = sx.Prometheus(fresh("a"))

        with pytest.raises(OSError, match="in use"):
            metrics.serve(taken.getsockname()[1])

    assert "synapse_rx_epochs" in metrics.text()
    metrics.close()


def test_it_serves_once() -> None:
    with sx.Prometheus().serve() as metrics:
        with pytest.raises(OptionError, match=f"served already, on port {metrics.port}"):
            metrics.serve()


def test_it_joins_the_metrics_of_a_program_and_leaves_them() -> None:
    registry = client.CollectorRegistry()
    own = client.Counter("requests", "Requests.", registry=registry)
    own.inc()

    with sx.Prometheus(fresh("a"), registry=registry) as metrics:
        text = client.generate_latest(registry).decode()
        assert "requests_total 1.0" in text
        assert 'synapse_rx_epochs{net="a"} 0.0' in text
    assert "synapse_rx" not in client.generate_latest(registry).decode()

    metrics.attach(fresh("b"))
    assert 'synapse_rx_epochs{net="b"} 0.0' in client.generate_latest(registry).decode()


def test_what_is_detached_is_not_collected() -> None:
    one, other = fresh("one"), fresh("other")
    metrics = sx.Prometheus(one, other).detach(one)

    assert {dict(labels)["net"] for _, labels in parsed(metrics.text())} == {"other"}


def test_it_can_be_collected_while_networks_train_and_come_and_go() -> None:
    net = sx.atom(small_net())
    metrics = sx.Prometheus(net)
    run = sx.train(net, blobs(), 300)
    while not run.done():
        other = fresh("other")
        metrics.attach(other)
        assert "synapse_rx_epochs" in metrics.text()
        metrics.detach(other)

    assert value(parsed(metrics.text()), "epochs", net="net 1") == 300


@pytest.mark.parametrize("registry", [3, "default", object()])
def test_what_is_no_registry_is_refused(registry: Any) -> None:
    with pytest.raises(OptionError, match=r"registry= takes a prometheus_client\.CollectorRegistry"):
        sx.Prometheus(registry=registry)


def test_the_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with pytest.raises(MissingExtraError, match=r"pip install 'synapse-rx\[prometheus\]'"):
        sx.Prometheus()
