"""Snapshots: a network, its training and its statistics as immutable values."""

from .edits import averaged as averaged
from .edits import freeze as freeze
from .edits import unfreeze as unfreeze
from .edits import with_algorithm as with_algorithm
from .edits import with_events as with_events
from .edits import with_learning_rate as with_learning_rate
from .edits import with_learnt as with_learnt
from .edits import with_loss as with_loss
from .edits import with_momentum as with_momentum
from .edits import with_options as with_options
from .edits import with_status as with_status
from .edits import with_update as with_update
from .histories import Histories as Histories
from .net import Net as Net
from .net import only_nets as only_nets
from .series import Series as Series
from .slots import Slots as Slots
from .stats import Event as Event
from .stats import Stats as Stats
from .training import Position as Position
from .training import State as State
from .training import Training as Training
from .training import training as training
