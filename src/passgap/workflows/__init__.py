"""The only place that joins stages: resolve, demo, worlds."""
