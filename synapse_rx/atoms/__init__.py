"""Observable reference cells: the one mutable thing a user holds, and the ways to listen to it."""

from .cell import Cell as Cell
from .cursor import Cursor as Cursor
from .derived import Selected as Selected
from .from_async import from_async as from_async
from .observe_on import observe_on as observe_on
from .reference import Atom as Atom
from .reference import atom as atom
from .stream import Stream as Stream
from .to_async import ObservableStream as ObservableStream
from .to_async import to_async as to_async
