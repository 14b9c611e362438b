"""What hinge losses ask of targets: that they say yes or no."""

from __future__ import annotations

from ..typing import Array
from .base import Loss, refuse


def check_sides(loss: Loss, t: Array) -> None:
    """
    Check that targets are 1 (yes), 0 or -1 (no).

    Raises:
        LabelError: If one is neither.
    """
    refuse(
        loss,
        t,
        (t != 1) & (t != 0) & (t != -1),
        "takes sides, so targets must be 1 (yes) or one of 0 and -1 (no)",
        "for values use loss='huber' or 'squared_error', for soft labels 'cross_entropy'",
    )
