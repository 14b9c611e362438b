"""Reverse-mode automatic differentiation of ordinary numpy code."""

# The rules enter themselves into the tables.
from . import choosing as choosing
from . import einsum as einsum
from . import elementwise as elementwise
from . import flat as flat
from . import indexing as indexing
from . import joining as joining
from . import linalg as linalg
from . import ordering as ordering
from . import padding as padding
from . import products as products
from . import reductions as reductions
from . import shapes as shapes
from . import special as special
from .check import check_gradient as check_gradient
from .gradient import grad as grad
from .gradient import stop_gradient as stop_gradient
from .gradient import value_and_grad as value_and_grad
from .gradient import vjp as vjp
from .primitive import Elementwise as Elementwise
from .primitive import Joint as Joint
from .primitive import Primitive as Primitive
from .report import GradientEntry as GradientEntry
from .report import GradientReport as GradientReport
from .traced import Traced as Traced
