"""The command ``synapse-rx``."""

from .main import main as main
