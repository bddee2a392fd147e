"""What analyses return: estimates, verdicts, findings. Plain and frozen."""
