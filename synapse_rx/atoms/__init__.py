"""Observable reference cells: the one mutable thing a user holds, and the ways to listen to it."""

from .cell import Cell as Cell
from .cursor import Cursor as Cursor
from .derived import Selected as Selected
from .reference import Atom as Atom
from .reference import atom as atom
from .stream import Stream as Stream
