"""Energy models: Hopfield networks, restricted Boltzmann machines and deep belief nets."""
