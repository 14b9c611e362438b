"""
The exclusive or and distracted recall, watched while they are learnt.

What to look at: both networks train at the same time. A watch keeps what the one answers to every point of the square,
and how sure the other is of each target at every step of one sequence; an `async for` prints scores as they come.

    python examples/watch_learning.py [picture.png]
"""

import asyncio
import sys

import numpy as np

import synapse_rx as sx
from synapse_rx import tasks

SIDE = 40
KEPT = {"xor": (1, 5, 10), "recall": (1, 2, 3)}
"""After which epochs pictures are kept, beside that of the end."""


def square() -> np.ndarray:
    """Return the points of the unit square and a little more, (SIDE * SIDE, 2)."""
    y, x = np.mgrid[-0.2 : 1.2 : SIDE * 1j, -0.2 : 1.2 : SIDE * 1j]
    return np.column_stack([x.ravel(), y.ravel()]).astype(np.float32)


def keep(net: sx.Atom[sx.Net], samples: np.ndarray, epochs: tuple[int, ...]) -> dict[int, np.ndarray]:
    """Return what will hold the answers to samples after some epochs."""
    answers: dict[int, np.ndarray] = {}

    @net.add_watch("keep")
    def look(key, cell, old, new):
        epoch = new.training.stats.epochs
        if epoch in epochs and epoch not in answers:
            answers[epoch] = sx.outputs(new, samples)

    return answers


async def learn(net: sx.Atom[sx.Net], task: tasks.Task, epochs: int, every: int) -> None:
    """Train a network, print its scores on the way and stop when the task is solved."""
    run = sx.train(net, task.data, epochs)
    told = 0
    async for snapshot in run:
        epoch = snapshot.training.stats.epochs
        if epoch >= told + every:
            told = epoch
            print(f"{task.name}, epoch {epoch}: right {task.scores(snapshot)['right']:.3f}")
            if task.solved(snapshot):
                sx.stop_training(net)
    snapshot = await run
    print(f"{task.name}: {'solved' if task.solved(snapshot) else 'not solved'}")


def draw(
    path: str, points: dict[int, np.ndarray], recalls: dict[int, np.ndarray], symbols: np.ndarray
) -> None:
    """Draw what was kept of both."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 4, figsize=(10, 4.4), layout="constrained", height_ratios=[1.35, 1])
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (epoch, answer) in zip(axes[0], sorted(points.items()), strict=False):
        axis.set_axis_on()
        extent = (-0.2, 1.2, -0.2, 1.2)
        axis.imshow(answer.reshape(SIDE, SIDE), "PuOr", extent=extent, origin="lower", vmin=0, vmax=1)
        axis.scatter(
            [0, 1, 0, 1], [0, 1, 1, 0], c=[0, 0, 1, 1], cmap="PuOr", vmin=0, vmax=1, edgecolors="black"
        )
        axis.set(title=f"exclusive or, epoch {epoch}", xticks=[0, 1], yticks=[0, 1])
    for axis, (epoch, answer) in zip(axes[1], sorted(recalls.items()), strict=False):
        axis.set_axis_on()
        axis.imshow(answer[0].T, cmap="Purples", vmin=0, vmax=1, aspect="auto")
        axis.set(title=f"recall, epoch {epoch}", xticks=range(len(symbols)), yticks=range(4))
        axis.set_xticklabels([str(symbol) for symbol in symbols], fontsize=7)
    axes[1, 0].set_ylabel("target")
    figure.savefig(path, dpi=80)
    print("drawn to", path)


async def main() -> None:
    xor, recall = tasks.xor(), tasks.distracted_recall(10)
    first = sx.mlp([2, 4, 1], ["tanh", "sigmoid"], sx.training("adam", learning_rate=0.1, seed=1))
    layers = [sx.LSTM(20, returns="sequence"), sx.TimeDistributed(sx.Dense(4, "sigmoid"))]
    second = sx.neural_net([sx.Input(recall.in_shape), *layers], sx.training("adam", learning_rate=0.02))

    points = keep(first, square(), KEPT["xor"])
    recalls = keep(second, recall.test.x[:1], KEPT["recall"])
    await asyncio.gather(learn(first, xor, 60, 20), learn(second, recall, 40, 4))
    ends = ((first, points, square()), (second, recalls, recall.test.x[:1]))
    for net, kept, samples in ends:
        kept[net.value.training.stats.epochs] = sx.outputs(net, samples)
    try:
        symbols = recall.test.x[0].argmax(axis=1)
        draw(sys.argv[1] if len(sys.argv) > 1 else "watched.png", points, recalls, symbols)
    except ImportError:
        print("no picture without matplotlib")


if __name__ == "__main__":
    asyncio.run(main())
