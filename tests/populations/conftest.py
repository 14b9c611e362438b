"""Every test ends with nothing in training."""

from tests.trainer.conftest import nothing_left_in_training as nothing_left_in_training
