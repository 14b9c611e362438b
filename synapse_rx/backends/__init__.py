"""Where the arithmetic runs: the array module, transfers and generators behind one small contract."""

from .base import Backend as Backend
from .choose import available_backends as available_backends
from .choose import backend as backend
from .choose import chosen_and_why as chosen_and_why
from .cupy import CupyBackend as CupyBackend
from .numpy import NumpyBackend as NumpyBackend
from .uploads import Uploads as Uploads
