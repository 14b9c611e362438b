"""The service: every endpoint is a few lines, since training is a call, a snapshot a value, and an edit a swap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Header
from fastapi.responses import StreamingResponse

import synapse_rx as sx

from .data import training_set
from .events import events
from .failures import answer_failures
from .models import Answer, Edit, Health, NewNet, Question, State, Training
from .registry import Registry

ACTIONS = {"pause": sx.pause_training, "resume": sx.resume_training, "stop": sx.stop_training}


def service() -> FastAPI:
    """Return the application, with no networks yet."""
    nets = Registry()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        await nets.close()

    app = FastAPI(title="Networks in training", lifespan=life)
    answer_failures(app)

    @app.get("/healthz")
    async def healthz() -> Health:
        return Health(nets=len(nets), training=nets.training())

    @app.post("/nets", status_code=201)
    async def make(asked: NewNet) -> State:
        how = sx.training(asked.algorithm, seed=asked.seed, **asked.options)
        net = sx.mlp(asked.layers, asked.activations, how)
        return State.of(nets.add(net), net.value)

    @app.get("/nets")
    async def all_nets() -> list[State]:
        return [State.of(name, net) for name, net in nets.snapshots().items()]

    @app.get("/nets/{name}")
    async def one_net(name: str) -> State:
        return State.of(name, nets[name].value)

    @app.post("/nets/{name}/train", status_code=202)
    async def train(name: str, asked: Training) -> State:
        data = await asyncio.to_thread(training_set, asked.data)
        nets.train(name, data, asked.epochs)
        return State.of(name, nets[name].value)

    @app.get("/nets/{name}/events", response_class=StreamingResponse)
    async def listen(name: str, last_event_id: Annotated[int, Header(ge=0)] = 0) -> StreamingResponse:
        return StreamingResponse(events(nets.stream(name), last_event_id), media_type="text/event-stream")

    @app.patch("/nets/{name}/training")
    async def edit(name: str, asked: Edit) -> State:
        net = nets[name]
        if asked.options:
            net.swap(sx.with_options, **asked.options)  # in force from the next batch on
        if asked.action is not None:
            ACTIONS[asked.action](net)
        return State.of(name, net.value)

    @app.delete("/nets/{name}/training")
    async def cancel(name: str) -> State:
        await nets.cancel(name)
        return State.of(name, nets[name].value)

    @app.delete("/nets/{name}", status_code=204)
    async def remove(name: str) -> None:
        await nets.remove(name)

    @app.post("/nets/{name}/predict")
    async def predict(name: str, asked: Question) -> Answer:
        snapshot = nets[name].value  # a value: it stays what it is while the network learns on
        answer = sx.compile(snapshot)
        outputs = answer(asked.samples)
        labels = None if snapshot.labels is None else [snapshot.labels[n] for n in outputs.argmax(axis=1)]
        return Answer(epochs=snapshot.training.stats.epochs, labels=labels, outputs=outputs.tolist())

    return app
