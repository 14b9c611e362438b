"""Networks put together from the graphs of other libraries, whatever file they come from."""

from .axes import BATCH as BATCH
from .axes import Axis as Axis
from .axes import Value as Value
from .body import Body as Body
from .body import Leaf as Leaf
from .damage import named as named
from .graph import Join as Join
from .graph import Node as Node
from .graph import Step as Step
from .graph import sequence as sequence
from .network import assemble as assemble
