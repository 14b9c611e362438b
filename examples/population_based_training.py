"""
Population based training (Jaderberg et al., 2017): networks that copy the better ones and vary how they learn.

What to look at: twelve networks with learning rates drawn from 0.0003 to 3 learn the same digits. Every four epochs
each of them looks at the ranking; one of the last three takes over what one of the first three has learnt, with a
learning rate that is a little larger or smaller. That is a subscription, and all it does are swaps. Beside them the
same twelve networks learn without it.

    python examples/population_based_training.py [picture.png]
"""

import random
import sys
from statistics import median

from reactivex import operators as ops

import synapse_rx as sx

MEMBERS, EPOCHS, READY, QUARTER = 12, 40, 4, 3
ERROR = "validation:cross_entropy"


def networks(rng: random.Random) -> sx.Population:
    """Return networks that differ in their learning rates and their first weights."""
    rates = [10 ** rng.uniform(-3.5, 0.5) for _ in range(MEMBERS)]
    how = [sx.training("backprop", learning_rate=rate, seed=seed) for seed, rate in enumerate(rates)]
    return sx.population(
        {f"net {n}": sx.mlp([64, 30, 10], ["tanh", "softmax"], how[n]) for n in range(MEMBERS)}
    )


def exploit_and_explore(population: sx.Population, rng: random.Random) -> list[tuple[str, int]]:
    """Have the last copy the first and vary what they copied; return a list that grows by who did, and when."""
    copies: list[tuple[str, int]] = []

    def look(news: sx.News) -> None:
        ranking = population.ranking(ERROR)
        if news.name in ranking[-QUARTER:]:
            teacher = population[rng.choice(ranking[:QUARTER])].value
            rate = teacher.training.stats.learning_rate[-1] * rng.choice([0.8, 1.25])
            news.cell.swap(lambda net: sx.with_learning_rate(sx.with_learnt(net, teacher), rate))
            copies.append((news.name, news.net.training.stats.epochs))

    population.pipe(
        ops.filter(lambda news: any((place + 1) % READY == 0 for place in news.epochs)),
        ops.filter(lambda news: news.net.training.status == "training"),
    ).subscribe(look)
    return copies


def draw(path: str, alone: sx.Population, together: sx.Population, copies: list[tuple[str, int]]) -> None:
    """Draw errors and learning rates by epoch, with those that were copied marked."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    kind = ERROR.partition(":")[2]
    for axis, population, title in ((left, alone, "alone"), (middle, together, "population based training")):
        for name, net in population.snapshots.items():
            errors = net.training.stats.validation[kind]
            colour = plt.get_cmap("viridis")(list(population).index(name) / MEMBERS)
            axis.plot(range(1, len(errors) + 1), errors, color=colour, linewidth=1.2, alpha=0.9)
        axis.set(title=title, xlabel="epoch", ylabel="cross-entropy of the validation set", yscale="log")
        axis.set_ylim(0.08, 12)
    for name, net in together.snapshots.items():
        rates = net.training.stats.learning_rate
        colour = plt.get_cmap("viridis")(list(together).index(name) / MEMBERS)
        right.step(range(1, len(rates) + 1), rates, where="mid", color=colour, linewidth=1.2)
    for name, epoch in copies:
        stats = together[name].value.training.stats
        middle.plot(epoch, stats.validation[kind][epoch - 1], "v", color="crimson", markersize=4)
    right.set(title="learning rates", xlabel="epoch", yscale="log")
    figure.savefig(path, dpi=110)
    print("drawn to", path)


def main() -> None:
    data = sx.load_training_set("digits")
    alone, together = networks(random.Random(3)), networks(random.Random(3))
    copies = exploit_and_explore(together, random.Random(4))
    for population in (alone, together):
        sx.deref(population.train(data, EPOCHS, on_diverged="stop"))

    for what, population in (("alone", alone), ("population", together)):
        errors = [net.training.stats.validation["cross_entropy"][-1] for net in population.snapshots.values()]
        right = sx.evaluate(population[population.best(ERROR)], sx.load_test_set("digits")).accuracy
        print(f"{what}: best {min(errors):.3f}, median {median(errors):.3f}; {right:.1%} of new digits right")
    print(f"{len(copies)} copies were made")
    try:
        draw(sys.argv[1] if len(sys.argv) > 1 else "population.png", alone, together, copies)
    except ImportError:
        print("no picture without matplotlib")


if __name__ == "__main__":
    main()
