"""Weight initialisers: how the first value of a parameter is drawn."""

from .base import Initializer as Initializer
from .constant import Constant as Constant
from .glorot import Glorot as Glorot
from .he import He as He
from .lecun import LeCun as LeCun
from .logit_uniform import LogitUniform as LogitUniform
from .orthogonal import Orthogonal as Orthogonal
from .scaled_normal import ScaledNormal as ScaledNormal
from .uniform import Uniform as Uniform
from .zeros import Zeros as Zeros
