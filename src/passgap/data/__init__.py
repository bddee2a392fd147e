"""The nouns that travel: problems, policies, completions, outcomes, counts. Plain and frozen."""
