"""
A graph of gated memory cells learns to name again what it was shown among distractors, watched as it learns.

Then one sequence is shown to it step by step, by a function that remembers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx import graph, tasks


def main() -> None:
    task = tasks.distracted_recall(9, targets=2, distractors=2, samples=1000, tests=200, batch=10)
    described = graph.lstm(6, 4, 2, gradient="bptt")
    net = graph.graph_net(
        described, sx.training("adam", learning_rate=0.05, loss="binary_cross_entropy", seed=1)
    )
    print(described)

    @net.add_watch("progress")
    def progress(key: Any, cell: Any, old: Any, new: Any) -> None:
        if new.training.stats.epochs > old.training.stats.epochs and new.training.stats.epochs % 5 == 0:
            print(f"epoch {new.training.stats.epochs}: loss {new.training.stats.loss[-1]:.4f}")

    sx.deref(sx.train(net, task.data, sx.epochs(60) | sx.error_below(0.003)))
    print(f"right in {task.scores(net)['right']:.0%} of new sequences, solved: {task.solved(net)}")

    answer = graph.standalone(net)
    names = ["A", "B", "x", "y", "first?", "second?"]
    for step in task.test.x[0].reshape(-1, 6):
        given = answer(step)
        said = " and ".join(name for name, y in zip("AB", given, strict=True) if y > 0.5) or "-"
        print(f"{names[int(np.argmax(step))]:>8}  {said}")


if __name__ == "__main__":
    main()
