"""
Makes the files that every later version must be able to read: ``python -m tests.golden.files``.

A file is made once, by the version that introduced its format, and never again; beside it stands what it says, as
plain data. For a new version of the format add a file, and leave the others as they are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import evolve

import synapse_rx as sx
from synapse_rx.io.saved import VERSION
from synapse_rx.schedules import Exponential
from synapse_rx.snapshot import Net
from tests.nets import SECONDS, blobs, learner, trained

FOLDER = Path(__file__).with_suffix("")
SAMPLES = [[0.5, -1.0, 2.0], [1.5, 0.25, 0.0], [-3.0, 0.125, 1.0]]


def data() -> sx.TrainingSet:
    return blobs(nvalid=4, normalize="standardize", shuffle="epoch")


def network() -> Net:
    """
    Return a network in the middle of an epoch, with something in every part of a file.
    """
    how = sx.training(
        sx.Adam(learning_rate=Exponential(0.1, 0.9)),
        loss=sx.WeightedSum([(0.75, "cross_entropy"), (0.25, "squared_error")]),
        seed=3,
        stats=["misclassification", sx.TopK(1), "gradient_norm"],
        regularization=sx.L2(0.01),
        averaging=0.9,
        factors={0: 0.5},
    )
    layers = [sx.Input(3), sx.Dense(4, "tanh"), sx.BatchNorm(), sx.Dropout(0.1), sx.Dense(2, "softmax")]
    learnt = trained(sx.neural_net(layers, how).value, data(), 2)
    learnt = sx.with_options(learnt, beta1=0.8)
    learning = learner(learnt, data())
    learning.learn(SECONDS, 2)
    middle = learning.merge(learnt)
    return evolve(middle, labels=("a", 1), training=evolve(middle.training, status="stopped"))


def said(net: Net) -> dict[str, Any]:
    """
    Return what there is in a network, as plain data.
    """
    how, stats, state = net.training, net.training.stats, net.training.state
    position = state.position
    assert position is not None and net.normalization is not None
    return {
        "layers": [layer.kind for layer in net.arch.layers],
        "params": {name: value.tolist() for name, value in net.params.items()},
        "dtype": net.params.flat.dtype.name,
        "kept": {name: value.tolist() for name, value in net.kept.items()},
        "labels": list(net.labels or ()),
        "version": net.version,
        "normalization": [net.normalization.kind, net.normalization.shift.tolist()],
        "algorithm": [how.algorithm.kind, how.algorithm.beta1, how.algorithm.learning_rate.at(1.0, 1)],  # pyright: ignore
        "loss": how.loss.name if how.loss else None,
        "seed": how.seed,
        "averaging": how.update.averaging,
        "recorded": [getattr(kind, "name", kind) for kind in how.recorded or ()],
        "status": how.status,
        "slots": {name: getattr(value, "tolist", lambda v=value: v)() for name, value in state.slots.items()},
        "generator": list(state.generator),
        "position": [position.batch, {name: list(row) for name, row in position.sums.items()}],
        "epochs": [stats.epochs, stats.steps],
        "losses": list(stats.loss),
        "training": {name: list(row) for name, row in stats.training.items()},
        "validation": {name: list(row) for name, row in stats.validation.items()},
    }


def main() -> None:
    path = FOLDER / f"net-{VERSION}.safetensors"
    if path.exists():
        raise SystemExit(f"{path} is there already, and stays as it is")
    net = network()
    sx.save(net, path)
    expected = {"said": said(net), "outputs": sx.outputs(net, SAMPLES).tolist()}
    path.with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
