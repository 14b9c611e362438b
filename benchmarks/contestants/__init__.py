"""
Who trains in `benchmarks.mlp`, one file each: this library, plain numpy, and the peers that are installed.

A contestant learns the same batches of a `Problem` in the same order from the same first weights. It is set up outside
the clock, ``epoch`` is what is measured, and ``weights`` shows what it learnt.
"""

from __future__ import annotations

from ..harness import peer
from .base import Contestant
from .by_hand import ByHand
from .ours import Bare, Ours
from .problem import Problem
from .with_tinygrad import Tiny, tinygrad


def contestants(problem: Problem, threads: int = 1, *, quick: bool = True) -> dict[str, Contestant]:
    """
    Return everyone who can take part here, by the name to print; this library first.

    What ``torch.compile`` makes is left out of a quick look, because it compiles for half a minute, and so is tinygrad,
    which takes longer than all others together. Call it inside `equal_threads`; this library, which would hold BLAS to
    one thread for so small a network, is told.
    """
    found: dict[str, Contestant] = {
        "synapse_rx": Ours(problem, threads=threads),
        "its learner alone": Bare(problem),
        "numpy by hand": ByHand(problem),
    }
    if torch := peer("torch"):
        from .pytorch import Eager

        found["PyTorch eager"] = Eager(torch, problem)
        if not quick:
            found["torch.compile"] = Eager(torch, problem, compiled=True)
    if jax := peer("jax"):
        from .with_jax import JitPerStep, Scan

        found["JAX jit per step"] = JitPerStep(jax, problem)
        found["JAX scan"] = Scan(jax, problem)
    if peer("sklearn"):
        from .scikit import PartialFit

        found["scikit-learn"] = PartialFit(problem)
    if not quick and (library := tinygrad()):
        found["tinygrad"] = Tiny(library, problem)
    return found
