"""How many problems, samples and training seeds a claim needs."""
