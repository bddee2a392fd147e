"""From artifact to artifact: sample, verify, score, count, mark."""
