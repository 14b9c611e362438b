"""
A web service that trains many networks: how long it takes to answer while all of them learn.

The service of ``examples/service`` runs in a process of its own; one client asks for predictions and for its health by
turns, on one connection, at a fixed rate. Each latency counts from the moment when the request was due, so that an
answer that was late makes the next ones late as well.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from time import perf_counter, sleep
from typing import Any

import numpy as np

import synapse_rx as sx

from .harness import table

ENDLESS = 1_000_000
"""Epochs that nobody waits for."""

SETTLE = 1.0
"""Seconds between the beginning of the trainings and the first request that counts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--nets", type=int, nargs="+", help="networks in training at once")
    parser.add_argument("--seconds", type=float, help="seconds of requests for each")
    parser.add_argument("--rate", type=float, default=100.0, help="requests a second")
    parser.add_argument("--layers", type=int, nargs="+", default=[64, 30, 10], help="sizes of each network")


def run(
    quick: bool = False,
    nets: list[int] | None = None,
    seconds: float | None = None,
    rate: float = 100.0,
    layers: tuple[int, ...] = (64, 30, 10),
) -> None:
    seconds = seconds or (1.0 if quick else 15.0)
    rows = []
    with served() as connection:
        client = Client(connection)
        made = client.make(layers)
        for _ in range(20):  # whatever is made once is made now
            client.predict(made)
        for n in nets or ([0, 5] if quick else [0, 1, 10, 100]):
            rows += _measure(client, n, seconds, rate, layers)
    size = "-".join(map(str, layers))
    title = f"Answers beside networks {size} in training, ms; {seconds:g} s of {rate:g} requests a second"
    table(title, ["", "asked", "p50", "p90", "p99", "max", "epochs/s"], rows)


def _measure(
    client: Client, n: int, seconds: float, rate: float, layers: tuple[int, ...]
) -> Iterator[list[str]]:
    made = [client.make(layers) for _ in range(n)]
    for net in made:
        client.ask("POST", f"/nets/{net}/train", {"epochs": ENDLESS})
    sleep(SETTLE)
    asked = made or [client.make(layers)]
    before, start = client.epochs(), perf_counter()
    found: dict[str, list[float]] = {"/predict": [], "/healthz": []}
    for number in range(int(seconds * rate)):
        due = start + number / rate
        sleep(max(0.0, due - perf_counter()))
        if number % 2:
            client.ask("GET", "/healthz")
        else:
            client.predict(asked[number // 2 % len(asked)])
        found["/healthz" if number % 2 else "/predict"].append(perf_counter() - due)
    learnt = (client.epochs() - before) / (perf_counter() - start)
    for net in asked:
        client.ask("DELETE", f"/nets/{net}")
    for path, latencies in found.items():
        ms = 1e3 * np.array(latencies)
        figures = [*np.percentile(ms, [50, 90, 99]), ms.max()]
        yield [
            f"{n} nets" if path == "/predict" else "",
            path,
            *(f"{x:.1f}" for x in figures),
            f"{learnt:,.0f}",
        ]


class Client:
    """
    One connection to the service.
    """

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        digit = sx.load_test_set("digits").x[:1].reshape(1, -1).tolist()
        self._question = {"samples": digit}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """
        Ask, and return the answer.
        """
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {"content-type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def make(self, layers: tuple[int, ...]) -> str:
        """
        Make a network, and return its name.
        """
        activations = ["relu"] * (len(layers) - 2) + ["softmax"]
        return self.ask("POST", "/nets", {"layers": list(layers), "activations": activations})["id"]

    def predict(self, net: str) -> Any:
        """
        Ask a network for the label of one sample.
        """
        return self.ask("POST", f"/nets/{net}/predict", self._question)

    def epochs(self) -> int:
        """
        Return how many epochs all networks have learnt together.
        """
        return sum(net["epochs"] for net in self.ask("GET", "/nets"))


@contextmanager
def served() -> Iterator[HTTPConnection]:
    """
    Start the service, and give a connection to it.
    """
    server = subprocess.Popen(
        [sys.executable, "-m", "examples.service", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            if found := re.search(r"running on http://([\d.]+):(\d+)", line):
                yield HTTPConnection(found[1], int(found[2]), timeout=60)
                return
        raise RuntimeError(f"the service did not start:\n{''.join(said)}")
    finally:
        server.terminate()
        server.wait()
