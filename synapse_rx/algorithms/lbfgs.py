"""The limited-memory quasi-Newton method."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from attrs import field, frozen

from ..errors import OptionError
from ..typing import Array
from .base import FullBatchAlgorithm, Problem, State
from .line_search import ACCEPTED, ON, judge, new_search, start
from .options import count, number, positive

NEW, READY, TRYING, SETTLING = range(4)
"""
Where an iteration stands: nothing is known about theta; theta is the iterate and a direction is known; theta is a trial
of the line search; the search failed, and theta is the best point it found.
"""

Pair = tuple[Array, Array, float, float, float]
"""How far theta moved, how the gradient turned, their inner product, and the squares of their lengths."""


@frozen
class LBFGS(FullBatchAlgorithm):
    """
    L-BFGS with a line search for the strong Wolfe conditions (Nocedal & Wright, 2006, algorithms 7.4 and 7.5).

    Goes along ``-H g``, where H approximates the inverse Hessian from the last ``history`` iterations. For smooth
    losses and training sets that can be gone through many times: every evaluation takes all samples, and an epoch is
    one accepted iteration of one or a few evaluations.

    A pair of differences enters H only if its curvature is positive beyond rounding. When a search fails, H is
    forgotten and the gradient itself is tried; if that fails too, the iteration ends where it began.

    Args:
        history: How many iterations H is made of.
        decrease: The constant c1 of the sufficient decrease, in (0, curvature).
        curvature: The constant c2 of the curvature condition, in (decrease, 1).
        trials: Evaluations after which a line search has failed.

    Raises:
        OptionError: If a value is out of range.
    """

    aliases: ClassVar[tuple[str, ...]] = ("l_bfgs",)
    hints: ClassVar[Mapping[str, str]] = {
        "learning_rate": "its line search finds the step length",
        "lr": "its line search finds the step length",
        "momentum": "its history takes the part of momentum",
        "nesterov": "its history takes the part of momentum",
    }

    history: int = field(default=10, validator=count)
    decrease: float = field(default=1e-4, converter=number, validator=positive)
    curvature: float = field(default=0.9, converter=number, validator=positive)
    trials: int = field(default=25, validator=count)

    def __attrs_post_init__(self) -> None:
        if not self.decrease < self.curvature < 1:
            raise OptionError(
                "lbfgs needs 0 < decrease < curvature < 1, "
                f"not decrease={self.decrease:g} and curvature={self.curvature:g}"
            )

    def init(self, problem: Problem) -> State:
        shape = (self.history, problem.theta.size)
        pairs = {name: problem.xp.zeros(shape, problem.theta.dtype) for name in ("moves", "turns")}
        vectors = {name: problem.zeros() for name in ("origin", "gradient", "direction")}
        return {"phase": NEW, "pairs": 0} | pairs | vectors | new_search()

    def begin(self, problem: Problem, state: State) -> None:
        if state["phase"] == NEW:
            return
        pairs = problem.blocks(problem.theta, state["origin"])
        if not all(problem.xp.equal(theta, origin).all().item() for theta, origin in pairs):
            state |= {"phase": NEW, "pairs": 0}
            return
        if state["phase"] == READY:
            state["phase"] = TRYING
        self._move(problem, state)

    def iterate(self, problem: Problem, state: State) -> Array:
        return state["origin"] if state["phase"] in (TRYING, SETTLING) else problem.theta

    def advance(self, problem: Problem, state: State) -> bool:
        if state["phase"] == TRYING:
            return self._tried(problem, state)
        if state["phase"] == SETTLING and state["step"] > 0:
            loss, _, made = self._asked(problem, state)
            return self._accept(problem, state, loss, made)
        if state["phase"] in (NEW, READY):
            return self._depart(problem, state)
        # Even the gradient led nowhere; the next iteration starts from nothing.
        state |= {"phase": NEW, "pairs": 0}
        return True

    def _depart(self, problem: Problem, state: State) -> bool:
        """Start a search from theta, where loss and gradient have just been told."""
        loss = problem.loss
        if not math.isfinite(loss):
            state["phase"] = NEW
            return True
        self._aim(problem, state, loss)
        if state["phase"] == NEW:
            return True
        state["phase"] = TRYING
        self._move(problem, state)
        return False

    def _tried(self, problem: Problem, state: State) -> bool:
        tried = state["step"]
        loss, slope, made = self._asked(problem, state)
        verdict = judge(
            state,
            loss,
            slope,
            decrease=self.decrease,
            curvature=self.curvature,
            noise=4 * epsilon(problem) * abs(state["loss"]),
            trials=self.trials,
        )
        if verdict == ACCEPTED or (verdict != ON and state["low"] == tried > 0):
            state["step"] = tried
            return self._accept(problem, state, loss, made)
        if verdict != ON:
            self._give_up(problem, state)
        self._move(problem, state)
        return False

    def _asked(self, problem: Problem, state: State) -> tuple[float, float, Pair | None]:
        """
        Return the loss at theta, the slope along the direction, and the pair that theta makes with the iterate.

        All that has to be known about a trial is read from a device together, the pair even if it will not be wanted.
        The CPU waits for nothing, so there it is made when it is: None.
        """
        slope = problem.xp.dot(problem.grad, state["direction"])
        if not problem.remote:
            loss, slope = problem.told(slope)
            return loss, slope, None
        move, turn = problem.temporary(0), problem.temporary(1)
        loss, slope, product, far, much = problem.told(slope, *_differences(problem, state, move, turn))
        return loss, slope, (move, turn, product, far, much)

    def _accept(self, problem: Problem, state: State, loss: float, made: Pair | None) -> bool:
        if made is None:
            # What the iterate was is not wanted any more.
            move, turn = state["origin"], state["gradient"]
            product, far, much = map(float, _differences(problem, state, move, turn))
            made = move, turn, product, far, much
        self._remember(problem, state, *made)
        self._aim(problem, state, loss)
        return True

    def _give_up(self, problem: Problem, state: State) -> None:
        """The search failed: settle for what it found, or start one along the gradient, or stay."""
        state["step"] = state["low"]
        if state["step"] == 0 and state["pairs"]:
            state["pairs"] = 0
            self._downhill(problem, state, state["loss"])
        else:
            state["phase"] = SETTLING

    def _move(self, problem: Problem, state: State) -> None:
        """Go to the step to be tried."""
        xp = problem.xp
        xp.multiply(state["direction"], state["step"], out=problem.theta)
        xp.add(problem.theta, state["origin"], out=problem.theta)

    def _remember(
        self,
        problem: Problem,
        state: State,
        move: Array,
        turn: Array,
        product: float,
        far: float,
        much: float,
    ) -> None:
        """Keep how far theta moved and how the gradient turned, both divided by the root of their product."""
        if not product > epsilon(problem) * math.sqrt(far * much):
            return
        row = state["pairs"] % self.history
        problem.xp.multiply(move, product**-0.5, out=state["moves"][row])
        problem.xp.multiply(turn, product**-0.5, out=state["turns"][row])
        state["pairs"] += 1

    def _aim(self, problem: Problem, state: State, loss: float) -> None:
        """Take theta for the iterate and find the direction to go from there; NEW if there is none."""
        xp = problem.xp
        xp.copyto(state["origin"], problem.theta)
        xp.copyto(state["gradient"], problem.grad)
        state["phase"] = READY
        if state["pairs"]:
            slope = self._quasi_newton(problem, state)
            if slope < 0:
                start(state, loss, slope, 1.0)
                return
            state["pairs"] = 0
        self._downhill(problem, state, loss)

    def _downhill(self, problem: Problem, state: State, loss: float) -> None:
        """Aim down the gradient, at first not further than by 1."""
        xp, gradient = problem.xp, state["gradient"]
        xp.negative(gradient, out=state["direction"])
        square = xp.dot(gradient, gradient).item()
        if not 0 < square < math.inf:
            state["phase"] = NEW
            return
        start(state, loss, -square, min(1.0, square**-0.5))

    def _quasi_newton(self, problem: Problem, state: State) -> float:
        """
        Write ``-H g`` into the direction; return the slope along it. The evaluated gradient is spent.

        Inner products stay where they are computed, so that a device is asked for nothing but the slope.
        """
        xp, q, scratch = problem.xp, state["direction"], problem.grad
        moves, turns, n = state["moves"], state["turns"], state["pairs"]
        rows = [k % self.history for k in range(max(0, n - self.history), n)]
        shares: dict[int, Array] = {}
        xp.negative(state["gradient"], out=q)
        for row in reversed(rows):
            shares[row] = xp.dot(moves[row], q)
            xp.multiply(turns[row], shares[row], out=scratch)
            xp.subtract(q, scratch, out=q)
        newest = xp.dot(turns[rows[-1]], turns[rows[-1]])
        xp.multiply(q, 1 / xp.where(newest == 0, xp.ones_like(newest), newest), out=q)
        for row in rows:
            share = shares[row] - xp.dot(turns[row], q)
            xp.multiply(moves[row], share, out=scratch)
            xp.add(q, scratch, out=q)
        return xp.dot(state["gradient"], q).item()


def _differences(problem: Problem, state: State, move: Array, turn: Array) -> tuple[Array, Array, Array]:
    """Write how far theta moved and how the gradient turned; return their product and the squares of both."""
    xp = problem.xp
    xp.subtract(problem.theta, state["origin"], out=move)
    xp.subtract(problem.grad, state["gradient"], out=turn)
    return xp.dot(move, turn), xp.dot(move, move), xp.dot(turn, turn)


def epsilon(problem: Problem) -> float:
    """Return the relative rounding error of the numbers in theta."""
    return float(problem.xp.finfo(problem.theta.dtype).eps)
