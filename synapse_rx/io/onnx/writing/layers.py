"""What every layer is in ONNX."""

from __future__ import annotations

from . import activations, attention, convolution, dense, joining, normalization, recurrence, shape
from .graph import Translation

TOPICS = (dense, activations, convolution, normalization, shape, joining, recurrence, attention)

TRANSLATIONS: dict[type, Translation] = {
    layer: translation for topic in TOPICS for layer, translation in topic.TABLE.items()
}
"""What writes each class of layers; layers that are shared, named or chained are written by what they hold."""
