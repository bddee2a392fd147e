"""How many problems, draws and training seeds a claim needs."""
