"""Networks to and from ONNX files."""

from .exporting import export_onnx as export_onnx
from .exporting import to_onnx as to_onnx
from .importing import import_onnx as import_onnx
