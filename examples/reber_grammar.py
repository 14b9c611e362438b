"""
The embedded Reber grammar: an LSTM that reads strings symbol by symbol and says what may come next.

What to look at: two ways through the grammar differ in their second symbol alone, and it has to come back before the
last, however long the string between the two was. Strings the network is tested with are none of those it learnt.

    python examples/reber_grammar.py
"""

import numpy as np

import synapse_rx as sx
from synapse_rx import tasks

SYMBOLS = "BTPSXVE"


def network(task: tasks.Task) -> sx.Atom[sx.Net]:
    """Return a network that reads strings of any length up to the longest; zeros behind the end do not count."""
    layers = [
        sx.LSTM(16, returns="sequence", padding=0),
        sx.TimeDistributed(sx.Dense(7, "softmax")),
    ]
    how = sx.training("adam", learning_rate=0.02, loss=task.loss)
    return sx.neural_net([sx.Input(task.in_shape), *layers], how)


def show(net: sx.Atom[sx.Net], task: tasks.Task) -> None:
    """Print what the network expects behind every symbol of the longest string it is tested with."""
    x = task.test.x[np.argmax(task.test.x.any(axis=2).sum(axis=1))]
    expected = sx.outputs(net, x[None])[0]
    string = "".join(SYMBOLS[step.argmax()] for step in x if step.any()) + "E"
    print(string)
    print("read  may follow  expected")
    for symbol, allowed, step in zip(string, tasks.successors(string), expected, strict=False):
        likely = np.argsort(-step)[:2]
        words = " ".join(f"{SYMBOLS[code]} {step[code]:.2f}" for code in likely if step[code] > 0.1)
        print(f"{symbol:5} {allowed:11} {words}")


def main() -> None:
    task = tasks.embedded_reber(2000, tests=300, batch=50)
    print(task)
    net = network(task)

    @net.add_watch("scores")
    def scores(key, cell, old, new):
        if new.training.stats.epochs > old.training.stats.epochs:
            found = task.scores(new)
            print(
                f"epoch {new.training.stats.epochs}: legal {found['legal']:.3f}, embedded {found['embedded']:.3f}"
            )
            if task.solved(new):
                sx.stop_training(cell)

    sx.train(net, task.data, 40).result()
    print("solved" if task.solved(net) else "not solved yet")
    show(net, task)


if __name__ == "__main__":
    main()
