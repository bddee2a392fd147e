"""Which problems to train on."""
