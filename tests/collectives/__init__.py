"""Several processes, or threads in their place, that train one network together."""
