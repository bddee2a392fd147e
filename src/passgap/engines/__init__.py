"""What draws completions from a policy: a block and its prompts in, completions out."""
