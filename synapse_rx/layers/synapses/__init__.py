"""Synapses after SynaNN, and the arithmetic of surprisal they obey."""
