"""What each layer is in ONNX: one small function a layer, in tables by topic."""
