"""The models with their parameters fitted to what was measured, and what they leave unexplained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from .measured import Measured
from .model import Link, efficiency, fitted_driver, fitted_jitter, fitted_link, fitted_telling

HERE = "shared memory"


@frozen
class Models:
    """
    What the models take.

    Attributes:
        links: Between two workers of one machine, by what carries the sums.
        sample: Seconds in which one core learns a sample.
        jitter: How unequal steps are.
        costs: Seconds of a driver for a batch of news, and for each event in it.
        idle: The share of a core that a server takes without readers.
        telling: Seconds of a core that telling one reader takes.
    """

    links: Mapping[str, Link]
    sample: float
    jitter: float
    costs: tuple[float, float]
    idle: float
    telling: float

    @classmethod
    def of(cls, found: Measured, steps: int) -> Models:
        """
        Return those that explain what was measured best.
        """
        links = {name: fitted_link(rounds) for name, rounds in found.rounds.items()}
        batch, event = fitted_driver(found.rates)
        idle, telling = fitted_telling(found.shares)
        models = cls(links, found.sample, 0.0, (batch, found.event or event), idle, telling)
        share = found.together.get(1, 1.0)
        return evolve(models, jitter=fitted_jitter(links[HERE], share, steps, found.sample))

    def efficiency(self, link: Link, workers: int, every: int, steps: int) -> float:
        """
        Return the work that workers do in a second, as a share of as many times that of one.
        """
        return efficiency(link, workers, every, steps, self.sample, self.jitter)

    def residuals(self, found: Measured, steps: int) -> Iterator[tuple[str, str, float, float]]:
        """
        Yield what was measured, its unit, the value, and what the models make of it.
        """
        for name, rounds in found.rounds.items():
            for size, seconds in rounds:
                told = self.links[name].all_reduce(2, size)
                yield f"{size / 1e6:.3g} MB over {name}", "ms", 1e3 * seconds, 1e3 * told
        for every, share in sorted(found.together.items()):
            told = self.efficiency(self.links[HERE], 2, every, steps)
            yield f"2 workers, a sum every {every} step(s)", "efficiency", share, told
        batch, event = fitted_driver(found.rates)
        for many, rate in found.rates:
            yield f"events from Ray by {many}", "events/s", rate, many / (batch + many * event)
        for readers, share in found.shares:
            yield f"{readers:,} readers", "of a core", share, self.idle + readers * self.telling
