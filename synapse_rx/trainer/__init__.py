"""Training: a plain function that returns an asyncio task, and what steers it."""

from .publish import Every as Every
from .publish import every as every
from .run import TrainingRun as TrainingRun
from .train import deref as deref
from .train import pause_training as pause_training
from .train import resume_training as resume_training
from .train import stop_training as stop_training
from .train import train as train
