"""What sampling alone would give, without training."""
