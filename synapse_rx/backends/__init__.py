"""Where the arithmetic runs: the array module, transfers and generators behind one small contract."""

from .base import Backend as Backend
from .choose import available_backends as available_backends
from .choose import backend as backend
from .numpy import NumpyBackend as NumpyBackend
