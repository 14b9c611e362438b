"""What ONNX files say about networks beside their graphs."""

from __future__ import annotations

LABELS = "synapse_rx.labels"
"""The key of the labels, as JSON, among the metadata of a file."""
