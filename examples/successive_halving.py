"""
Successive halving without waiting (ASHA; Li et al., 2018): many networks begin, and the better half goes on.

What to look at: thirty-two networks of drawn size, algorithm and learning rate learn digits, four at once. Whoever has
learnt 1, 2, 4, 8 or 16 epochs goes on only if its error is among the better half of those that came so far until now;
the others are stopped at once and make room. The rule is one pipeline of the population's news.

    python examples/successive_halving.py [picture.png]
"""

import random
import sys
from statistics import median
from typing import NamedTuple

import reactivex as rx
from reactivex import operators as ops

import synapse_rx as sx

MEMBERS, AT_ONCE, RUNGS, EPOCHS = 32, 4, (1, 2, 4, 8, 16), 32
KIND = "cross_entropy"


class Reached(NamedTuple):
    """A network that has come to a rung, and its validation error there."""

    rung: int
    name: str
    error: float


def networks(rng: random.Random) -> sx.Population:
    """Return networks of all kinds."""
    nets = {}
    for _ in range(MEMBERS):
        units, algorithm = rng.choice([8, 16, 32, 64]), rng.choice(["adam", "rmsprop", "backprop"])
        rate = 10 ** rng.uniform(-4, 0)
        how = sx.training(algorithm, learning_rate=rate, seed=rng.randrange(1000))
        nets[f"{algorithm} {rate:.2g}, {units} units"] = sx.mlp([64, units, 10], ["relu", "softmax"], how)
    return sx.population(nets)


def reached(news: sx.News) -> "rx.Observable[Reached]":
    """Return the rungs that a network came to with its newest epochs."""
    errors = news.net.training.stats.validation[KIND] if news.epochs else ()
    return rx.from_iterable(Reached(n, news.name, errors[n - 1]) for n in RUNGS if n - 1 in news.epochs)


def is_worse(seen: list[Reached]) -> bool:
    """Return whether the last one has a larger error than half of all that came so far."""
    return seen[-1].error > median(one.error for one in seen)


def losers(rung: "rx.Observable[Reached]") -> "rx.Observable[Reached]":
    """Return those of one rung that are not to go on."""
    start: list[Reached] = []
    return rung.pipe(
        ops.scan(lambda seen, one: [*seen, one], start),
        ops.filter(is_worse),
        ops.map(lambda seen: seen[-1]),
    )


def halving(population: sx.Population) -> "rx.Observable[Reached]":
    """Return all that are not to go on, as soon as that is known."""
    return population.pipe(ops.flat_map(reached), ops.group_by(lambda one: one.rung), ops.flat_map(losers))


def draw(path: str, population: sx.Population) -> None:
    """Draw the errors of all networks, up to where each was stopped."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(8.5, 4.6), layout="constrained")
    best = population.best(f"validation:{KIND}")
    for name, net in population.snapshots.items():
        errors = net.training.stats.validation[KIND]
        stopped = net.training.status == "stopped"
        colour = "crimson" if name == best else "0.65" if stopped else "tab:blue"
        last = len(errors)
        axis.plot(range(1, last + 1), errors, color=colour, linewidth=2.2 if name == best else 1)
        axis.plot(last, errors[-1], "x" if stopped else "o", color=colour, markersize=5)
    for rung in RUNGS:
        axis.axvline(rung, color="0.9", zorder=0)
    axis.set(xlabel="epoch", ylabel="cross-entropy of the validation set", xscale="log", yscale="log")
    axis.set_xticks([*RUNGS, EPOCHS], [*map(str, RUNGS), str(EPOCHS)])
    axis.set_title(f"{MEMBERS} networks, the better half of each rung goes on; best: {best}", fontsize=10)
    figure.savefig(path, dpi=110)
    print("drawn to", path)


def main() -> None:
    population = networks(random.Random(5))

    def stop(one: Reached) -> None:
        sx.stop_training(population[one.name])

    halving(population).subscribe(stop)
    data = sx.load_training_set("digits")
    sx.deref(population.train(data, EPOCHS, at_once=AT_ONCE, on_diverged="stop"))

    for rung in (*RUNGS, EPOCHS):
        there = sum(net.training.stats.epochs >= rung for net in population.snapshots.values())
        print(f"{there:3} learnt {rung} epochs or more")
    spent = sum(net.training.stats.epochs for net in population.snapshots.values())
    print(f"{spent} epochs instead of {MEMBERS * EPOCHS}")
    best = population.best(f"validation:{KIND}")
    print(
        f"best: {best}; {sx.evaluate(population[best], sx.load_test_set('digits')).accuracy:.1%} of new digits right"
    )
    try:
        draw(sys.argv[1] if len(sys.argv) > 1 else "halving.png", population)
    except ImportError:
        print("no picture without matplotlib")


if __name__ == "__main__":
    main()
