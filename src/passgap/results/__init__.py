"""What analyses give: estimates, verdicts, findings. Plain and frozen."""
