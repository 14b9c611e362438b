"""Layers that change the shape of a sample and leave its numbers as they are."""
