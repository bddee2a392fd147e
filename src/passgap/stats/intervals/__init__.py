"""Intervals for means over problems, each kind in a file of its own."""
