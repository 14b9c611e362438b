"""Noise that is made in training alone."""
