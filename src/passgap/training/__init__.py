"""Training through TRL: run.py is the entry point, config.py holds the settings."""
