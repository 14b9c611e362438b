"""What kernels of recurrent layers are handed over: sizes and arrays, by name."""

from __future__ import annotations

from typing import Any, NamedTuple

from .gather import NOTHING


class Sequences(NamedTuple):
    """
    The sizes of what one direction of a level reads.

    Attributes:
        steps, samples, units, directions: As they are.
        direction: 0 from the start, 1 from the end.
    """

    steps: int
    samples: int
    units: int
    directions: int
    direction: int


class Recurrence(NamedTuple):
    """
    The arrays of one direction of a level; `NOTHING` where there is none.

    Attributes:
        sizes: The sizes.
        function: The activation, by the number that the kernels give it.
        z: What inputs add to the gates, (T, N, gates units); after the forward pass the gates.
        dz: Where the gradient of it goes, the same memory or other.
        b: All biases of states, (directions gates units,).
        h, c: All states of the level (T + 2, N, directions units), those before the first step and behind the last too.
        dv: Where the gradient of the products of states goes where it is another, (T, N, gates units).
        U: All weights of states, (units, directions gates units).
        turned: Those of this direction turned, (gates units, units).
        more: Further parameters, of all directions.
        inner: What a member keeps of each step for the way back, (T, N, units).
    """

    sizes: Sequences
    function: int
    z: Any
    dz: Any
    b: Any
    h: Any
    dv: Any = NOTHING
    U: Any = NOTHING
    turned: Any = NOTHING
    more: Any = NOTHING
    c: Any = NOTHING
    inner: Any = NOTHING
