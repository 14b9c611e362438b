"""Layers that hold or join others."""
