"""Runs in; what an analysis takes, and its result, out."""
