"""What recurrent layers share: the stack of levels, the strands that read it, the ends of sequences."""

from .level import Level as Level
from .recurrent import Recurrent as Recurrent
from .strand import Strand as Strand
from .whole import WholeStrand as WholeStrand
