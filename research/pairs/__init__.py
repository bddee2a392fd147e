"""Published pairs of a base and a trained model, and what reads them again."""
