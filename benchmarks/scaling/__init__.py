"""What ``python -m benchmarks scale`` works with: measurements, models that are fitted to them, and a picture."""
