"""Fleets: many trainings in worker processes, on this machine or others, mirrored by cells here."""

from .answer import Answer as Answer
from .engine import Engine as Engine
from .engine import Settings as Settings
from .engine import Worker as Worker
from .fleet import Fleet as Fleet
from .make import fleet as fleet
from .run import RemoteRun as RemoteRun
