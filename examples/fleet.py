"""
Successive halving in worker processes: the same rule and the same population as at home, trained on a fleet.

What to look at: twenty-four networks of drawn size and learning rate learn digits in two processes. Every network that
has learnt 2, 4, 8 or 16 epochs goes on only if its error is among the better half of those that came so far. Nothing
but ``train=fleet.train`` says where the computing is done: the news, the ranking and `stop_training` are those of any
population.

    python examples/fleet.py [local | ray | dask]
"""

import asyncio
import random
import sys
from statistics import median

import synapse_rx as sx

MEMBERS, RUNGS, EPOCHS = 24, (2, 4, 8, 16), 32
KIND = "cross_entropy"


def networks(rng: random.Random) -> dict[str, sx.Atom[sx.Net]]:
    """Return networks of all sizes, by name."""
    nets = {}
    for number in range(MEMBERS):
        units, rate = rng.choice([8, 16, 32, 64]), 10 ** rng.uniform(-4, -1)
        how = sx.training("adam", learning_rate=rate, seed=number)
        nets[f"{number}: {units} units, rate {rate:.2g}"] = sx.mlp([64, units, 10], ["relu", "softmax"], how)
    return nets


async def halve(population: sx.Population, run: sx.PopulationRun) -> None:
    """Stop whoever comes to a rung with an error worse than half of those that came there before."""
    came: dict[int, list[float]] = {rung: [] for rung in RUNGS}
    async for news in run:
        if not news.epochs:
            continue
        errors = news.net.training.stats.validation[KIND]
        for rung in RUNGS:
            if rung - 1 in news.epochs:
                came[rung].append(errors[rung - 1])
                if errors[rung - 1] > median(came[rung]):
                    sx.stop_training(population[news.name])


async def main() -> None:
    engine = sys.argv[1] if len(sys.argv) > 1 else "local"
    data = sx.load_training_set("digits")
    async with sx.fleet(engine, processes=2) as fleet:
        population = sx.population(networks(random.Random(3)), train=fleet.train)
        run = population.train(data, EPOCHS)
        await halve(population, run)
        await run
    spent = sum(net.training.stats.epochs for net in population.snapshots.values())
    best = population.best(f"validation:{KIND}")
    accuracy = sx.evaluate(population[best], sx.load_test_set("digits")).accuracy
    print(f"{spent} epochs instead of {MEMBERS * EPOCHS}, in two processes of {engine!r}")
    print(f"best: {best}; {accuracy:.1%} of new digits right")


if __name__ == "__main__":
    asyncio.run(main())
