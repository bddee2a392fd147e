"""One folder per question. Counts in, results out; no disk, no plots."""
