"""``synapse-rx resume``."""

from __future__ import annotations

from argparse import Namespace

from .recipe import read_recipe
from .train import train_command


def resume_command(options: Namespace) -> int:
    """Go on with the training in a folder as if it had never stopped; what else is asked for counts instead."""
    asked = read_recipe(options.folder)
    given = {name: getattr(options, name) for name in ("epochs", "backend")}
    chosen = {name: value for name, value in given.items() if value is not None}
    also = {name: getattr(options, name) for name in ("plot", "save", "quiet", "dashboard", "port", "stay")}
    return train_command(
        Namespace(**{**asked, **chosen, **also, "checkpoint": options.folder, "resume": True})
    )
