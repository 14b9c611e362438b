"""How well gradients agree with differences: a report to read."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen


@frozen
class GradientEntry:
    """
    One derivative, worked out in two ways.

    Attributes:
        place: What it is by, such as "0.W[3, 1]".
        analytic: What the code under test says.
        numeric: The central difference.
        difference: How far the first is from the second, 0 if it lies between the slopes on both sides (at a kink).
        tolerance: How far it may be.
    """

    place: str
    analytic: float
    numeric: float
    difference: float
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether the two agree; what is no number agrees with nothing."""
        return self.difference <= self.tolerance

    @property
    def excess(self) -> float:
        """The difference in units of the tolerance; infinite if it is no number."""
        ratio = self.difference / self.tolerance
        return ratio if ratio == ratio else float("inf")


@frozen(repr=False)
class GradientReport:
    """
    What a check of gradients found; printing it shows the worst entries.

    Attributes:
        checked: How many derivatives were compared.
        failed: How many of them do not agree.
        worst: The entries that agree least, the worst first.
    """

    checked: int
    failed: int
    worst: tuple[GradientEntry, ...]

    @property
    def ok(self) -> bool:
        """Whether all of them agree."""
        return not self.failed

    def __repr__(self) -> str:
        verdict = "all agree" if self.ok else f"{self.failed} do not agree"
        lines = [f"{self.checked} derivatives compared with central differences: {verdict}"]
        if self.worst:
            width = max(len("worst"), *(len(entry.place) for entry in self.worst))
            lines.append(f"{'worst':<{width}}  {'analytic':>14}  {'numeric':>14}  {'difference':>10}")
            lines += [
                f"{e.place:<{width}}  {e.analytic:>14.7g}  {e.numeric:>14.7g}  {e.difference:>10.1e}"
                f"{'' if e.ok else '  <-- wrong'}"
                for e in self.worst
            ]
        return "\n".join(lines)


def report(entries: Iterable[GradientEntry], worst: int) -> GradientReport:
    """Return the report on all ``entries``, of which the ``worst`` are kept."""
    found = sorted(entries, key=lambda entry: entry.excess, reverse=True)
    return GradientReport(len(found), sum(not entry.ok for entry in found), tuple(found[:worst]))
