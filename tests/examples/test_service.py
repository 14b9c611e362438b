"""The training service, served for real and asked by a real HTTP client."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

httpx = pytest.importorskip("httpx", reason="httpx is not installed")
pytest.importorskip("fastapi", reason="fastapi is not installed")
uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed")

LONG = 60.0
ENDLESS = 1_000_000
PERCEPTRON = {"layers": [64, 20, 10], "activations": ["relu", "softmax"], "options": {"learning_rate": 0.01}}
DIGIT = [[n / 64 for n in range(64)]]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from examples.service.app import service

    server = uvicorn.Server(
        uvicorn.Config(service(), log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(LONG)
    assert not thread.is_alive()


@pytest.fixture
async def ask(address: str) -> AsyncIterator[Any]:
    limits = httpx.Limits(max_connections=30)
    async with httpx.AsyncClient(base_url=address, timeout=LONG, trust_env=False, limits=limits) as client:
        yield client
        for net in (await client.get("/nets")).json():
            await client.delete(f"/nets/{net['id']}")


async def made(ask: Any, **more: Any) -> str:
    answer = await ask.post("/nets", json={**PERCEPTRON, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def told(ask: Any, net: str, **headers: str) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    """Yield the ids and the data of its events."""
    async with ask.stream("GET", f"/nets/{net}/events", headers=headers) as answer:
        number = -1
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                yield number, json.loads(line[6:])


async def test_several_nets_learn_at_once_and_tell_every_epoch(ask: Any) -> None:
    nets = [await made(ask, seed=seed) for seed in range(4)]

    async def follow(net: str) -> list[float]:
        losses: list[float] = []
        assert (await ask.post(f"/nets/{net}/train", json={"epochs": 12})).status_code == 202
        async for _, event in told(ask, net):
            losses += event["loss"]
            if event["status"] == "done":
                break
        return losses

    for losses in await asyncio.gather(*map(follow, nets)):
        assert len(losses) == 12 and losses[-1] < losses[0]


async def test_it_predicts_and_is_well_while_it_trains(ask: Any) -> None:
    net = await made(ask)
    await ask.post(f"/nets/{net}/train", json={"epochs": ENDLESS})
    epochs = []
    async for number, _ in told(ask, net):
        answer = (await ask.post(f"/nets/{net}/predict", json={"samples": DIGIT})).json()
        epochs.append(answer["epochs"])
        if number >= 5:
            break

    assert len(answer["outputs"][0]) == 10 and answer["labels"] == [
        max(range(10), key=answer["outputs"][0].__getitem__)
    ]
    assert epochs == sorted(epochs) and epochs[-1] >= 5
    assert (await ask.get("/healthz")).json() == {"status": "ok", "nets": 1, "training": 1}


async def test_an_edit_steers_the_training_under_way(ask: Any) -> None:
    net = await made(ask)
    await ask.post(f"/nets/{net}/train", json={"epochs": ENDLESS})
    edited = await ask.patch(f"/nets/{net}/training", json={"options": {"learning_rate": 0.002}})
    async for _, _ in told(ask, net):
        state = (await ask.get(f"/nets/{net}")).json()
        if state["events"]:
            break

    assert edited.json()["algorithm"]["learning_rate"] == 0.002
    assert state["events"][0]["what"] == "learning_rate" and state["events"][0]["detail"] == "0.01 -> 0.002"


async def test_a_training_is_paused_resumed_and_stopped(ask: Any) -> None:
    net = await made(ask)
    await ask.post(f"/nets/{net}/train", json={"epochs": ENDLESS})

    states = [
        (await ask.patch(f"/nets/{net}/training", json={"action": one})).json() for one in ("pause", "resume")
    ]
    await ask.patch(f"/nets/{net}/training", json={"action": "stop"})
    async for _, event in told(ask, net):
        if event["status"] == "stopped":
            break

    assert [state["status"] for state in states] == ["paused", "training"]


async def test_cancelling_waits_until_nothing_is_computed_any_more(ask: Any) -> None:
    net = await made(ask)
    await ask.post(f"/nets/{net}/train", json={"epochs": ENDLESS})
    cancelled = await ask.delete(f"/nets/{net}/training")

    assert cancelled.json()["status"] == "cancelled"
    assert (await ask.get("/healthz")).json()["training"] == 0
    assert (await ask.post(f"/nets/{net}/train", json={"epochs": 1})).status_code == 202


async def test_a_reader_who_comes_back_is_told_what_it_missed(ask: Any) -> None:
    net = await made(ask)
    await ask.post(f"/nets/{net}/train", json={"epochs": 6})
    async for _, event in told(ask, net):
        if event["status"] == "done":
            break

    number, event = await anext(told(ask, net, **{"Last-Event-ID": "4"}))

    assert number == 6 and len(event["loss"]) == 2


async def test_removing_a_net_ends_what_listens_to_it(ask: Any) -> None:
    net = await made(ask)
    events = told(ask, net)
    await anext(events)
    assert (await ask.delete(f"/nets/{net}")).status_code == 204

    assert [event async for event in events] == []
    assert (await ask.get(f"/nets/{net}")).status_code == 404


async def test_samples_come_with_the_request(ask: Any) -> None:
    net = await made(ask, layers=[2, 8, 2], activations=["tanh", "softmax"])
    data = {"samples": [[0, 0], [0, 1], [1, 0], [1, 1]], "labels": ["no", "yes", "yes", "no"], "batch": 4}
    await ask.post(f"/nets/{net}/train", json={"data": data, "epochs": 300})
    async for _, event in told(ask, net):
        if event["status"] == "done":
            break
    answer = await ask.post(f"/nets/{net}/predict", json={"samples": data["samples"]})

    assert answer.json()["labels"] == data["labels"]


@pytest.mark.parametrize(
    "path, body, status, error",
    [
        ("", {"layers": [64, 10], "activations": ["sofmax"]}, 422, "did you mean 'softmax'"),
        ("", {**PERCEPTRON, "options": {"learning_rate": -1}}, 422, "learning_rate"),
        ("", {**PERCEPTRON, "layers": [64, 0, 10]}, 422, "greater than or equal to 1"),
        ("", {**PERCEPTRON, "lairs": 3}, 422, "Extra inputs"),
        (
            "/{net}/train",
            {"data": {"samples": [[1, 2], [3, 4]], "labels": [0, 1]}},
            422,
            "samples of 64 numbers",
        ),
        ("/{net}/train", {"epochs": 0}, 422, "greater than or equal to 1"),
        ("/{net}/predict", {"samples": [[1, 2], [3]]}, 422, "same shape in every row"),
        ("/{net}/predict", {"samples": []}, 422, "at least 1"),
        ("/999/predict", {"samples": [[1]]}, 404, "no network '999'"),
    ],
)
async def test_what_is_wrong_is_said(ask: Any, path: str, body: Any, status: int, error: str) -> None:
    net = await made(ask)
    answer = await ask.post(f"/nets{path.format(net=net)}", json=body)

    assert answer.status_code == status
    assert error in answer.text


async def test_a_net_in_training_is_not_trained_twice(ask: Any) -> None:
    net = await made(ask)
    await ask.post(f"/nets/{net}/train", json={"epochs": ENDLESS})
    answer = await ask.post(f"/nets/{net}/train", json={"epochs": 1})

    assert answer.status_code == 409 and answer.json()["error"] == "AlreadyTraining"


async def test_a_training_that_diverges_is_told_and_harms_nobody(ask: Any) -> None:
    wild = await made(ask, algorithm="backprop", options={"learning_rate": 1e30})
    await ask.post(f"/nets/{wild}/train", json={"epochs": 5})
    async for _, event in told(ask, wild):
        if event["status"] == "failed":
            break

    assert (await ask.get("/healthz")).status_code == 200


@pytest.mark.slow
async def test_a_hundred_nets_learn_at_once_while_all_are_asked(ask: Any) -> None:
    nets = [await made(ask, seed=seed) for seed in range(100)]
    for net in nets:
        await ask.post(f"/nets/{net}/train", json={"epochs": 4})
    assert (await ask.get("/healthz")).json()["nets"] == 100

    async def follow(net: str) -> int:
        while True:
            answer = await ask.post(f"/nets/{net}/predict", json={"samples": DIGIT})
            assert answer.status_code == 200
            if (await ask.get(f"/nets/{net}")).json()["status"] == "done":
                return answer.json()["epochs"]

    epochs = await asyncio.gather(*map(follow, nets))

    assert len(epochs) == 100
    assert {net["epochs"] for net in (await ask.get("/nets")).json()} == {4}
