"""Tasks to learn that networks have been compared by, each with data and a test whether it is solved."""

from .adding_problem import adding as adding
from .distracted_sequence import distracted_recall as distracted_recall
from .exclusive_or import xor as xor
from .parity_bits import parity as parity
from .parity_bits import running_parity as running_parity
from .reber_grammar import embedded_string as embedded_string
from .reber_grammar import successors as successors
from .reber_strings import embedded_reber as embedded_reber
from .sine_wave import sine as sine
from .spirals import two_spirals as two_spirals
from .task import Task as Task
from .timed_events import timing as timing
