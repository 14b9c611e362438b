"""Layers that bring numbers to mean 0 and variance 1, or to what their neighbours have."""
