"""
Digits completed from memory: by Hopfield networks and by a restricted Boltzmann machine.

What to look at: the lower half of a digit is covered. A Hopfield network that stored ten digits by the projection rule
runs down its energy to the nearest of them, and a cell is told on the way. A modern one holds hundreds of other digits
and attends to those that begin alike. A restricted Boltzmann machine draws lower halves that go with the upper ones.

    python examples/complete_digits.py [picture.png]
"""

import sys

import numpy as np

import synapse_rx as sx
from synapse_rx import energy

UPPER = np.arange(64) < 32
"""The pixels that are known: the upper half of 8 x 8."""


def hopfield_recall(patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the patterns, -1 and 1, as probes with random lower halves, and what comes of them."""
    net = energy.hopfield(64, "pseudo_inverse")
    sx.train(net, sx.training_set(patterns, None, shuffle=False), 1).result()
    noise = np.random.default_rng(0).choice([-1.0, 1.0], patterns.shape)
    probes = np.where(UPPER, patterns, noise)

    told = sx.atom(None)
    steps = told.select(lambda found: found and round(float(found.energies[-1].mean()), 2))
    steps.add_watch("print", lambda key, cell, old, new: print(f"  energy {new}"))
    print("ten digits with random lower halves, run down the energy, 16 units a line:")
    found = energy.recall(net, probes, known=UPPER, every=16, into=told)
    same = (found.states == patterns).all(axis=1).sum()
    print(f"  {same} of {len(patterns)} come back as they were stored, after {found.sweeps} sweeps")
    return probes, found.states


def modern_recall(memories: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Return digits completed by what is most like them among the memories."""
    # Centred, so that likeness is not outshone by how much ink there is.
    mean = memories.mean(axis=0)
    net = energy.modern_hopfield(memories - mean, beta=8.0)
    probes = np.where(UPPER, digits - mean, 0)
    return energy.recall(net, probes, known=UPPER).states + mean


def boltzmann(data: sx.TrainingSet) -> sx.Atom[sx.Net]:
    """Return a machine that learnt digits, told about after every twentieth epoch."""
    loss = energy.ContrastiveDivergence(5)
    net = energy.rbm(64, 120, sx.training(learning_rate=0.1, momentum=0.5, loss=loss))

    @net.add_watch("log")
    def log(key, cell, old, new):
        stats = new.training.stats
        if stats.epochs > old.training.stats.epochs and stats.epochs % 20 == 0:
            errors = {name: round(float(values[-1]), 3) for name, values in stats.validation.items()}
            print(f"  epoch {stats.epochs}: {errors}")

    print("a restricted Boltzmann machine, on digits held out:")
    sx.train(net, data, 60).result()
    return net


def draw(path: str, rows: dict[str, np.ndarray]) -> None:
    """Draw digits in rows, each with its name."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(rows), 10, figsize=(8.4, 0.82 * len(rows)), layout="constrained")
    for (name, digits), line in zip(rows.items(), axes, strict=True):
        for axis, digit in zip(line, digits, strict=True):
            axis.imshow(digit.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    figure.savefig(path, dpi=80)
    print("drawn to", path)


def main() -> None:
    digits = sx.load_training_set("digits", nvalid=397, seed=1)
    x, held_out = digits.data.scaled(), digits.valid
    assert held_out is not None and digits.y is not None and held_out.y is not None
    labels = held_out.y.argmax(axis=1)
    chosen = held_out.scaled()[[int(np.flatnonzero(labels == label)[2]) for label in range(10)]]

    patterns = np.where(chosen > 0.5, 1.0, -1.0)
    probes, recalled = hopfield_recall(patterns)
    attended = modern_recall(x, chosen)
    net = boltzmann(sx.training_set(x, None, batch=50, nvalid=200, shuffle="epoch"))
    completed = energy.complete(net, np.where(UPPER, chosen, 0.5), UPPER, steps=400)

    missing = np.where(UPPER, chosen, 0.5)
    for name, found in (("half grey", missing), ("modern Hopfield", attended), ("Boltzmann", completed)):
        error = np.square(found - chosen)[:, ~UPPER].mean()
        print(f"mean squared error of lower halves, {name}: {error:.3f}")
    rows = {
        "digit": chosen,
        "stored": (patterns + 1) / 2,
        "probe": (probes + 1) / 2,
        "Hopfield": (recalled + 1) / 2,
        "what is known": missing,
        "modern Hopfield": attended,
        "Boltzmann": completed,
    }
    try:
        draw(sys.argv[1] if len(sys.argv) > 1 else "completed_digits.png", rows)
    except ImportError:
        print("no picture without matplotlib")


if __name__ == "__main__":
    main()
