"""Intervals for means over problems, one file per kind."""
