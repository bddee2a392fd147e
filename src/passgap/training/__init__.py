"""Training through TRL: run.py is the way in, config.py what it is asked for."""
