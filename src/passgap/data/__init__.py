"""The shared data types: problems, policies, completions, outcomes, counts. Plain and frozen."""
