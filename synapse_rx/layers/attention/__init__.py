"""Layers in which every step of a sequence looks at others."""
