"""Trains with checkpoints from where the last one stands, till it is done (``python -m tests.subscribers.killed``)."""

from __future__ import annotations

import sys

import synapse_rx as sx
from synapse_rx.snapshot import Net
from tests.nets import blobs

EPOCHS = 400


def data() -> sx.TrainingSet:
    """
    Return some 20 batches of samples in another order every epoch.
    """
    return blobs(700, nvalid=50, batch=32, shuffle="epoch")


def net() -> sx.Atom[Net]:
    """
    Return a network with everything that a resumed training could get wrong: a generator, moments, averages.
    """
    how = sx.training("adam", averaging=0.99, seed=3, stats=["misclassification"])
    return sx.neural_net([sx.Input(3), sx.Dense(32, "tanh"), sx.Dropout(0.2), sx.Dense(2, "softmax")], how)


def main(folder: str) -> None:
    cell = sx.resume(folder, net())
    sx.Checkpoint(folder, every=sx.every(batches=7), keep=2, best="validation:misclassification").attach(cell)
    begun = cell.value.training.stats.epochs
    run = sx.train(cell, data(), EPOCHS - begun, publish=sx.every(batches=5)) if begun < EPOCHS else None
    print("ready", begun, flush=True)
    if run is not None:
        run.result()
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
