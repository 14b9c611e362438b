"""Networks below the cell of a notebook, live, with knobs to steer them with."""

from .live import LiveView as LiveView
from .live import live as live
