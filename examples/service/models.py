"""What is asked and answered, as pydantic models: FastAPI checks requests by them and documents them at /docs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

import synapse_rx as sx


class Strict(BaseModel):
    """A request in which a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid")


class NewNet(Strict):
    """A multi-layer perceptron; sizes, names and options are checked by the library."""

    layers: list[Annotated[int, Field(ge=1, le=4096)]] = Field(
        min_length=2, max_length=16, examples=[[64, 30, 10]]
    )
    activations: list[str] = Field(min_length=1, max_length=15, examples=[["relu", "softmax"]])
    algorithm: str = "adam"
    options: dict[str, Any] = Field(default_factory=dict, examples=[{"learning_rate": 0.01}])
    seed: int = 0


class Samples(Strict):
    """Samples with their labels, to learn from."""

    samples: list[list[float]] = Field(min_length=1, max_length=100_000)
    labels: list[int | str] = Field(min_length=1, max_length=100_000)
    batch: int = 32


class Training(Strict):
    """What to learn, and for how many epochs."""

    data: Literal["digits"] | Samples = "digits"
    epochs: int = Field(default=10, ge=1, le=1_000_000)


class Edit(Strict):
    """A live edit: options of the algorithm, and whether to go on."""

    options: dict[str, Any] = Field(default_factory=dict, examples=[{"learning_rate": 0.001}])
    action: Literal["pause", "resume", "stop"] | None = None


class Question(Strict):
    """Samples to be answered; few enough to be answered at once."""

    samples: list[list[float]] = Field(min_length=1, max_length=1000)


class Answer(BaseModel):
    """Labels and outputs of a network, and how much it had learnt when it gave them."""

    epochs: int
    labels: list[Any] | None
    outputs: list[list[float]]


class Event(BaseModel):
    """Something done to a network in training."""

    epoch: int
    what: str
    detail: str


class State(BaseModel):
    """Where a network stands."""

    id: str
    status: str
    epochs: int
    algorithm: dict[str, Any]
    errors: dict[str, float]
    events: list[Event]

    @classmethod
    def of(cls, number: str, net: sx.Net) -> State:
        """Describe a snapshot."""
        how, stats = net.training, net.training.stats
        return cls(
            id=number,
            status=how.status,
            epochs=stats.epochs,
            algorithm=sx.to_data(how.algorithm),
            errors=stats.last_errors(),
            events=[Event(epoch=one.epoch, what=one.what, detail=one.detail) for one in stats.events[-20:]],
        )


class Health(BaseModel):
    """That the service lives, and what it does."""

    status: Literal["ok"] = "ok"
    nets: int
    training: int
