"""
Surprisal space: the synapse in terms of how surprising its inputs are (Li, 2018).

An input x in (0, 1) is the probability that channels are open; its surprisal is ``I(x) = -ln x``, and its complement
``1 - x`` has the surprisal ``G(I(x))``. So the diagram commutes: ``I(1 - x) = G(I(x))``; in the words of dynamical
systems, ``x -> 1 - x`` and G are conjugate through I. A synapse ``S = alpha x (1 - beta y)`` becomes a sum,
``I(S) = I(x) + G(I(y) + theta) - ln alpha`` with ``theta = I(beta)``.

These are functions of numbers or numpy arrays on the host, written for insight and for tests; layers compute with
probabilities.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_LN2 = float(np.log(2))


def information(x: Any) -> Any:
    """Return the surprisal ``I(x) = -ln x`` in nats of probabilities x in (0, 1]."""
    return -np.log(x)


def probability(u: Any) -> Any:
    """Return the probability ``exp(-u)`` whose surprisal is u >= 0; the inverse of `information`."""
    return np.exp(-np.asarray(u))


def conjugate(u: Any) -> Any:
    """
    Return ``G(u) = -ln(1 - exp(-u))``, the surprisal of the complement of what has the surprisal u > 0.

    Its own inverse, exact from the smallest to the largest u.
    """
    u = np.asarray(u, dtype=float)
    small = np.minimum(u, _LN2)
    large = np.maximum(u, _LN2)
    return np.where(u < _LN2, -np.log(-np.expm1(-small)), -np.log1p(-np.exp(-large)))


def synapse(excitation: Any, inhibition: Any, threshold: Any, log_gain: Any = 0.0) -> Any:
    """
    Return the surprisal of a synapse's output, ``u + G(v + theta) - ln alpha``.

    Args:
        excitation: u, the surprisal of the excitatory input.
        inhibition: v, that of the inhibitory input.
        threshold: theta, the surprisal of the weight beta.
        log_gain: ln alpha.
    """
    return excitation + conjugate(np.asarray(inhibition) + threshold) - log_gain


def bose_einstein(gamma: Any) -> Any:
    """
    Return ``-1 / (exp(gamma) - 1)``, the derivative of G at gamma = v + theta > 0: of a synapse by its threshold.

    Minus the Bose-Einstein distribution, where minus theta stands for the chemical potential.
    """
    return -1 / np.expm1(gamma)
