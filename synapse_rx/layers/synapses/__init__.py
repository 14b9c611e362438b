"""Synapses after SynaNN."""
