"""Problem files, named sources and prompt rendering: a spec in, a ProblemSet or Prompt out."""
