"""Augmentations: what ``training_set(..., augment=)`` may do to samples each time they are learnt, as values."""

from .base import Augmentation as Augmentation
from .chain import Chain as Chain
from .cutout import Cutout as Cutout
from .flip import Flip as Flip
from .noise import Noise as Noise
from .shift import Shift as Shift
