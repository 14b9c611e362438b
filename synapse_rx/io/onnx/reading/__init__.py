"""What each operator of ONNX is here: one small function an operator, in tables by topic."""
