"""How several processes that train one network together talk to each other."""

from .base import Collective as Collective
from .choose import collective as collective
from .threads import ThreadCollective as ThreadCollective
from .threads import thread_collectives as thread_collectives
