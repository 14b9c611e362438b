"""Everything that is told, and every command that is taken, is what the schema says."""

from __future__ import annotations

import json
from base64 import b64decode
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import synapse_rx as sx
from synapse_rx.dashboards.feed import Feed
from synapse_rx.dashboards.reports import schema_text
from synapse_rx.dashboards.statement import SCHEMA
from synapse_rx.dashboards.steering import COMMANDS, steer
from tests.dashboards.conftest import Asker
from tests.dashboards.form import checked, jsonschema, page, strict
from tests.nets import blobs, small_net

Net = sx.Atom[sx.Net]


def branched() -> Net:
    inner = sx.Residual(sx.Dense(6, "relu"))
    layers = [sx.Input((2, 3)), sx.Flatten(), inner, sx.Dropout(0.5), sx.Dense(2, "softmax")]
    how = sx.training("rprop", regularization=sx.Elastic(0.1, 0.2), clip_norm=1.0)
    return sx.neural_net(layers, how)


def scheduled() -> Net:
    net = sx.atom(small_net("adam", learning_rate=[(2, 0.1), (3, 0.01)]), meta={"name": "a \u2028 <name>"})
    net.swap(sx.freeze, 0)
    return net


@pytest.mark.parametrize("make", [lambda: sx.atom(small_net()), branched, scheduled])
def test_every_message_of_a_training_that_is_steered_is_what_the_schema_says(make: Any) -> None:
    net = make()
    shape = net.value.arch.input.shape
    rng = np.random.default_rng(0)
    data = sx.training_set(
        rng.random((60, *shape), dtype=np.float32), rng.integers(2, size=60), batch=20, nvalid=10
    )
    history = sx.History(net)
    messages: list[Any] = []
    with Feed(net) as feed:

        def read(*_: object) -> None:
            known = messages[-1]["id"] if messages else None
            messages.append(checked(json.loads(feed.message(feed.position(known)).data)))

        read()
        net.add_watch("read", read)
        with history:
            sx.deref(sx.train(net, data, 3, publish=sx.every(batches=1)))
            steer(net, {"command": "algorithm", "name": "backprop", "options": {"momentum": 0.5}})
            steer(net, {"command": "update", "options": {"clip_norm": 2}})
            sx.deref(sx.train(net, data, 2))
            history.undo(2)
        checked(json.loads(feed.message(feed.position(messages[0]["id"])).data))

    assert len(messages) > 10
    assert any(message["nets"][0]["batch"] for message in messages)
    assert messages[-1]["nets"][0]["reset"] is True
    for one, other in pairwise(messages):
        assert one["id"] != other["id"] or one["nets"][0]["epochs"] == other["nets"][0]["epochs"]


def test_what_is_not_in_the_schema_would_be_noticed() -> None:
    with Feed(sx.atom(small_net())) as feed:
        message = json.loads(feed.message(feed.position(None)).data)
    for place in (message, message["nets"][0], message["nets"][0]["description"]):
        place["surprise"] = 1
        assert not strict("message").is_valid(message)
        assert jsonschema.Draft202012Validator(json.loads(schema_text())).is_valid(message)
        del place["surprise"]
    del message["nets"][0]["epochs"]

    assert not strict("message").is_valid(message)


def test_all_answers_are_what_the_schema_says(net: Net) -> None:
    sx.deref(sx.train(net, blobs(33, nvalid=10), 2))
    with sx.dashboard(net, data=blobs(33, nvalid=10)) as served, Asker(served) as ask:
        for name in ("history", "histograms", "confusion", "mistakes"):
            checked(ask.http.get(f"nets/1/{name}").json(), name)
        checked(ask.http.get("nets/1/distributions?parameter=0.W").json(), "distributions")
        assert checked(ask.http.get("nets/1/mistakes?true=0&taken=0").json(), "mistakes")["samples"]
        checked(ask.http.get("about").json(), "about")
        checked(ask.http.get("snapshot?parameters=true").json())
        checked(ask.command(command="options", options={"learning_rate": 0.2}).json(), "done")
        for refused in (ask.command(command="options"), ask.http.get("nets/7/history")):
            checked(refused.json(), "error")


def test_every_command_is_in_the_schema() -> None:
    known = strict("command").schema["$defs"]["command"]["properties"]

    assert set(known["command"]["enum"]) == {*COMMANDS, "branch", "rewind"}
    for name, command in COMMANDS.items():
        assert {*command.needs, *command.takes} <= known.keys(), name


def test_the_schema_is_served_to_everybody_and_says_its_version(ask: Asker) -> None:
    ask.http.headers.pop("authorization")

    answer = ask.http.get("schema")

    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.content == schema_text()
    assert answer.json()["$defs"]["message"]["properties"]["schema"]["const"] == SCHEMA


def test_a_snapshot_says_what_a_network_is_made_of_and_brings_it_if_asked(
    ask: Asker, net: Net, tmp_path: Path
) -> None:
    sx.deref(sx.train(net, blobs(), 2))

    (plain,) = ask.nets()
    (whole,) = ask.http.get("snapshot?parameters=true&net=1").json()["nets"]
    (tmp_path / "net.safetensors").write_bytes(b64decode(whole["parameters"]))

    assert "parameters" not in plain
    assert sx.from_data(sx.Arch, plain["architecture"]) == net.value.arch
    assert sx.from_data(sx.Algorithm, plain["training"]["algorithm"]) == net.value.training.algorithm
    assert sx.load(tmp_path / "net.safetensors").value == net.value


def test_what_cannot_be_written_down_is_null(net: Net) -> None:
    own = sx.neural_net([sx.Input((3,)), sx.Lambda(lambda x: x + 1), sx.Dense(2, "softmax")])
    with sx.dashboard(own) as served, Asker(served) as ask:
        (said,) = checked(ask.http.get("snapshot").json())["nets"]
        refused = ask.http.get("snapshot?parameters=true")

    assert said["architecture"] is None
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("query", "status"), [("net=7", 404), ("net=x", 400), ("net=-1", 400), ("parameters=maybe", 400)]
)
def test_a_snapshot_of_what_is_not_there_is_refused(ask: Asker, query: str, status: int) -> None:
    assert ask.http.get(f"snapshot?{query}").status_code == status


def test_the_stream_goes_on_from_a_snapshot(ask: Asker, net: Net) -> None:
    sx.deref(sx.train(net, blobs(), 2))
    snapshot = ask.http.get("snapshot").json()
    sx.deref(sx.train(net, blobs(), 3))

    _, message = next(ask.events(snapshot["id"]))

    (said,) = message["nets"]
    assert said["reset"] is False
    assert said["curves"]["loss"]["epochs"] == [3, 4, 5]


def test_the_documentation_says_what_the_schema_says() -> None:
    text = (Path(__file__).parents[2] / "docs" / "dashboard-stream.md").read_text(encoding="utf-8")

    assert page() in text, f"docs/dashboard-stream.md should have this:\n{page()}"
