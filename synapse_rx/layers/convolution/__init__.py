"""Convolutions along one, two and three axes, and transposed ones."""
