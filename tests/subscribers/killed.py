"""
Trains with checkpoints from where the last one stands, till it is done (``python -m tests.subscribers.killed``).

It does so in a process of its own for every line that it reads, which it waits for.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import synapse_rx as sx
from synapse_rx.snapshot import Net
from tests.nets import blobs


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


def main(folder: str, epochs: int) -> None:
    cell = sx.resume(folder, net())
    sx.Checkpoint(folder, every=sx.every(batches=7), keep=2, best="validation:misclassification").attach(cell)
    begun = cell.value.training.stats
    if begun.epochs < epochs:

        @cell.add_watch("ready")
        def ready(key: Any, cell: sx.Atom[Net], old: Net, new: Net) -> None:
            if new.training.stats.steps > begun.steps:
                cell.remove_watch(key)
                print("ready", begun.steps, flush=True)

        sx.train(cell, data(), epochs - begun.epochs, publish=sx.every(batches=5)).result()
    print("done", flush=True)


def serve(folder: str, epochs: int) -> None:
    net(), data()  # what is imported here is not once more by every process
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            print(os.getpid(), flush=True)
            main(folder, epochs)
            os._exit(0)
        os.waitpid(child, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
