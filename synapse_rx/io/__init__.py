"""Networks in files."""

from .checkpoints import resume as resume
from .saved import load as load
from .saved import load_snapshot as load_snapshot
from .saved import save as save
